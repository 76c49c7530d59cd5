/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name is meant by this domain? RFC 5922 s7.2 compares A-labels, and
 * libidn2 knows how to come to them. */

#include <string.h>

#include <idn2.h>

#include "cm_domain.h"

/* RFC 5922 s7.2-4, RFC 5280 s7.2: U-labels become A-labels before anything is
 * compared. text holds no NUL. */
static enum cm_reason cm_domain_idn(
		const char *text, size_t len, struct cm_ascii *ascii)
{
	/* UTS 46, non-transitional: what IDNA2008 knows as a letter of its own
	 * (sharp s, final sigma) stays one */
	const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
	uint8_t in[CM_DOMAIN_MAX + 1], *out = NULL;
	enum cm_reason r = CM_DOMAIN_BAD;
	size_t n;

	memcpy(in, text, len);
	in[len] = 0;
	if(idn2_lookup_u8(in, &out, flags) == IDN2_OK
			&& (n = strlen((char *)out)) <= sizeof(ascii->buf)) {
		memcpy(ascii->buf, out, n);
		ascii->len = n;
		/* no NUL and no byte beyond ASCII is in it, but there may be blanks */
		r = n > 0 ? CM_OK : CM_EMPTY;
	}
	idn2_free(out);
	return r;
}

enum cm_reason cm_domain_ascii(
		const char *text, size_t len, struct cm_ascii *ascii)
{
	size_t i;

	ascii->text = ascii->buf;
	ascii->len = 0;
	/* no more than this is looked at, whatever it holds */
	if(len > CM_DOMAIN_MAX)
		return CM_TOO_LONG;
	for(i = 0; i < len && (unsigned char)text[i] < 0x80; i++)
		;
	if(i == len) {
		ascii->text = text;
		ascii->len = len;
		return CM_OK;
	}
	/* a NUL would cut it short, and UTS 46 takes no offence at blanks */
	for(i = 0; i < len; i++) {
		enum cm_reason r = cm_name_bytes(text + i, 1);

		if(r != CM_OK && r != CM_NON_ASCII)
			return r;
	}
	return cm_domain_idn(text, len, ascii);
}

enum cm_reason cm_domain_parse(
		const char *text, size_t len, struct cm_name *name)
{
	struct cm_ascii ascii;
	enum cm_reason r = cm_domain_ascii(text, len, &ascii);

	return r == CM_OK ? cm_name_parse(ascii.text, ascii.len, 0, name) : r;
}
