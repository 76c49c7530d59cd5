/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pair of domains does this small number stand for? For places that
 * have room for a few bits only, and live no longer than a transaction.
 *
 * A number stays good for TR_TARGET_KEEP seconds after it was last asked for
 * or about. The table is a cache: a pair can have one of TR_TARGET_WAYS
 * numbers, and when all of those were used lately it gets none. It lies in the
 * caller's memory, takes no lock and reads no clock. */
#ifndef TR_TARGET_H
#define TR_TARGET_H

#include "tr_hash.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* RFC 1035 s2.3.4: a name has 253 characters when written with dots. */
#define TR_NAME_MAX 253

/* Numbers are 1 to TR_TARGET_MAX: 11 bits hold them, 0, and one more. */
#define TR_TARGET_WAYS 8
#define TR_TARGET_SETS 255
#define TR_TARGET_MAX (TR_TARGET_WAYS * TR_TARGET_SETS)

#define TR_TARGET_KEEP 3600

/* A peer's domain, and the one of ours that a request goes there for, which
 * may be empty; in canonical form, terminated. */
struct tr_domains {
	uint8_t domain_len;
	uint8_t local_len;
	char domain[TR_NAME_MAX + 1];
	char local[TR_NAME_MAX + 1];
};

struct tr_target_table;

size_t tr_target_size(void);

/* Makes an empty table in mem, which has tr_target_size() octets and is
 * aligned for any type. seed: random octets that nobody else knows. */
struct tr_target_table *tr_target_init(
		void *mem, const uint8_t seed[TR_HASH_SEED_LEN]);

/* The number of a pair, or 0 when none can be had now. */
unsigned tr_target_number(struct tr_target_table *table,
		const struct tr_domains *pair, int64_t now);

/* Copies the pair out that number stands for. 0, or -1: none (any more). */
int tr_target_pair(struct tr_target_table *table, unsigned number, int64_t now,
		struct tr_domains *pair);

/* Makes a pair of two names. 0, or -1: one is too long, or domain is empty. */
int tr_domains_set(
		struct tr_domains *pair, struct tr_view domain, struct tr_view local);

/* 1 when both are the same pair. */
int tr_domains_equal(const struct tr_domains *a, const struct tr_domains *b);

static inline struct tr_view tr_domains_domain(const struct tr_domains *pair)
{
	return (struct tr_view){pair->domain, pair->domain_len};
}

static inline struct tr_view tr_domains_local(const struct tr_domains *pair)
{
	return (struct tr_view){pair->local, pair->local_len};
}

#endif
