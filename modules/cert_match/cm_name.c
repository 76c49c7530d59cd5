/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this text a DNS name? Every byte is looked at; nothing is cut short. */

#include <string.h>

#include "cm_name.h"

#define CM_LABEL_MAX 63

enum cm_reason cm_name_bytes(const char *text, size_t len)
{
	size_t i;

	for(i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if(c == 0)
			return CM_NUL;
		if(c > 0x7e)
			return c == 0x7f ? CM_CONTROL : CM_NON_ASCII;
		if(c <= ' ')
			return CM_CONTROL;
	}
	return CM_OK;
}

static int cm_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int cm_is_alnum(char c)
{
	return cm_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3261 s25.1: toplabel begins with a letter, so a name whose last label is
 * all digits can only be an IPv4 address. */
static int cm_is_address(const char *text, size_t len)
{
	size_t i = len;

	if(text[0] == '[' || memchr(text, ':', len))
		return 1;
	while(i > 0 && cm_is_digit(text[i - 1]))
		i--;
	return i < len && (i == 0 || text[i - 1] == '.');
}

static enum cm_reason cm_label(const char *label, size_t len)
{
	size_t i;

	if(len == 0)
		return CM_LABEL_EMPTY;
	/* RFC 1035 s2.3.4: labels are 63 octets or less. */
	if(len > CM_LABEL_MAX)
		return CM_LABEL_LONG;
	for(i = 0; i < len; i++) {
		if(label[i] == '*')
			return CM_WILDCARD_PLACE;
		/* The underscore is no host name's, but it is the DNS's, and found
		 * in private zones: RFC 5922 s7.1 takes any DNS identifier. */
		if(!cm_is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
			return CM_CHARACTER;
	}
	if(label[0] == '-' || label[len - 1] == '-')
		return CM_LABEL_HYPHEN;
	return CM_OK;
}

static enum cm_reason cm_labels(const char *text, size_t len, int star)
{
	size_t start = 0, i;

	if(star && len > 2 && text[0] == '*' && text[1] == '.')
		start = 2;
	for(i = start; i <= len; i++) {
		enum cm_reason r;

		if(i < len && text[i] != '.')
			continue;
		r = cm_label(text + start, i - start);
		if(r != CM_OK)
			return r;
		start = i + 1;
	}
	return CM_OK;
}

enum cm_reason cm_name_parse(
		const char *text, size_t len, int star, struct cm_name *name)
{
	enum cm_reason r;
	size_t i;

	if(len == 0)
		return CM_EMPTY;
	r = cm_name_bytes(text, len);
	if(r != CM_OK)
		return r;
	/* RFC 1034 s3.1: a trailing dot only says that the name is complete. */
	if(len > 1 && text[len - 1] == '.')
		len--;
	if(len > CM_NAME_MAX)
		return CM_TOO_LONG;
	if(cm_is_address(text, len))
		return CM_IP_LITERAL;
	r = cm_labels(text, len, star);
	if(r != CM_OK)
		return r;
	/* RFC 5922 s7.2-3, RFC 4343 s3: only ASCII letters have a case. */
	for(i = 0; i < len; i++) {
		char c = text[i];

		name->text[i] = (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
	}
	name->len = len;
	return CM_OK;
}
