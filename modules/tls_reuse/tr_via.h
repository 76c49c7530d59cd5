/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose Vias stand below ours? A proxy's reply must find the way back that
 * its request came, but neither side needs to read that way: on a request
 * that leaves, all Vias below ours go into a token in our own ("tv"), and on
 * the reply they come out of it again.
 *
 *   Via: SIP/2.0/UDP edge;branch=z9hG4bK1           Via: SIP/2.0/UDP edge;
 *   Via: SIP/2.0/TLS 192.168.1.20;branch=z9hG4bK2   branch=z9hG4bK1;tv=c2lw...
 *
 * The token is authenticated (HMAC-SHA256-128, then the Vias, in base64url),
 * so whoever answers cannot choose where his answer goes. */
#ifndef TR_VIA_H
#define TR_VIA_H

#include "tr_mac.h"
#include "tr_view.h"

#include <stddef.h>

/* Octets that all Vias below ours may have together. */
#define TR_VIA_MAX 4096

/* How much longer than its input the output of either function can be. */
#define TR_VIA_ROOM (2 * TR_VIA_MAX)

enum tr_via {
	TR_VIA_FORGED = 0, /* reply: Vias or a token that are not from us */
	TR_VIA_TOO_LONG,   /* request: more than TR_VIA_MAX */
	TR_VIA_NO_ROOM,    /* cap is too small */
	TR_VIA_SAME,       /* nothing to hide or to show */
	TR_VIA_DONE
};

/* Derives the key of these tokens from the secret of flow tokens. */
void tr_via_key(struct tr_mac_key *key, struct tr_view secret);

/* msg: a request as it is about to be sent, our Via on top. With TR_VIA_DONE
 * the changed request is in out, and *out_len is its length. */
enum tr_via tr_via_hide(const struct tr_mac_key *key, struct tr_view msg,
		char *out, size_t cap, size_t *out_len);

/* msg: a reply as it arrived. With TR_VIA_DONE the reply with the Vias that
 * we hid is in out; with TR_VIA_FORGED it has only its topmost Via, so that
 * it can be forwarded nowhere. */
enum tr_via tr_via_show(const struct tr_mac_key *key, struct tr_view msg,
		char *out, size_t cap, size_t *out_len);

#endif
