/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What are the parts of this certificate? (RFC 5280 s4.1)
 *
 * Only the parts that this module asks for, as views into the caller's DER:
 * nothing is copied, nothing to free. Its keys and signatures are OpenSSL's,
 * whose parser takes forty times as long over them.
 */
#ifndef CM_CERT_H
#define CM_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "cm_der.h"

struct cm_cert {
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;
	struct cm_der subject;    /* the elements of its RDNSequence */
	struct cm_der extensions; /* the elements of its Extensions; empty: none */
};

/* Find them. 0, or -1: not one whole certificate in DER. */
int cm_cert_parse(const uint8_t *der, size_t len, struct cm_cert *cert);

/* An extension by the octets of its OID: 0 and its value; 1: there is none;
 * -1: it is there twice (RFC 5280 s4.2: MUST NOT). */
int cm_cert_extension(const struct cm_cert *cert, const void *oid,
		size_t oid_len, struct cm_der *value);

#endif
