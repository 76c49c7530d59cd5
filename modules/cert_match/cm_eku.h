/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May this certificate be used for SIP over TLS? (RFC 5924 s5)
 *
 * The judgement stands in for OpenSSL's purpose check of a peer's chain: a
 * verify callback that is told X509_V_ERR_INVALID_PURPOSE asks cm_eku_leaf()
 * at depth 0 and cm_eku_ca() above, and goes on if they say CM_OK. It asks
 * about each certificate that OpenSSL found good, too: a mode may want more.
 *
 * What is checked where:
 *   here      extendedKeyUsage, by the mode; keyUsage and Netscape certificate
 *             type, as X509_check_purpose() does; of a CA, that it is one;
 *             that no extension is unreadable or stands there twice
 *   OpenSSL   everything else: signatures, times, path length, names, unknown
 *             critical extensions, revocation, and what a trust store says
 *             about a certificate (X509_V_ERR_CERT_REJECTED)
 */
#ifndef CM_EKU_H
#define CM_EKU_H

#include <stddef.h>

#include "cm_cert.h"
#include "cm_verdict.h"

/* Which purposes are good enough. */
enum cm_eku {
	CM_EKU_TLS = 0, /* no extension; serverAuth, clientAuth, sipDomain or any */
	CM_EKU_SIP,     /* sipDomain or any; of a CA also: no extension */
	CM_EKU_ANY      /* extendedKeyUsage is not looked at */
};

struct x509_st;

/* Judge the peer's own certificate. peer_is_server: 1 if we opened the
 * connection. CM_OK, CM_PURPOSE, or CM_MALFORMED: an extension of it cannot be
 * read, or stands there twice. */
enum cm_reason cm_eku_leaf(
		struct x509_st *cert, enum cm_eku mode, int peer_is_server);

/* Judge a CA of its chain, the root included; the answers are the same. */
enum cm_reason cm_eku_ca(struct x509_st *cert, enum cm_eku mode);

/* As cm_eku_leaf(), of the certificate's parts. */
enum cm_reason cm_eku_judge(
		const struct cm_cert *cert, enum cm_eku mode, int peer_is_server);

/* The two halves of that: what the extendedKeyUsage allows, and what the key
 * may do. RFC 5280 s4.2.1.12: both must allow it. */
enum cm_reason cm_eku_purposes(const struct cm_cert *cert, enum cm_eku mode);
enum cm_reason cm_eku_key(const struct cm_cert *cert, int peer_is_server);

/* "tls", "sip", "any"; a constant string. */
const char *cm_eku_name(enum cm_eku mode);

/* The mode of that name. 0, or -1 if there is none. */
int cm_eku_mode(const char *name, size_t len, enum cm_eku *mode);

/* The purposes that a certificate lists, by name or number, comma list,
 * terminated; "..." ends a list that does not fit. Returns how many there are,
 * 0 for an empty extension, -1 if there is no extension, -2 if it cannot be
 * read. size is more than 4. */
int cm_eku_print(const struct cm_cert *cert, char *out, size_t size);

#endif
