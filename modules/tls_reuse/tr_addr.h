/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under which address does this edge appear on one of its sides? */
#ifndef TR_ADDR_H
#define TR_ADDR_H

#include "tr_view.h"

#include <stddef.h>

#define TR_ADDR_MAX 255

/* What follows the "@" in the Contacts that we write. */
struct tr_addr {
	char text[TR_ADDR_MAX + 1]; /* "host:port;transport=tcp", terminated */
	size_t len;
	size_t hostport_len; /* its part before the parameters */
};

/* Reads ["sip:"] host [":" port] [";transport=" ("udp"/"tcp"/"tls")], the
 * host being a name, an IPv4 address or an IPv6 address in brackets.
 * transport: appended as ";transport=..." when in has none; NULL: nothing.
 * Returns 0, or -1 and sets *at to the offset in in of what is wrong. */
int tr_addr_parse(struct tr_view in, const char *transport, struct tr_addr *out,
		size_t *at);

/* Its host if that is a name; empty, if it is an address. */
struct tr_view tr_addr_name(const struct tr_addr *addr);

#endif
