/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose Vias stand below ours? A proxy's reply must find the way back that
 * its request came, but neither side needs to read that way: on a request
 * that leaves, all Vias below ours go into a token in our own ("tv"), and on
 * the reply they come out of it again.
 *
 *   Via: SIP/2.0/UDP edge;branch=z9hG4bK1           Via: SIP/2.0/UDP edge;
 *   Via: SIP/2.0/TLS 192.168.1.20;branch=z9hG4bK2   branch=z9hG4bK1;tv=V7c0...
 *
 * The token is the tag of tr_seal.h and then the Vias, sealed, in base64url.
 * It is bound to our own parameters branch, i and te (tr_own.h), and its
 * context is the side that the request went to: so whoever answers can
 * neither read where his answer goes nor choose it, nor answer another
 * request with it, nor change what we wrote for ourselves.
 *
 * There may be several keys (tr_keys.h): it is made with the first, and opened
 * with any, as a reply may come when there is another first one. It has no key
 * id: a forged one is tried with each. */
#ifndef TR_VIA_H
#define TR_VIA_H

#include "tr_keys.h"
#include "tr_seal.h"
#include "tr_view.h"

#include <stddef.h>

/* Octets that all Vias below ours may have together. */
#define TR_VIA_MAX 4096

/* How much longer than its input the output of either function can be. */
#define TR_VIA_ROOM (2 * TR_VIA_MAX)

enum tr_via {
	TR_VIA_FORGED = 0, /* reply: Vias or a token that are not from us */
	TR_VIA_TOO_LONG,   /* request: more than TR_VIA_MAX, or our own Via is none
						  that we could know again */
	TR_VIA_NO_ROOM,    /* cap is too small */
	TR_VIA_SAME,       /* nothing to hide or to show */
	TR_VIA_DONE
};

/* Where a request goes to, and its reply comes from. */
enum tr_via_side { TR_VIA_INSIDE = 0, TR_VIA_OUTSIDE = 1 };

/* The keys of one side. With n 0 nothing is hidden or shown. */
struct tr_via_side_keys {
	unsigned n;
	struct tr_seal_key key[TR_KEYS_MAX]; /* the first makes tokens */
};

/* Those of each side. Holds key material: wipe it. */
struct tr_via_keys {
	struct tr_via_side_keys to[2];
};

/* Derives the keys of these tokens from the secrets of flow tokens. What is in
 * a token for inside names a connection of this start of the edge: epoch is the
 * flow tokens', so that an answer to a request of an earlier start goes nowhere
 * and not to whoever has that connection's number now. */
void tr_via_init(struct tr_via_keys *keys, const struct tr_secrets *secrets,
		uint32_t epoch);

void tr_via_wipe(struct tr_via_keys *keys);

/* msg: a request as it is about to be sent, our Via on top. With TR_VIA_DONE
 * the changed request is in out, and *out_len is its length. */
enum tr_via tr_via_hide(const struct tr_via_side_keys *keys, struct tr_view msg,
		char *out, size_t cap, size_t *out_len);

/* msg: a reply as it arrived. With TR_VIA_DONE the reply with the Vias that
 * we hid is in out; with TR_VIA_FORGED it has only its topmost Via without
 * parameters, so that it can be forwarded nowhere and belongs to no
 * transaction. */
enum tr_via tr_via_show(const struct tr_via_side_keys *keys, struct tr_view msg,
		char *out, size_t cap, size_t *out_len);

#endif
