/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which URIs does a Contact header name, and where in it? See the header.
 *
 * What lies outside the URIs passes through unchanged, so the walk is strict
 * about borders (brackets, quotes, separators) and about the URIs, and leaves
 * what a parameter means to its reader. */
#include "tr_contact.h"

#include <string.h>

struct walk {
	const char *s;
	size_t len;
	size_t at;
};

static int is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3261 s25.1: token. */
static int is_token(char c)
{
	return is_alpha(c) || is_digit(c)
		   || (c != '\0' && strchr("-.!%*_+`'~", c) != NULL);
}

/* What may stand unquoted in a URI or in a parameter's value. */
static int is_text(char c)
{
	return c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

static int peek(const struct walk *w)
{
	return w->at < w->len ? (unsigned char)w->s[w->at] : -1;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int equals_nocase(struct tr_view v, const char *word, size_t len)
{
	size_t i;

	if(v.len != len) {
		return 0;
	}
	for(i = 0; i < len; i++) {
		if(lower(v.s[i]) != word[i]) {
			return 0;
		}
	}
	return 1;
}

/* RFC 3261 s25.1: LWS, which may fold a line: CRLF and then white space. */
static void skip_lws(struct walk *w)
{
	while(w->at < w->len) {
		char c = w->s[w->at];

		if(c == ' ' || c == '\t') {
			w->at++;
		} else if(c == '\r' && w->at + 2 < w->len && w->s[w->at + 1] == '\n'
				  && (w->s[w->at + 2] == ' ' || w->s[w->at + 2] == '\t')) {
			w->at += 3;
		} else {
			return;
		}
	}
}

/* At a double quote: steps behind the closing one. */
static int skip_quoted(struct walk *w)
{
	size_t open = w->at++;

	while(w->at < w->len) {
		char c = w->s[w->at];

		if(c == '"') {
			w->at++;
			return 0;
		}
		if(c == '\\' && w->at + 1 < w->len) {
			w->at++;
			c = w->s[w->at];
		}
		if(c == '\r' || c == '\n' || c == '\0') {
			size_t before = w->at;

			skip_lws(w);
			if(w->at == before) {
				return TR_CONTACT_MALFORMED;
			}
			continue;
		}
		w->at++;
	}
	w->at = open;
	return TR_CONTACT_MALFORMED;
}

/* userinfo@ of a SIP URI that begins behind its scheme, at from. Returns
 * the offset of the host, or -1. */
static int split_user(struct tr_view uri, size_t from, struct tr_view *user)
{
	const char *sign = memchr(uri.s + from, '@', uri.len - from);
	const char *colon;

	user->s = uri.s + from;
	user->len = 0;
	if(sign == NULL) {
		return (int)from;
	}
	user->len = (size_t)(sign - user->s);
	if((colon = memchr(user->s, ':', user->len)) != NULL) {
		user->len = (size_t)(colon - user->s);
	}
	return user->len > 0 ? (int)(sign + 1 - uri.s) : -1;
}

/* RFC 3261 s25.1: SIP-URI up to its host. The rest is the core's to judge. */
static int check_sip(struct tr_view uri, size_t colon, struct tr_view *user)
{
	int host = split_user(uri, colon + 1, user);
	size_t i;
	int second_at = 0;

	if(host < 0 || (size_t)host >= uri.len) {
		return -1;
	}
	if(!is_alpha(uri.s[host]) && !is_digit(uri.s[host]) && uri.s[host] != '[') {
		return -1;
	}
	for(i = (size_t)host; i < uri.len; i++) {
		second_at |= uri.s[i] == '@';
	}
	return second_at ? -1 : 0;
}

/* Judges the URI that lies in the walk from begin to end. */
static int read_uri(
		struct walk *w, size_t begin, size_t end, struct tr_contact *c)
{
	struct tr_view name;
	size_t i = begin;

	while(i < end
			&& (is_alpha(w->s[i])
					|| (i > begin
							&& (is_digit(w->s[i]) || w->s[i] == '+'
									|| w->s[i] == '-' || w->s[i] == '.')))) {
		i++;
	}
	w->at = begin;
	if(i == begin || i >= end || w->s[i] != ':') {
		return TR_CONTACT_MALFORMED;
	}
	name = (struct tr_view){w->s + begin, i - begin};
	c->uri = (struct tr_view){w->s + begin, end - begin};
	if(!equals_nocase(name, "sip", 3) && !equals_nocase(name, "sips", 4)) {
		return TR_CONTACT_NOT_SIP;
	}
	/* RFC 3261 s19.1.1: headers have no place in a Request-URI, which is
	 * what this URI becomes. */
	if(memchr(c->uri.s, '?', c->uri.len) != NULL
			|| check_sip(c->uri, i - begin, &c->user) != 0) {
		return TR_CONTACT_MALFORMED;
	}
	w->at = end;
	return 0;
}

/* name-addr, from "<" on. */
static int read_bracketed(struct walk *w, struct tr_contact *c)
{
	size_t begin = ++w->at;
	int rc;

	while(w->at < w->len && is_text(w->s[w->at])) {
		w->at++;
	}
	if(peek(w) != '>') {
		return TR_CONTACT_MALFORMED;
	}
	if((rc = read_uri(w, begin, w->at, c)) != 0) {
		return rc;
	}
	w->at++;
	c->bracketed = 1;
	return 0;
}

/* addr-spec: RFC 3261 s20.10: without brackets what follows a comma or a
 * semicolon is no longer the URI's, and a question mark is not allowed. */
static int read_bare(struct walk *w, size_t begin, struct tr_contact *c)
{
	w->at = begin;
	while(w->at < w->len && is_text(w->s[w->at]) && w->s[w->at] != ','
			&& w->s[w->at] != ';') {
		w->at++;
	}
	c->bracketed = 0;
	return read_uri(w, begin, w->at, c);
}

static int read_address(struct walk *w, struct tr_contact *c)
{
	size_t begin = w->at;
	int rc;

	if(peek(w) == '"') {
		if((rc = skip_quoted(w)) != 0) {
			return rc;
		}
		skip_lws(w);
		return peek(w) == '<' ? read_bracketed(w, c) : TR_CONTACT_MALFORMED;
	}
	/* display-name = *(token LWS): nothing but tokens before a "<" */
	while(w->at < w->len && is_token(w->s[w->at])) {
		while(w->at < w->len && is_token(w->s[w->at])) {
			w->at++;
		}
		skip_lws(w);
	}
	if(peek(w) == '<') {
		return read_bracketed(w, c);
	}
	return read_bare(w, begin, c);
}

/* delta-seconds; anything else is as if it were not there: RFC 3261 s20.19
 * has the registrar take its default then. */
static void read_expires(struct tr_view value, struct tr_contact *c)
{
	uint64_t seconds = 0;
	size_t i;

	for(i = 0; i < value.len; i++) {
		if(!is_digit(value.s[i])) {
			return;
		}
		seconds = seconds * 10 + (uint64_t)(value.s[i] - '0');
		/* RFC 3261 s20.19: at most 2**32-1 */
		if(seconds > UINT32_MAX) {
			seconds = UINT32_MAX;
		}
	}
	c->has_expires = value.len > 0;
	c->expires = (uint32_t)seconds;
}

/* 1: the other side may read a parameter of this name. */
static int may_pass(struct tr_view name)
{
	return name.s[0] == '+' || equals_nocase(name, "expires", 7)
		   || equals_nocase(name, "q", 1) || equals_nocase(name, "reg-id", 6)
		   || equals_nocase(name, "methods", 7);
}

static void note_param(
		struct tr_contact *c, struct tr_view name, struct tr_view whole)
{
	if(may_pass(name) && c->kept < TR_CONTACT_KEEP_MAX) {
		c->keep[c->kept++] = whole;
	} else {
		c->all_kept = 0;
	}
}

/* "=" and what follows, or nothing. */
static int read_value(struct walk *w, struct tr_view name, struct tr_contact *c)
{
	struct tr_view value;
	size_t before = w->at;

	skip_lws(w);
	if(peek(w) != '=') {
		w->at = before;
		return 0;
	}
	w->at++;
	skip_lws(w);
	if(peek(w) == '"') {
		return skip_quoted(w);
	}
	value.s = w->s + w->at;
	while(w->at < w->len && is_text(w->s[w->at]) && w->s[w->at] != ','
			&& w->s[w->at] != ';') {
		w->at++;
	}
	value.len = (size_t)(w->s + w->at - value.s);
	if(equals_nocase(name, "expires", 7)) {
		read_expires(value, c);
	}
	return value.len > 0 ? 0 : TR_CONTACT_MALFORMED;
}

/* generic-param, from its ";" on. */
static int read_param(struct walk *w, struct tr_contact *c)
{
	struct tr_view name;
	size_t begin = w->at++;
	int rc;

	skip_lws(w);
	name.s = w->s + w->at;
	while(w->at < w->len && is_token(w->s[w->at])) {
		w->at++;
	}
	name.len = (size_t)(w->s + w->at - name.s);
	if(name.len == 0) {
		return TR_CONTACT_MALFORMED;
	}
	rc = read_value(w, name, c);
	if(rc == 0) {
		note_param(c, name, (struct tr_view){w->s + begin, w->at - begin});
	}
	return rc;
}

static int read_contact(struct walk *w, struct tr_contact *c)
{
	size_t begin;
	int rc;

	memset(c, 0, sizeof(*c));
	c->all_kept = 1;
	if((rc = read_address(w, c)) != 0) {
		return rc;
	}
	begin = w->at;
	skip_lws(w);
	while(peek(w) == ';') {
		if(c->params.len == 0) {
			begin = w->at;
		}
		if((rc = read_param(w, c)) != 0) {
			return rc;
		}
		c->params = (struct tr_view){w->s + begin, w->at - begin};
		skip_lws(w);
	}
	return 0;
}

int tr_contact_walk(struct tr_view body, struct tr_contacts *out, size_t *at)
{
	struct walk w = {body.s, body.len, 0};
	int rc = 0;

	skip_lws(&w);
	if(peek(&w) == '*') {
		w.at++;
		skip_lws(&w);
		*at = w.at;
		/* RFC 3261 s10.2.2: "*" stands alone. */
		if(w.at < w.len || out->n > 0 || out->star) {
			return TR_CONTACT_MALFORMED;
		}
		out->star = 1;
		return 0;
	}
	do {
		skip_lws(&w);
		if(out->star) {
			rc = TR_CONTACT_MALFORMED;
		} else if(out->n == TR_CONTACTS_MAX) {
			rc = TR_CONTACT_TOO_MANY;
		} else if((rc = read_contact(&w, &out->c[out->n])) == 0) {
			out->n++;
		}
	} while(rc == 0 && peek(&w) == ',' && ++w.at);
	*at = w.at;
	if(rc == 0 && w.at < w.len) {
		rc = TR_CONTACT_MALFORMED;
	}
	return rc;
}

int tr_contact_is_plain(const struct tr_contact *c, struct tr_view address)
{
	const char *p = c->uri.s;

	return c->user.len > 0 && c->uri.len == 4 + c->user.len + 1 + address.len
		   && memcmp(p, "sip:", 4) == 0 && c->user.s == p + 4
		   && p[4 + c->user.len] == '@'
		   && memcmp(p + 4 + c->user.len + 1, address.s, address.len) == 0;
}
