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
 * nobody outside can have a Call-ID of his choice on the PBX's side.
 *
 * There may be several keys (tr_keys.h). A token is opened with any of them,
 * but the PBX's Call-ID must become the same token until the call ends, and
 * nothing in a message tells when it began. So tokens are made with one key
 * for as long as that is accepted, which outlives its time as the first: see
 * tr_callid_init(). When it is taken away, calls that go on lose their name:
 * the phone does not know the new one. */
#ifndef TR_CALLID_H
#define TR_CALLID_H

#include "tr_b64.h"
#include "tr_keys.h"
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

/* Hosts that must not be shown; all zero there are none. */
struct tr_inside {
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

/* Holds key material: wipe it. With n 0 nothing is hidden or shown. */
struct tr_callid_keys {
	unsigned n;
	unsigned making; /* which one makes tokens */
	uint16_t id[TR_KEYS_MAX];
	struct tr_seal_key key[TR_KEYS_MAX];
};

/* Derives the keys of these tokens from the secrets of flow tokens. before:
 * the keys until now, or NULL: the key that made tokens goes on to do so if it
 * is among them. If not the last one does, the oldest in a file to whose front
 * keys are added: so it is the same one before and behind a restart. */
void tr_callid_init(struct tr_callid_keys *keys,
		const struct tr_secrets *secrets, const struct tr_callid_keys *before);

void tr_callid_wipe(struct tr_callid_keys *keys);

enum tr_callid {
	TR_CALLID_REFUSED = 0, /* names an inside host and cannot be hidden: it is
							  too long, or has octets that no Call-ID has, or
							  there is no key */
	TR_CALLID_SAME,
	TR_CALLID_HIDDEN, /* out is a token */
	TR_CALLID_SHOWN   /* out is what was in the token */
};

/* id: a Call-ID on one side. out has room for TR_CALLID_TOKEN_MAX octets; it
 * and *len are the Call-ID on the other side if that is another.
 * A Call-ID names the host that is behind its last "@", with or without a
 * port; an IPv6 address with or without brackets, as it is written. */
enum tr_callid tr_callid_cross(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_view id, char *out,
		size_t *len);

#endif
