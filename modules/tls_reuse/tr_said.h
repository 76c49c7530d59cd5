/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did the Via of this transaction's INVITE say? Its CANCEL, and the ACK of
 * a refusal, must say the same (RFC 3261 s9.1, s17.1.1.3): the peer knows them
 * by it (s17.2.3). Our certificate, and with it our name, may have changed
 * since.
 *
 * A note is 64 bits wide, and is read and written without a lock. It stays
 * until another one takes its place: one of TR_SAID_MAX, by hash. The table
 * lies in the caller's memory. */
#ifndef TR_SAID_H
#define TR_SAID_H

#include "tr_hash.h"
#include "tr_target.h"
#include "tr_view.h"

#include <stddef.h>

#define TR_SAID_MAX 8192

/* The longest branch that is remembered. */
#define TR_SAID_BRANCH_MAX 256

/* Numbers that can be noted. */
#define TR_SAID_NUMBER_MAX 0xffff

struct tr_said;

size_t tr_said_size(void);

/* Makes an empty table in mem, which has tr_said_size() octets and is aligned
 * for any type. seed: random octets that nobody else knows. */
struct tr_said *tr_said_init(void *mem, const uint8_t seed[TR_HASH_SEED_LEN]);

/* Notes a number for the branch of a request to pair. */
void tr_said_put(struct tr_said *said, const struct tr_domains *pair,
		struct tr_view branch, unsigned number);

/* 0 and the number, or -1: it is not known (any more). */
int tr_said_get(const struct tr_said *said, const struct tr_domains *pair,
		struct tr_view branch, unsigned *number);

#endif
