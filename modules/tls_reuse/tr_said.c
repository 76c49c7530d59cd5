/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did the Via of this transaction's INVITE say? See the header. */
#include "tr_said.h"

#include <stdatomic.h>
#include <string.h>

struct tr_said {
	uint8_t seed[TR_HASH_SEED_LEN];
	_Atomic uint64_t note[TR_SAID_MAX]; /* of the hash, then the number; 0:
										   none */
};

/* A note without its number, and where it belongs. */
struct place {
	uint64_t mark;
	size_t at;
};

size_t tr_said_size(void)
{
	return sizeof(struct tr_said);
}

struct tr_said *tr_said_init(void *mem, const uint8_t seed[TR_HASH_SEED_LEN])
{
	struct tr_said *said = mem;
	size_t i;

	memcpy(said->seed, seed, TR_HASH_SEED_LEN);
	for(i = 0; i < TR_SAID_MAX; i++) {
		atomic_init(&said->note[i], 0);
	}
	return said;
}

/* 0, or -1: this branch is none that is remembered. */
static int find_place(const struct tr_said *said, const struct tr_domains *pair,
		struct tr_view branch, struct place *place)
{
	uint8_t text[2 + 2 * TR_NAME_MAX + TR_SAID_BRANCH_MAX], *p = text;
	uint64_t hash[2];

	if(branch.len == 0 || branch.len > TR_SAID_BRANCH_MAX) {
		return -1;
	}
	*p++ = pair->domain_len;
	*p++ = pair->local_len;
	memcpy(p, pair->domain, pair->domain_len);
	p += pair->domain_len;
	memcpy(p, pair->local, pair->local_len);
	p += pair->local_len;
	memcpy(p, branch.s, branch.len);
	p += branch.len;
	tr_hash(said->seed, text, (size_t)(p - text), hash);
	place->at = (size_t)(hash[0] % TR_SAID_MAX);
	/* never 0 in its upper bits: 0 is no note */
	place->mark = (hash[1] | (uint64_t)1 << 63) & ~(uint64_t)TR_SAID_NUMBER_MAX;
	return 0;
}

void tr_said_put(struct tr_said *said, const struct tr_domains *pair,
		struct tr_view branch, unsigned number)
{
	struct place place;

	if(number <= TR_SAID_NUMBER_MAX
			&& find_place(said, pair, branch, &place) == 0) {
		atomic_store_explicit(&said->note[place.at], place.mark | number,
				memory_order_relaxed);
	}
}

int tr_said_get(const struct tr_said *said, const struct tr_domains *pair,
		struct tr_view branch, unsigned *number)
{
	struct place place;
	uint64_t note;

	if(find_place(said, pair, branch, &place) != 0) {
		return -1;
	}
	note = atomic_load_explicit(&said->note[place.at], memory_order_relaxed);
	if((note & ~(uint64_t)TR_SAID_NUMBER_MAX) != place.mark) {
		return -1;
	}
	*number = (unsigned)(note & TR_SAID_NUMBER_MAX);
	return 0;
}
