/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does the topmost Via say that its sender is? See the header. */
#include "tr_sentby.h"

#include "tr_header.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define ALIAS ";alias"

/* What is left to read of a value. Line ends within it are folds. */
struct rest {
	const char *s;
	const char *end;
};

static int is_at(const struct rest *r, char c)
{
	return r->s < r->end && *r->s == c;
}

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Returns how many octets of white space there were. */
static size_t skip_space(struct rest *r)
{
	const char *begin = r->s;

	while(r->s < r->end && is_space(*r->s)) {
		r->s++;
	}
	return (size_t)(r->s - begin);
}

static int skip_word(struct rest *r, const char *word)
{
	size_t len = strlen(word);

	if((size_t)(r->end - r->s) < len || strncasecmp(r->s, word, len) != 0) {
		return -1;
	}
	r->s += len;
	return 0;
}

/* RFC 3261 s25.1: SLASH = SWS "/" SWS. */
static int skip_slash(struct rest *r)
{
	skip_space(r);
	if(!is_at(r, '/')) {
		return -1;
	}
	r->s++;
	skip_space(r);
	return 0;
}

/* sent-protocol LWS */
static int read_protocol(struct rest *r)
{
	return skip_word(r, "SIP") == 0 && skip_slash(r) == 0
						   && skip_word(r, "2.0") == 0 && skip_slash(r) == 0
						   && skip_word(r, "TLS") == 0 && skip_space(r) > 0
				   ? 0
				   : -1;
}

static int is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
		   || (c >= 'A' && c <= 'Z');
}

/* Octets at r that are letters, digits, or one of others. */
static struct tr_view read_run(struct rest *r, const char *others)
{
	struct tr_view run = {r->s, 0};

	while(r->s < r->end
			&& (is_letter_or_digit(*r->s)
					|| (*r->s > ' ' && strchr(others, *r->s) != NULL))) {
		r->s++;
	}
	run.len = (size_t)(r->s - run.s);
	return run;
}

static int read_host(struct rest *r, struct tr_view *host)
{
	host->s = r->s;
	if(!is_at(r, '[')) {
		*host = read_run(r, "-._");
		return host->len > 0 ? 0 : -1;
	}
	r->s++;
	if(read_run(r, ":.").len == 0 || !is_at(r, ']')) {
		return -1;
	}
	r->s++;
	host->len = (size_t)(r->s - host->s);
	return 0;
}

/* 1*5DIGIT, 1 to 65535 */
static int read_port(struct rest *r, unsigned *port)
{
	const char *begin = r->s;
	unsigned n = 0;

	while(r->s < r->end && *r->s >= '0' && *r->s <= '9' && r->s - begin < 6) {
		n = 10 * n + (unsigned)(*r->s - '0');
		r->s++;
	}
	*port = n;
	return n >= 1 && n <= 65535 && r->s - begin <= 5 ? 0 : -1;
}

/* sent-by = host [ COLON port ] */
static int read_sentby(struct rest *r, struct tr_sentby *via)
{
	if(read_host(r, &via->host) != 0) {
		return -1;
	}
	via->whole = via->host;
	skip_space(r);
	if(!is_at(r, ':')) {
		return 0;
	}
	r->s++;
	skip_space(r);
	if(read_port(r, &via->port) != 0) {
		return -1;
	}
	via->whole.len = (size_t)(r->s - via->whole.s);
	skip_space(r);
	return 0;
}

/* Behind the quote that opens it. */
static int skip_quoted(struct rest *r)
{
	while(r->s < r->end && *r->s != '"') {
		r->s += *r->s == '\\' && r->end - r->s > 1 ? 2 : 1;
	}
	if(r->s >= r->end) {
		return -1;
	}
	r->s++;
	return 0;
}

/* The value of a parameter, if it has one. */
static int read_value(struct rest *r, struct tr_view *value)
{
	skip_space(r);
	value->s = r->s;
	value->len = 0;
	if(!is_at(r, '=')) {
		return 0;
	}
	r->s++;
	skip_space(r);
	value->s = r->s;
	if(is_at(r, '"')) {
		r->s++;
		if(skip_quoted(r) != 0) {
			return -1;
		}
	} else {
		while(r->s < r->end && !is_space(*r->s) && *r->s != ';' && *r->s != ','
				&& *r->s != '"') {
			r->s++;
		}
	}
	value->len = (size_t)(r->s - value->s);
	skip_space(r);
	return 0;
}

static int is_name(struct tr_view v, const char *name)
{
	return v.len == strlen(name) && strncasecmp(v.s, name, v.len) == 0;
}

/* *(SEMI via-params), and the end of this Via. */
static int read_params(struct rest *r, struct tr_sentby *via)
{
	struct tr_view name, value;

	while(is_at(r, ';')) {
		r->s++;
		skip_space(r);
		name = read_run(r, "-.!%*_+`'~");
		if(name.len == 0 || read_value(r, &value) != 0) {
			return -1;
		}
		if(is_name(name, "alias")) {
			via->alias = 1;
		} else if(is_name(name, "branch")) {
			if(via->branch.s != NULL) {
				return -1;
			}
			via->branch = value;
		}
	}
	return r->s == r->end || is_at(r, ',') ? 0 : -1;
}

/* Letters, digits, and "%+-.=_" */
static int is_usual(char c)
{
	static const uint64_t set[2] = {0x23ff682000000000, 0x07fffffe87fffffe};
	unsigned char u = (unsigned char)c;

	return u < 128 && (set[u / 64] >> u % 64 & 1) != 0;
}

/* A parameter, behind its semicolon, and up to what is none of the usual
 * characters. */
static int read_plain_param(struct rest *r, struct tr_sentby *via)
{
	const char *begin = r->s;
	size_t len;

	while(r->s < r->end && is_usual(*r->s)) {
		r->s++;
	}
	len = (size_t)(r->s - begin);
	if(len == 0 || *begin == '=') {
		return -1;
	}
	if(len > 6 && memcmp(begin, "branch=", 7) == 0) {
		if(via->branch.s != NULL) {
			return -1;
		}
		via->branch.s = begin + 7;
		via->branch.len = len - 7;
		return 0;
	}
	/* alias, or branch in other letters */
	return (*begin | 0x20) == 'a' || (*begin | 0x20) == 'b' ? -1 : 0;
}

/* What the core writes, at one go: most of what this costs otherwise is to
 * fetch the code for all that it could be. 0, or -1: look closely.
 *
 *   Via: SIP/2.0/TLS host[:port]*(;param)CRLF
 *
 * first in the message, not folded, no blanks, quotes or other values. */
static int read_plain(struct tr_view msg, struct tr_sentby *via)
{
	static const char head[] = "Via: SIP/2.0/TLS ";
	const char *end = msg.s + msg.len, *s = memchr(msg.s, '\n', msg.len);
	struct rest r = {s, end};

	if(s == NULL || (size_t)(end - s) < sizeof(head)
			|| memcmp(s + 1, head, sizeof(head) - 1) != 0) {
		return -1;
	}
	r.s = s + sizeof(head);
	if(read_host(&r, &via->host) != 0) {
		return -1;
	}
	via->whole = via->host;
	if(is_at(&r, ':')) {
		r.s++;
		if(read_port(&r, &via->port) != 0) {
			return -1;
		}
		via->whole.len = (size_t)(r.s - via->whole.s);
	}
	while(is_at(&r, ';')) {
		r.s++;
		if(read_plain_param(&r, via) != 0) {
			return -1;
		}
	}
	/* a line that begins with a blank goes on with this one */
	return r.end - r.s > 2 && r.s[0] == '\r' && r.s[1] == '\n' && r.s[2] != ' '
						   && r.s[2] != '\t'
				   ? 0
				   : -1;
}

/* All that it could be. */
static int read_any(struct tr_view msg, struct tr_sentby *via)
{
	struct tr_header h;
	struct rest r;

	tr_header_start(msg, &h);
	do {
		if(tr_header_next(msg, &h) != 0) {
			return -1;
		}
	} while(!tr_header_is(&h, "via", 'v'));
	r.s = h.value.s;
	r.end = h.value.s + h.value.len;
	if(read_protocol(&r) != 0 || read_sentby(&r, via) != 0) {
		return -1;
	}
	return read_params(&r, via);
}

int tr_sentby_read(struct tr_view msg, struct tr_sentby *via)
{
	memset(via, 0, sizeof(*via));
	if(msg.len > 0 && read_plain(msg, via) == 0) {
		return 0;
	}
	memset(via, 0, sizeof(*via));
	return read_any(msg, via);
}

size_t tr_sentby_size(
		struct tr_view msg, const struct tr_sentby *via, struct tr_view sentby)
{
	return msg.len - via->whole.len + sentby.len
		   + (via->alias ? 0 : sizeof(ALIAS) - 1);
}

void tr_sentby_write(struct tr_view msg, const struct tr_sentby *via,
		struct tr_view sentby, char *out)
{
	size_t before = (size_t)(via->whole.s - msg.s);
	size_t behind = before + via->whole.len;

	memcpy(out, msg.s, before);
	out += before;
	memcpy(out, sentby.s, sentby.len);
	out += sentby.len;
	if(!via->alias) {
		memcpy(out, ALIAS, sizeof(ALIAS) - 1);
		out += sizeof(ALIAS) - 1;
	}
	memcpy(out, msg.s + behind, msg.len - behind);
}
