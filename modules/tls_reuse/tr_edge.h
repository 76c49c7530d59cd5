/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which edge of a cluster? Each is known to the others by an IP address and a
 * port, in octets: so it can stand in a token, and nothing has to be looked
 * up to reach it. */
#ifndef TR_EDGE_H
#define TR_EDGE_H

#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* The port of an address that has none (RFC 3261 s19.1.2). */
#define TR_EDGE_PORT 5060

struct tr_edge_addr {
	uint8_t ip[16];
	uint8_t ip_len; /* 4, 16, or 0: there is no address */
	uint16_t port;  /* in host order */
};

/* Reads what stands before the parameters in an address that tr_addr_parse()
 * took: "10.0.0.1:5060", "[2001:db8::1]".
 * Returns 0, or -1: its host is a name, or an address of no host. */
int tr_edge_read(struct tr_view hostport, struct tr_edge_addr *out);

/* 1: the same address and port, or no address twice. */
int tr_edge_same(const struct tr_edge_addr *a, const struct tr_edge_addr *b);

/* How many octets tr_edge_write() writes: ip and port. */
#define TR_EDGE_LEN_MAX 18
size_t tr_edge_len(uint8_t ip_len);

/* In network order; nothing when there is no address. Returns tr_edge_len(). */
size_t tr_edge_write(const struct tr_edge_addr *edge, uint8_t *out);

/* The inverse: in has tr_edge_len(ip_len) octets, ip_len being 0, 4 or 16. */
void tr_edge_parse(const uint8_t *in, uint8_t ip_len, struct tr_edge_addr *out);

#endif
