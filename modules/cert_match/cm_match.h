/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is one of these identities this domain? (RFC 5922 s7.2)
 *
 * Identities are packed: for each one octet of length, then the name in the
 * canonical form of cm_name.h. The packed bytes belong to the caller.
 */
#ifndef CM_MATCH_H
#define CM_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "cm_name.h"
#include "cm_verdict.h"

struct cm_names {
	const uint8_t *packed;
	size_t len;
	enum cm_source source;
};

struct cm_match_opts {
	int wildcard; /* 1: "*" as leftmost label of a dNSName stands for a label */
};

/* Step through packed names: *offset starts at 0. Returns the next name and its
 * length, or NULL at the end (or where the packing does not add up). */
const char *cm_names_next(
		const struct cm_names *names, size_t *offset, size_t *len);

/* What a handshake told about the peer, as far as the decision needs it. */
struct cm_peer {
	int has_cert;
	int verified;           /* its chain ends in a trusted CA (RFC 5280 s6) */
	enum cm_reason purpose; /* cm_eku_leaf()'s; CM_REFUSED: not judged */
	enum cm_reason ident_reason; /* CM_OK, CM_NO_IDENTITY, CM_MALFORMED */
	struct cm_names names;
};

/* Is this peer authenticated as domain, a text as it stands in a message, but
 * in ASCII (cm_domain_ascii)? Allocates nothing, and may be asked under a lock.
 * CM_OK or the reason why not. RFC 5922 s7.3, s7.4. */
enum cm_reason cm_decide(const struct cm_peer *peer, const char *domain,
		size_t len, const struct cm_match_opts *opts);

/* CM_OK, CM_NO_MATCH, or CM_NO_IDENTITY if there is nothing to compare with.
 * domain is in canonical form already (cm_name_parse). */
enum cm_reason cm_match(const struct cm_names *names,
		const struct cm_name *domain, const struct cm_match_opts *opts);

#endif
