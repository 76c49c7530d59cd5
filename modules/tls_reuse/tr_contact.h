/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which URIs does a Contact header name, and where in it? (RFC 3261 s20.10,
 * s25.1) */
#ifndef TR_CONTACT_H
#define TR_CONTACT_H

#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* Contacts in one message; a registrar lists all bindings of an AOR. */
#define TR_CONTACTS_MAX 64

/* Parameters of one Contact that the other side may read; of more the last
 * ones are left out. */
#define TR_CONTACT_KEEP_MAX 16

struct tr_contact {
	struct tr_view uri;    /* sip: or sips:, without angle brackets */
	struct tr_view user;   /* its user part, empty without one */
	struct tr_view params; /* header parameters, from the first ";" */
	int bracketed;         /* the URI stands in <> */
	int has_expires;       /* an expires parameter that is a number */
	uint32_t expires;      /* ... and it, in seconds */

	/* Those that the other side may read, each from its ";" on: expires and
	 * q (RFC 3261 s20.10), reg-id (RFC 5626 s4.1), methods and the feature
	 * tags that begin with "+" (RFC 3840 s9). Any other may name an address
	 * or a way: received, a transport of a URI without brackets. */
	size_t kept;
	struct tr_view keep[TR_CONTACT_KEEP_MAX];
	int all_kept; /* there is no other */
};

/* Views into the header's body. */
struct tr_contacts {
	int star; /* "*": all bindings, RFC 3261 s10.2.2; then n is 0 */
	size_t n;
	struct tr_contact c[TR_CONTACTS_MAX];
};

/* 1: the Contact's URI is, to the octet, what we write for the user part in it,
 * at this address; with another host or parameter it is somebody else's idea. */
int tr_contact_is_plain(const struct tr_contact *c, struct tr_view address);

enum tr_contact_error {
	TR_CONTACT_MALFORMED = -1,
	TR_CONTACT_NOT_SIP = -2, /* a good URI of another scheme */
	TR_CONTACT_TOO_MANY = -3
};

/* Reads all of body or fails. Contacts are added to *out, so that several
 * headers of a message share one bound: zero it before the first.
 * Returns 0, or an enum tr_contact_error and sets *at to the offset in body
 * of what is wrong; *out is then not to be used. */
int tr_contact_walk(struct tr_view body, struct tr_contacts *out, size_t *at);

#endif
