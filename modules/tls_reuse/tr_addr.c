/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under which address does this edge appear on one of its sides? */
#include "tr_addr.h"

#include <stdio.h>
#include <string.h>

static int is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		   || (c >= '0' && c <= '9');
}

static int starts(struct tr_view in, size_t at, const char *word)
{
	size_t len = strlen(word);

	return in.len - at >= len && memcmp(in.s + at, word, len) == 0;
}

/* Returns the offset behind the host; from itself when there is none. */
static size_t skip_host(struct tr_view in, size_t from)
{
	size_t i = from;

	if(i < in.len && in.s[i] == '[') {
		for(i++; i < in.len
				 && (is_alnum(in.s[i]) || in.s[i] == ':' || in.s[i] == '.');
				i++) {
		}
		return i < in.len && in.s[i] == ']' && i > from + 1 ? i + 1 : from;
	}
	while(i < in.len
			&& (is_alnum(in.s[i]) || in.s[i] == '.' || in.s[i] == '-')) {
		i++;
	}
	return i;
}

/* At a ":": returns the offset behind the port, or at when it is none. */
static size_t skip_port(struct tr_view in, size_t at)
{
	unsigned port = 0;
	size_t i;

	for(i = at + 1; i < in.len && in.s[i] >= '0' && in.s[i] <= '9'; i++) {
		port = port * 10 + (unsigned)(in.s[i] - '0');
		if(port > 65535) {
			return at;
		}
	}
	return port > 0 ? i : at;
}

/* Returns 1 when in ends with a transport that we know, from at on. */
static int is_transport(struct tr_view in, size_t at)
{
	static const char param[] = ";transport=";

	if(!starts(in, at, param) || in.len - at != sizeof(param) - 1 + 3) {
		return 0;
	}
	at += sizeof(param) - 1;
	return starts(in, at, "udp") || starts(in, at, "tcp")
		   || starts(in, at, "tls");
}

int tr_addr_parse(struct tr_view in, const char *transport, struct tr_addr *out,
		size_t *at)
{
	size_t begin = starts(in, 0, "sip:") ? 4 : 0;
	size_t next = skip_host(in, begin);
	int n;

	*at = begin;
	if(next == begin) {
		return -1;
	}
	*at = next;
	if(next < in.len && in.s[next] == ':') {
		if((next = skip_port(in, next)) == *at) {
			return -1;
		}
		*at = next;
	}
	if(next < in.len && !is_transport(in, next)) {
		return -1;
	}
	n = snprintf(out->text, sizeof(out->text), "%.*s%s%s",
			(int)(in.len - begin), in.s + begin,
			next == in.len && transport ? ";transport=" : "",
			next == in.len && transport ? transport : "");
	if(n < 0 || (size_t)n >= sizeof(out->text)) {
		return -1;
	}
	out->len = (size_t)n;
	out->hostport_len = next - begin;
	return 0;
}

struct tr_view tr_addr_name(const struct tr_addr *addr)
{
	struct tr_view host = {addr->text, 0}, none = {addr->text, 0};

	host.len = skip_host((struct tr_view){addr->text, addr->hostport_len}, 0);
	/* RFC 3261 s25.1: the last label of a name begins with a letter */
	if(host.len == 0 || host.s[0] == '['
			|| strspn(host.s, "0123456789.") >= host.len) {
		return none;
	}
	return host;
}
