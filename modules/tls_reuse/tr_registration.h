/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which registration is it? A name for what a phone refreshes again and
 * again, over whatever connection and at whatever edge: its address of record
 * and its instance (RFC 5626 s4.1, s5.1-3), or, of a phone that has none, the Call-ID
 * of its REGISTERs, which RFC 3261 s10.2 wants to stay the same.
 *
 * It is no secret and proves nothing: a token that holds it is sealed. */
#ifndef TR_REGISTRATION_H
#define TR_REGISTRATION_H

#include "tr_view.h"

#include <stdint.h>

/* 96 bits: of a million registrations no two are the same by chance, with a
 * probability of 1 in 10^17. */
#define TR_REGISTRATION_LEN 12

/* The first octets of SHA-256 over both texts, each behind its length in four
 * octets. who: instance or Call-ID, with what tells one from the other. Texts
 * are compared as they are written: the same edge, the same phone and every
 * other edge must hand in the same ones. */
void tr_registration(struct tr_view aor, struct tr_view who,
		uint8_t out[TR_REGISTRATION_LEN]);

#endif
