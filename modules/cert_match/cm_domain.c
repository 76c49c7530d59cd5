/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name is meant by this domain? RFC 5922 s7.2 compares A-labels, and
 * libidn2 knows how to come to them. */

#include <string.h>

#include <idn2.h>

#include "cm_domain.h"

/* RFC 5922 s7.2-4, RFC 5280 s7.2: U-labels become A-labels before anything is
 * compared. text holds no NUL. */
static enum cm_reason cm_domain_idn(
		const char *text, size_t len, struct cm_name *name)
{
	/* UTS 46, non-transitional: what IDNA2008 knows as a letter of its own
	 * (sharp s, final sigma) stays one */
	const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
	uint8_t in[CM_DOMAIN_MAX + 1], *out = NULL;
	enum cm_reason r = CM_DOMAIN_BAD;

	memcpy(in, text, len);
	in[len] = 0;
	if(idn2_lookup_u8(in, &out, flags) == IDN2_OK)
		r = cm_name_parse((char *)out, strlen((char *)out), 0, name);
	idn2_free(out);
	return r;
}

enum cm_reason cm_domain_parse(
		const char *text, size_t len, struct cm_name *name)
{
	size_t i;

	for(i = 0; i < len && (unsigned char)text[i] < 0x80; i++)
		;
	if(i == len)
		return cm_name_parse(text, len, 0, name);
	/* no more than this is looked at, whatever it holds */
	if(len > CM_DOMAIN_MAX)
		return CM_TOO_LONG;
	/* a NUL would cut it short, and UTS 46 takes no offence at blanks */
	for(i = 0; i < len; i++) {
		enum cm_reason r = cm_name_bytes(text + i, 1);

		if(r != CM_OK && r != CM_NON_ASCII)
			return r;
	}
	return cm_domain_idn(text, len, name);
}
