/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which SIP domains does this certificate name? (RFC 5922 s7.1)
 *
 * The result is one fixed-size struct of the caller's; nothing to free.
 */
#ifndef CM_IDENT_H
#define CM_IDENT_H

#include <stddef.h>
#include <stdint.h>

#include "cm_eku.h"
#include "cm_match.h"
#include "cm_verdict.h"

/* Identities beyond these bounds are refused one by one with CM_TOO_MANY. */
#define CM_IDENT_MAX 128
#define CM_PACKED_MAX 8192
#define CM_FINGERPRINT_LEN 32

struct cm_ident_opts {
	int common_name; /* 1: use the CN when there is no subjectAltName at all */
	enum cm_eku eku; /* which purposes are good enough */
	int peer_is_server; /* 1: we opened the connection */
};

struct cm_ident_set {
	enum cm_reason reason;  /* CM_OK, CM_NO_IDENTITY or CM_MALFORMED */
	enum cm_reason purpose; /* what cm_eku_leaf() says of it */
	enum cm_source source;
	unsigned count;     /* identities accepted */
	unsigned entries;   /* subjectAltName entries and CNs looked at */
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;
	uint8_t fingerprint[CM_FINGERPRINT_LEN]; /* SHA-256 of the DER */
	size_t packed_len;
	uint8_t packed[CM_PACKED_MAX]; /* see cm_match.h */
};

enum cm_entry_type {
	CM_ENTRY_OTHER = 0,
	CM_ENTRY_URI,
	CM_ENTRY_DNS,
	CM_ENTRY_CN
};

/* One subjectAltName entry or CN as found, and what became of it. text is raw
 * peer data, valid during the call only. */
struct cm_entry {
	enum cm_entry_type type;
	int other_type; /* GENERAL_NAME's number for CM_ENTRY_OTHER */
	const char *text;
	size_t len;
	enum cm_reason reason;
};

typedef void (*cm_entry_f)(void *arg, const struct cm_entry *entry);

struct x509_st;

/* Find the identities of a certificate. each, if not NULL, is called for every
 * entry in the order of RFC 5922 s7.1: URIs, DNS names, others, CNs.
 * Returns 0, or -1 if the certificate cannot be read (set->reason says
 * CM_MALFORMED and no identity is in set). */
int cm_ident_from_x509(struct x509_st *cert, const struct cm_ident_opts *opts,
		struct cm_ident_set *set, cm_entry_f each, void *arg);

/* The same from DER, which must be one certificate and nothing behind it. */
int cm_ident_from_der(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, struct cm_ident_set *set,
		cm_entry_f each, void *arg);

/* The names of set, as cm_match() wants them; a view, valid as long as set. */
struct cm_names cm_ident_names(const struct cm_ident_set *set);

#endif
