/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do we offer the peer to reuse this connection? RFC 5923 s8.1: by the
 * parameter alias in our Via of a request for a domain. Only over TLS, to a
 * peer whom we authenticate ourselves to, and under a name that our
 * certificate has: he could do nothing with it otherwise. */
#ifndef TR_OFFER_H
#define TR_OFFER_H

#include "tr_target.h"

#include "../../core/str.h"

struct dest_info;

enum tr_offer {
	TR_OFFER_NOBODY = 0, /* no certificate that names us is known */
	TR_OFFER_NO_VIA,     /* the topmost Via is none that we wrote for TLS */
	TR_OFFER_AS_BEFORE,  /* the INVITE of this request offered nothing */
	TR_OFFER_FULL,       /* there are TR_NAMES_MAX names already */
	TR_OFFER_ERROR,      /* out of memory */
	TR_OFFER_DONE
};

/* Looks at the topmost Via of replies from now on: the core shall know it for
 * ours (check_via) though it has a name that no listener has. In mod_init. 0 or
 * -1. */
int tr_offer_init(void);
void tr_offer_destroy(void);

/* At the moment of the send: a request of ours goes to pair, over TLS. Its
 * connection is chosen (tr_dest_chosen()). buf is the core's private copy of
 * it, which may be replaced by another one; with any result but TR_OFFER_DONE
 * it is as it was. */
enum tr_offer tr_offer(
		str *buf, const struct dest_info *dst, const struct tr_domains *pair);

/* What tr_offer() did last in this process, in words. */
const char *tr_offer_words(void);

#endif
