/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which edge of a cluster? See the header. */
#include "tr_edge.h"

#include <arpa/inet.h>
#include <string.h>

/* 1: nobody can be reached there alone: all zero, or a group's address. */
static int is_nobody(const struct tr_edge_addr *edge)
{
	static const uint8_t zero[16];

	if(memcmp(edge->ip, zero, edge->ip_len) == 0) {
		return 1;
	}
	return edge->ip_len == 4 ? edge->ip[0] >= 224 : edge->ip[0] == 0xff;
}

/* What follows the host: nothing, or ":" and a port. 0 or -1. */
static int read_port(struct tr_view in, uint16_t *port)
{
	unsigned value = 0;
	size_t i;

	if(in.len == 0) {
		*port = TR_EDGE_PORT;
		return 0;
	}
	for(i = 1; i < in.len; i++) {
		if(in.s[i] < '0' || in.s[i] > '9' || value > 65535) {
			return -1;
		}
		value = value * 10 + (unsigned)(in.s[i] - '0');
	}
	*port = (uint16_t)value;
	return in.s[0] == ':' && value > 0 && value <= 65535 ? 0 : -1;
}

int tr_edge_read(struct tr_view hostport, struct tr_edge_addr *out)
{
	char host[INET6_ADDRSTRLEN];
	int six = hostport.len > 0 && hostport.s[0] == '[';
	struct tr_view in = hostport;
	size_t len = 0;

	memset(out, 0, sizeof(*out));
	in.s += six;
	in.len -= (size_t)six;
	while(len < in.len && in.s[len] != (six ? ']' : ':')) {
		len++;
	}
	if(len >= sizeof(host) || (six && len == in.len)) {
		return -1;
	}
	memcpy(host, in.s, len);
	host[len] = '\0';
	in.s += len + (size_t)six;
	in.len -= len + (size_t)six;
	if(inet_pton(six ? AF_INET6 : AF_INET, host, out->ip) != 1
			|| read_port(in, &out->port) != 0) {
		memset(out, 0, sizeof(*out));
		return -1;
	}
	out->ip_len = six ? 16 : 4;
	if(is_nobody(out)) {
		memset(out, 0, sizeof(*out));
		return -1;
	}
	return 0;
}

int tr_edge_same(const struct tr_edge_addr *a, const struct tr_edge_addr *b)
{
	return a->ip_len == b->ip_len && a->port == b->port
		   && memcmp(a->ip, b->ip, a->ip_len) == 0;
}

size_t tr_edge_len(uint8_t ip_len)
{
	return ip_len > 0 ? ip_len + 2u : 0;
}

size_t tr_edge_write(const struct tr_edge_addr *edge, uint8_t *out)
{
	if(edge->ip_len == 0) {
		return 0;
	}
	memcpy(out, edge->ip, edge->ip_len);
	out[edge->ip_len] = (uint8_t)(edge->port >> 8);
	out[edge->ip_len + 1] = (uint8_t)edge->port;
	return tr_edge_len(edge->ip_len);
}

void tr_edge_parse(const uint8_t *in, uint8_t ip_len, struct tr_edge_addr *out)
{
	memset(out, 0, sizeof(*out));
	if(ip_len == 0) {
		return;
	}
	out->ip_len = ip_len;
	memcpy(out->ip, in, ip_len);
	out->port = (uint16_t)((in[ip_len] << 8) | in[ip_len + 1]);
}
