/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pair of domains does this small number stand for? See the header. */
#include "tr_target.h"

#include <string.h>

struct entry {
	int64_t used;
	struct tr_domains pair; /* without a domain: the entry is free */
};

struct tr_target_table {
	uint8_t seed[TR_HASH_SEED_LEN];
	struct entry entry[TR_TARGET_MAX];
};

size_t tr_target_size(void)
{
	return sizeof(struct tr_target_table);
}

struct tr_target_table *tr_target_init(
		void *mem, const uint8_t seed[TR_HASH_SEED_LEN])
{
	struct tr_target_table *t = mem;

	memset(t, 0, sizeof(*t));
	memcpy(t->seed, seed, TR_HASH_SEED_LEN);
	return t;
}

int tr_domains_set(
		struct tr_domains *pair, struct tr_view domain, struct tr_view local)
{
	memset(pair, 0, sizeof(*pair));
	if(domain.len == 0 || domain.len > TR_NAME_MAX || local.len > TR_NAME_MAX) {
		return -1;
	}
	pair->domain_len = (uint8_t)domain.len;
	pair->local_len = (uint8_t)local.len;
	memcpy(pair->domain, domain.s, domain.len);
	if(local.len > 0) {
		memcpy(pair->local, local.s, local.len);
	}
	return 0;
}

int tr_domains_equal(const struct tr_domains *a, const struct tr_domains *b)
{
	return a->domain_len == b->domain_len && a->local_len == b->local_len
		   && memcmp(a->domain, b->domain, a->domain_len) == 0
		   && memcmp(a->local, b->local, a->local_len) == 0;
}

/* The first number that a pair can have, less one. */
static size_t set_of(
		const struct tr_target_table *t, const struct tr_domains *pair)
{
	uint8_t text[1 + 2 * TR_NAME_MAX];
	uint64_t hash[2];

	text[0] = pair->domain_len;
	memcpy(text + 1, pair->domain, pair->domain_len);
	memcpy(text + 1 + pair->domain_len, pair->local, pair->local_len);
	tr_hash(t->seed, text, (size_t)1 + pair->domain_len + pair->local_len,
			hash);
	return (size_t)(hash[0] % TR_TARGET_SETS) * TR_TARGET_WAYS;
}

static int is_free(const struct entry *e, int64_t now)
{
	return e->pair.domain_len == 0 || now - e->used > TR_TARGET_KEEP;
}

unsigned tr_target_number(struct tr_target_table *table,
		const struct tr_domains *pair, int64_t now)
{
	struct entry *e = &table->entry[set_of(table, pair)], *chosen = NULL;
	size_t i;

	for(i = 0; i < TR_TARGET_WAYS; i++, e++) {
		if(e->pair.domain_len > 0 && tr_domains_equal(&e->pair, pair)) {
			chosen = e;
			break;
		}
		if(chosen == NULL && is_free(e, now)) {
			chosen = e;
		}
	}
	if(chosen == NULL) {
		return 0;
	}
	if(!tr_domains_equal(&chosen->pair, pair)) {
		chosen->pair = *pair;
	}
	chosen->used = now;
	return (unsigned)(chosen - table->entry) + 1;
}

int tr_target_pair(struct tr_target_table *table, unsigned number, int64_t now,
		struct tr_domains *pair)
{
	struct entry *e;

	if(number == 0 || number > TR_TARGET_MAX) {
		return -1;
	}
	e = &table->entry[number - 1];
	if(e->pair.domain_len == 0) {
		return -1;
	}
	e->used = now;
	*pair = e->pair;
	return 0;
}
