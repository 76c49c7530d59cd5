/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parameters of this Via are ours? Of all that we write into a Via,
 * branch, "i" (the connection that the request came on) and "te" (what the
 * script wants to know in the reply) decide what becomes of the reply. They
 * travel in clear, so the token "tv" beside them is bound to them. */
#ifndef TR_OWN_H
#define TR_OWN_H

#include "tr_view.h"

#include <stdint.h>

/* Octets that each of the three may have. */
#define TR_OWN_VALUE_MAX 256

/* Octets that stand for the three together: tr_own_bound(). */
#define TR_OWN_BOUND_MAX (3 * (2 + TR_OWN_VALUE_MAX))

enum tr_own_name { TR_OWN_BRANCH = 0, TR_OWN_I, TR_OWN_TE, TR_OWN_TV };
#define TR_OWN_COUNT 4

/* Views into the Via. */
struct tr_own {
	struct {
		struct tr_view whole; /* from its ";" on; empty: not there */
		struct tr_view value;
	} param[TR_OWN_COUNT];
};

/* Reads one value of a Via header, parameters in any order and names in any
 * case of letters (RFC 3261 s7.3.1), as those who answer may write them.
 * Returns 0, or -1: one of the four is there twice, or the Via has a quote, a
 * backslash, a comment or a comma, by which it could be read in another way
 * than the core does; we write none of them. */
int tr_own_read(struct tr_view via, struct tr_own *own);

/* Writes what the token is bound to: which of branch, i and te are there, and
 * what they say. Returns how many octets, 0: one of them is too long. */
size_t tr_own_bound(const struct tr_own *own, uint8_t out[TR_OWN_BOUND_MAX]);

#endif
