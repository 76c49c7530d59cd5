/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which bucket of a table does a key belong? See the header. */
#include "tr_hash.h"

static uint64_t get64(const uint8_t *p, size_t len)
{
	uint64_t v = 0;
	size_t i;

	for(i = 0; i < len; i++) {
		v |= (uint64_t)p[i] << (8 * i);
	}
	return v;
}

static uint64_t rotate(uint64_t v, int bits)
{
	return (v << bits) | (v >> (64 - bits));
}

static void rounds(uint64_t v[4], int n)
{
	while(n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

static uint64_t squeeze(uint64_t v[4])
{
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void tr_hash(const uint8_t seed[TR_HASH_SEED_LEN], const void *data, size_t len,
		uint64_t out[2])
{
	const uint8_t *p = data;
	uint64_t k0 = get64(seed, 8), k1 = get64(seed + 8, 8);
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
			k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	size_t left;

	for(left = len; left >= 8; left -= 8, p += 8) {
		absorb(v, get64(p, 8));
	}
	absorb(v, get64(p, left) | (uint64_t)len << 56);
	v[2] ^= 0xee;
	out[0] = squeeze(v);
	v[1] ^= 0xdd;
	out[1] = squeeze(v);
}
