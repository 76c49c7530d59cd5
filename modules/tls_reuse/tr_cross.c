/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a message name its dialogs on the other side of the edge? See the
 * header. */
#include "tr_cross.h"

#include "tr_header.h"

#include <string.h>
#include <strings.h>

/* A longer one in a URI is refused unread. */
#define ESCAPED_MAX (3 * TR_CALLID_TOKEN_MAX)

/* Where in a header's value Call-IDs are. */
enum where { NOWHERE = 0, WHOLE, BEFORE_PARAMS, IN_LIST, IN_URI };

static const struct {
	const char *name;
	char compact;
	enum where where;
} headers[] = {
		{"call-id", 'i', WHOLE},
		{"replaces", '\0', BEFORE_PARAMS},
		{"join", '\0', BEFORE_PARAMS},
		{"target-dialog", '\0', BEFORE_PARAMS},
		{"in-reply-to", '\0', IN_LIST},
		{"refer-to", 'r', IN_URI},
};

/* Part of a message, by offsets: they hold while what is behind it moves. */
struct span {
	size_t at;
	size_t end;
};

static enum where where_in(const struct tr_header *h)
{
	size_t i;

	for(i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		if(tr_header_is(h, headers[i].name, headers[i].compact)) {
			return headers[i].where;
		}
	}
	return NOWHERE;
}

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where one of the characters is, or end. */
static size_t find_any(
		const char *s, size_t at, size_t end, const char *chars, size_t count)
{
	while(at < end && memchr(chars, s[at], count) == NULL) {
		at++;
	}
	return at;
}

/* Finds "?Replaces=" or "&Replaces=", RFC 3261 s19.1.1. The Call-ID goes up
 * to the semicolon, which some forget to escape. 0, or -1: there is none. */
static int next_in_uri(const char *s, struct span *rest, struct span *id)
{
	static const char name[] = "Replaces=";
	const size_t len = sizeof(name) - 1;
	size_t i;

	for(; rest->at + 1 + len <= rest->end; rest->at++) {
		const char *p = s + rest->at;

		if((*p != '?' && *p != '&') || strncasecmp(p + 1, name, len) != 0) {
			continue;
		}
		id->at = rest->at + 1 + len;
		id->end = find_any(s, id->at, rest->end, ";&<>\", \t\r\n", 10);
		for(i = id->at; i + 2 < id->end; i++) {
			if(s[i] == '%' && s[i + 1] == '3' && (s[i + 2] | 0x20) == 'b') {
				id->end = i;
			}
		}
		rest->at = id->end;
		return 0;
	}
	return -1;
}

/* Takes the next Call-ID off the rest of a value. 0, or -1: no more. */
static int next_id(
		const char *s, enum where where, struct span *rest, struct span *id)
{
	size_t stop;

	if(where == IN_URI) {
		return next_in_uri(s, rest, id);
	}
	while(rest->at < rest->end
			&& (is_space(s[rest->at])
					|| (where == IN_LIST && s[rest->at] == ','))) {
		rest->at++;
	}
	if(rest->at >= rest->end) {
		return -1;
	}
	stop = rest->end;
	if(where != WHOLE) {
		stop = find_any(
				s, rest->at, rest->end, where == IN_LIST ? "," : ";", 1);
	}
	id->at = rest->at;
	id->end = stop;
	while(id->end > id->at && is_space(s[id->end - 1])) {
		id->end--;
	}
	rest->at = where == IN_LIST ? stop : rest->end;
	return 0;
}

/* The value of a hexadecimal digit, or -1. */
static int hex(char c)
{
	if(c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes the escaping of a URI's header; what is none stays. */
static size_t unescape(const char *s, size_t len, char *out)
{
	size_t i, n = 0;

	for(i = 0; i < len; i++) {
		int high = i + 2 < len && s[i] == '%' ? hex(s[i + 1]) : -1;
		int low = high >= 0 ? hex(s[i + 2]) : -1;

		if(low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = s[i];
		}
	}
	return n;
}

/* RFC 3261 s25.1: all but "unreserved" may be escaped, so it is. */
static size_t escape(const char *s, size_t len, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char mark[] = "-_.!~*'()";
	size_t i, n = 0;

	for(i = 0; i < len; i++) {
		char l = (char)(s[i] | 0x20);

		if((l >= 'a' && l <= 'z') || (s[i] >= '0' && s[i] <= '9')
				|| memchr(mark, s[i], sizeof(mark) - 1) != NULL) {
			out[n++] = s[i];
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[(unsigned char)s[i] >> 4];
		out[n++] = digits[s[i] & 15];
	}
	return n;
}

/* 0, or -1: there is no room. */
static int replace(
		struct tr_text *msg, const struct span *old, const char *s, size_t len)
{
	size_t behind = msg->len - old->end;

	if(old->at + len + behind > msg->cap) {
		return -1;
	}
	memmove(msg->s + old->at + len, msg->s + old->end, behind);
	memcpy(msg->s + old->at, s, len);
	msg->len = old->at + len + behind;
	return 0;
}

/* Changes one Call-ID by the rule. */
static enum tr_callid cross_one(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_text *msg,
		const struct span *span, int escaped)
{
	struct tr_view id = {msg->s + span->at, span->end - span->at};
	char plain[ESCAPED_MAX], out[TR_CALLID_TOKEN_MAX], again[ESCAPED_MAX];
	enum tr_callid result;
	const char *s = out;
	size_t len;

	if(escaped) {
		if(id.len > sizeof(plain)) {
			return TR_CALLID_REFUSED;
		}
		id.len = unescape(id.s, id.len, plain);
		id.s = plain;
	}
	result = tr_callid_cross(inside, keys, id, out, &len);
	if(result == TR_CALLID_SAME || result == TR_CALLID_REFUSED) {
		return result;
	}
	if(escaped) {
		len = escape(out, len, again);
		s = again;
	}
	return replace(msg, span, s, len) == 0 ? result : TR_CALLID_REFUSED;
}

/* Changes the Call-IDs of one header. 0, or -1: the message is refused. */
static int cross_header(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_text *msg,
		struct tr_header *h, struct tr_crossed *crossed)
{
	enum where where = where_in(h);
	struct span rest = {(size_t)(h->value.s - msg->s), 0}, id;
	size_t before;

	if(where == NOWHERE) {
		return 0;
	}
	rest.end = rest.at + h->value.len;
	while(next_id(msg->s, where, &rest, &id) == 0) {
		before = msg->len;
		switch(cross_one(inside, keys, msg, &id, where == IN_URI)) {
			case TR_CALLID_REFUSED:
				return -1;
			case TR_CALLID_SAME:
				continue;
			case TR_CALLID_HIDDEN:
				crossed->hidden++;
				break;
			case TR_CALLID_SHOWN:
				crossed->shown++;
				break;
		}
		/* may go down: unsigned arithmetic comes out right */
		rest.at += msg->len - before;
		rest.end += msg->len - before;
		h->end += msg->len - before;
	}
	return 0;
}

enum tr_cross tr_cross(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_text *msg,
		struct tr_crossed *crossed)
{
	struct tr_header h;

	crossed->hidden = crossed->shown = 0;
	if(inside->count == 0) {
		return TR_CROSS_SAME;
	}
	tr_header_start((struct tr_view){msg->s, msg->len}, &h);
	while(tr_header_next((struct tr_view){msg->s, msg->len}, &h) == 0) {
		if(cross_header(inside, keys, msg, &h, crossed) != 0) {
			return TR_CROSS_REFUSED;
		}
	}
	return crossed->hidden + crossed->shown > 0 ? TR_CROSS_DONE : TR_CROSS_SAME;
}
