/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a message name its dialogs on the other side of the edge? By the
 * Call-IDs of that side, wherever a header has one:
 *
 *   Call-ID, i                       RFC 3261 s20.8
 *   In-Reply-To                      s20.21, a list
 *   Replaces, Join, Target-Dialog    RFC 3891 s6.1, RFC 3911 s7.1, RFC 4538
 *                                    s7: before the first ";"
 *   Refer-To, r                      a Replaces in its URI, as a phone writes
 *                                    it for an attended transfer
 *
 * Without the last ones a phone could not tell the PBX which of its calls is
 * to be transferred or taken over. Each is changed alone by the rule of
 * tr_callid.h, so a malformed message with two Call-IDs shows nothing either
 * and comes back as it was. */
#ifndef TR_CROSS_H
#define TR_CROSS_H

#include "tr_callid.h"

#include <stddef.h>

/* How much longer a message can become; beyond that it is refused. */
#define TR_CROSS_ROOM (8 * TR_CALLID_TOKEN_MAX)

/* A message in a buffer that belongs to the caller. */
struct tr_text {
	char *s;
	size_t len;
	size_t cap;
};

enum tr_cross {
	TR_CROSS_REFUSED = 0, /* part of it may be changed: throw it away */
	TR_CROSS_SAME,
	TR_CROSS_DONE
};

/* How many Call-IDs of a message became what. */
struct tr_crossed {
	unsigned hidden;
	unsigned shown;
};

/* Changes the message where it is. */
enum tr_cross tr_cross(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_text *msg,
		struct tr_crossed *crossed);

#endif
