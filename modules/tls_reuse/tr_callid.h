/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a Call-ID called on the other side of the edge? PBXs write their
 * own address into Call-IDs (0a1b2c@10.99.1.2:5060), which phones must not
 * see, and which nobody may forget: it names the dialog. So one rule is
 * applied each time a Call-ID crosses the TLS side, in either direction:
 *
 *   a token of ours                     becomes the Call-ID that is in it
 *   a Call-ID that names an inside host becomes a token of ours
 *   any other                           stays
 *
 *   PBX 0a1b2c@10.99.1.2  <->  tc1-IL2tgSUPJrYrHtqhqNd3...  phone
 *
 * The rule is its own inverse: applied twice it gives back what it got. So
 * each side always sees the Call-IDs that it wrote itself, and nothing needs
 * to be remembered. The PBX's own are tokens outside; a phone's that happens
 * to name the same address (private networks overlap) is a token inside.
 *
 * A token is "tc1-" and, in base64url without padding, the tag of tr_seal.h
 * and then the Call-ID, sealed. What does not open is an ordinary Call-ID: so
 * nobody outside can have a Call-ID of his choice on the PBX's side. */
#ifndef TR_CALLID_H
#define TR_CALLID_H

#include "tr_b64.h"
#include "tr_seal.h"
#include "tr_view.h"

#include <stddef.h>

/* Octets of a Call-ID that can be hidden. */
#define TR_CALLID_MAX 256

/* Octets of its token. */
#define TR_CALLID_TOKEN_MAX (4 + TR_B64_LEN(TR_SEAL_LEN + TR_CALLID_MAX))

/* How many inside hosts there may be, and how long a name may be. */
#define TR_INSIDE_MAX 16
#define TR_INSIDE_HOST_MAX 255

/* Hosts that must not be shown, and the key that hides them; all zero there
 * are none. Holds key material: wipe it with tr_inside_wipe(). */
struct tr_inside {
	struct tr_seal_key key;
	size_t count;
	struct {
		size_t len;
		char name[TR_INSIDE_HOST_MAX];
	} host[TR_INSIDE_MAX];
};

enum tr_inside_result {
	TR_INSIDE_NO_HOST = 0, /* neither a host's name nor an IP address */
	TR_INSIDE_FULL,
	TR_INSIDE_ADDED
};

/* Copies the host; an IPv6 address may stand in brackets. */
enum tr_inside_result tr_inside_add(
		struct tr_inside *inside, struct tr_view host);

/* Derives the key of these tokens from the secret of flow tokens. */
void tr_inside_key(struct tr_inside *inside, struct tr_view secret);

void tr_inside_wipe(struct tr_inside *inside);

enum tr_callid {
	TR_CALLID_REFUSED = 0, /* names an inside host and cannot be hidden: it is
							  too long, or has octets that no Call-ID has */
	TR_CALLID_SAME,
	TR_CALLID_HIDDEN, /* out is a token */
	TR_CALLID_SHOWN   /* out is what was in the token */
};

/* id: a Call-ID on one side. out has room for TR_CALLID_TOKEN_MAX octets; it
 * and *len are the Call-ID on the other side if that is another.
 * A Call-ID names the host that is behind its last "@", with or without a
 * port; an IPv6 address with or without brackets, as it is written. */
enum tr_callid tr_callid_cross(const struct tr_inside *inside,
		struct tr_view id, char *out, size_t *len);

#endif
