/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does nearly every phone's URI have, and need not be written? */
#include "tr_short.h"

#include <string.h>

static const char scheme[] = "sip:";
static const char transport[] = ";transport=tls";
#define SCHEME_LEN (sizeof(scheme) - 1)
#define TRANSPORT_LEN (sizeof(transport) - 1)

unsigned tr_short_take(struct tr_view *uri)
{
	unsigned taken = 0;

	if(uri->len > SCHEME_LEN && memcmp(uri->s, scheme, SCHEME_LEN) == 0) {
		uri->s += SCHEME_LEN;
		uri->len -= SCHEME_LEN;
		taken |= TR_SHORT_SIP;
	}
	if(uri->len > TRANSPORT_LEN
			&& memcmp(uri->s + uri->len - TRANSPORT_LEN, transport,
					   TRANSPORT_LEN)
					   == 0) {
		uri->len -= TRANSPORT_LEN;
		taken |= TR_SHORT_TLS;
	}
	return taken;
}

struct tr_view tr_short_give(unsigned taken, struct tr_view text, char *buf)
{
	struct tr_view uri = {buf, 0};

	if(taken & TR_SHORT_SIP) {
		memcpy(buf, scheme, SCHEME_LEN);
		uri.len = SCHEME_LEN;
	}
	memcpy(buf + uri.len, text.s, text.len);
	uri.len += text.len;
	if(taken & TR_SHORT_TLS) {
		memcpy(buf + uri.len, transport, TRANSPORT_LEN);
		uri.len += TRANSPORT_LEN;
	}
	return uri;
}
