/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is the next element of these DER bytes?
 *
 * Views into the caller's bytes: nothing is copied, nothing to free. Lengths
 * are definite, shortest and within their surroundings, or the element is
 * refused (X.690 s10.1).
 */
#ifndef CM_DER_H
#define CM_DER_H

#include <stddef.h>
#include <stdint.h>

/* tag octets, X.690 s8.1.2 */
#define CM_DER_BOOLEAN 0x01
#define CM_DER_INTEGER 0x02
#define CM_DER_BIT_STRING 0x03
#define CM_DER_OCTET_STRING 0x04
#define CM_DER_OID 0x06
#define CM_DER_SEQUENCE 0x30
#define CM_DER_SET 0x31
#define CM_DER_CONTEXT 0x80     /* | number: [number] IMPLICIT, a string */
#define CM_DER_CONSTRUCTED 0x20 /* | it: holds elements */

#define CM_DER_SHORT_MAX 127 /* the longest contents with one octet of length */

struct cm_der {
	const uint8_t *p;
	size_t len;
};

/* Take the next element off the front of from. 0; -1 if nothing is left, or
 * what is there is no element: from is as it was then. */
int cm_der_take(struct cm_der *from, uint8_t *tag, struct cm_der *value);

/* The same for an element of this tag only. */
int cm_der_expect(struct cm_der *from, uint8_t tag, struct cm_der *value);

/* Is it these bytes? */
int cm_der_is(const struct cm_der *value, const void *bytes, size_t len);

#endif
