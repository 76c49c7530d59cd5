/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domain does this URI stand for? RFC 5922 s7.1, the part on URIs. */

#include <string.h>

#include "cm_uri.h"

static int cm_is_sip_scheme(const char *text, size_t len)
{
	/* RFC 5922 s7.1: scheme tokens are always case insensitive. */
	return len >= 4 && (text[0] | 0x20) == 's' && (text[1] | 0x20) == 'i'
		   && (text[2] | 0x20) == 'p' && text[3] == ':';
}

/* what follows the host: nothing, a port, parameters, headers */
static enum cm_reason cm_uri_tail(const char *tail, size_t len)
{
	unsigned long port = 0;
	size_t i;

	if(len == 0 || tail[0] != ':')
		return CM_OK;
	for(i = 1; i < len && tail[i] >= '0' && tail[i] <= '9'; i++) {
		port = port * 10 + (unsigned long)(tail[i] - '0');
		if(port > 65535)
			return CM_PORT;
	}
	if(i == 1 || (i < len && tail[i] != ';' && tail[i] != '?'))
		return CM_PORT;
	return CM_OK;
}

static size_t cm_host_len(const char *host, size_t len)
{
	size_t i;

	if(len > 0 && host[0] == '[') {
		const char *end = memchr(host, ']', len);

		return end ? (size_t)(end - host) + 1 : len;
	}
	for(i = 0; i < len; i++)
		if(host[i] == ':' || host[i] == ';' || host[i] == '?')
			break;
	return i;
}

enum cm_reason cm_uri_domain(const char *text, size_t len, struct cm_name *name)
{
	enum cm_reason r;
	size_t host_len;

	if(len == 0)
		return CM_EMPTY;
	r = cm_name_bytes(text, len);
	if(r != CM_OK)
		return r;
	/* RFC 5922 s7.1-4: a scheme other than "sip" MUST NOT be accepted. */
	if(!cm_is_sip_scheme(text, len))
		return CM_SCHEME;
	/* RFC 5922 s7.1-5: with a userpart (there is an '@') it MUST NOT be. */
	if(memchr(text, '@', len))
		return CM_USERINFO;
	/* RFC 5922 s7.2-1, s7.2-2: nothing of scheme and parameters is kept */
	text += 4;
	len -= 4;
	host_len = cm_host_len(text, len);
	r = cm_uri_tail(text + host_len, len - host_len);
	if(r != CM_OK)
		return r;
	/* RFC 5922 s7.1-6: without userinfo the hostpart MUST be accepted. */
	return cm_name_parse(text, host_len, 0, name);
}
