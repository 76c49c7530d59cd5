/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the next element of these DER bytes? */

#include <string.h>

#include "cm_der.h"

#define CM_DER_TAG_LONG 0x1f    /* the tag goes on: none of X.509's does */
#define CM_DER_LENGTH_LONG 0x80 /* | how many octets of length follow */
#define CM_DER_LENGTH_MAX 4     /* of them; 4 GB are enough for anybody */

/* The length that begins at p[1]; *head: where the contents begin. */
static int cm_der_length(const struct cm_der *from, size_t *head, size_t *len)
{
	size_t octets, i;

	*head = 2;
	*len = from->p[1];
	if(*len < CM_DER_LENGTH_LONG)
		return 0;
	octets = *len & 0x7f;
	/* X.690 s10.1: the definite form (none: indefinite), in as few octets as
	 * can be */
	if(octets == 0 || octets > CM_DER_LENGTH_MAX || from->len < 2 + octets
			|| from->p[2] == 0)
		return -1;
	for(*len = 0, i = 0; i < octets; i++)
		*len = *len << 8 | from->p[2 + i];
	*head += octets;
	return *len < CM_DER_LENGTH_LONG ? -1 : 0;
}

int cm_der_take(struct cm_der *from, uint8_t *tag, struct cm_der *value)
{
	size_t head, len;

	if(from->len < 2 || (from->p[0] & CM_DER_TAG_LONG) == CM_DER_TAG_LONG)
		return -1;
	if(cm_der_length(from, &head, &len) < 0 || len > from->len - head)
		return -1;
	*tag = from->p[0];
	value->p = from->p + head;
	value->len = len;
	from->p += head + len;
	from->len -= head + len;
	return 0;
}

int cm_der_expect(struct cm_der *from, uint8_t tag, struct cm_der *value)
{
	struct cm_der rest = *from;
	uint8_t found;

	if(cm_der_take(&rest, &found, value) < 0 || found != tag)
		return -1;
	*from = rest;
	return 0;
}

int cm_der_is(const struct cm_der *value, const void *bytes, size_t len)
{
	return value->len == len && memcmp(value->p, bytes, len) == 0;
}
