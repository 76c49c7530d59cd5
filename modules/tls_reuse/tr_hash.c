/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which bucket of a table does a key belong? See the header. */
#include "tr_hash.h"

#include "tr_word.h"

struct state {
	uint64_t a, b, c, d;
};

/* The last octets of data, less than eight; the upper ones are zero. Those
 * before them are looked at once more, when there are any. */
static uint64_t get_last(const uint8_t *data, size_t len)
{
	size_t left = len % 8;
	uint64_t v = 0;

	if(len >= 8) {
		return left > 0 ? tr_word(data + len - 8) >> (64 - 8 * left) : 0;
	}
	while(left-- > 0) {
		v = v << 8 | data[left];
	}
	return v;
}

static uint64_t rotate(uint64_t v, int bits)
{
	return (v << bits) | (v >> (64 - bits));
}

static inline struct state mix(struct state v)
{
	v.a += v.b;
	v.c += v.d;
	v.b = rotate(v.b, 13) ^ v.a;
	v.d = rotate(v.d, 16) ^ v.c;
	v.a = rotate(v.a, 32);
	v.c += v.b;
	v.a += v.d;
	v.b = rotate(v.b, 17) ^ v.c;
	v.d = rotate(v.d, 21) ^ v.a;
	v.c = rotate(v.c, 32);
	return v;
}

static inline struct state absorb(struct state v, uint64_t word)
{
	v.d ^= word;
	v = mix(mix(v));
	v.a ^= word;
	return v;
}

static inline struct state finish(struct state v)
{
	return mix(mix(mix(mix(v))));
}

static uint64_t squeeze(struct state v)
{
	return v.a ^ v.b ^ v.c ^ v.d;
}

void tr_hash(const uint8_t seed[TR_HASH_SEED_LEN], const void *data, size_t len,
		uint64_t out[2])
{
	const uint8_t *p = data;
	uint64_t k0 = tr_word(seed), k1 = tr_word(seed + 8);
	struct state v = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
			k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	size_t left;

	for(left = len; left >= 8; left -= 8, p += 8) {
		v = absorb(v, tr_word(p));
	}
	v = absorb(v, get_last(data, len) | (uint64_t)len << 56);
	v.c ^= 0xee;
	v = finish(v);
	out[0] = squeeze(v);
	v.b ^= 0xdd;
	v = finish(v);
	out[1] = squeeze(v);
}
