/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_line answers: what is the next line of this SDP, and may it pass?
 * See sp_line.h.
 *
 * The list of attributes names what may pass, not what may not: an attribute
 * nobody thought of cannot carry a key to the other side.
 */
#include <string.h>

#include "sp_line.h"

#define WORD(lit)                                                              \
	{                                                                          \
		lit, sizeof(lit) - 1                                                   \
	}

static const struct sp_text pass_names[] = {WORD("rtpmap"), WORD("fmtp"),
		WORD("sendrecv"), WORD("sendonly"), WORD("recvonly"), WORD("inactive"),
		WORD("ptime"), WORD("maxptime"), WORD("minptime"), WORD("rtcp"),
		WORD("rtcp-mux"), WORD("rtcp-fb"), WORD("rtcp-rsize"), WORD("rtcp-xr"),
		WORD("silenceSupp"), WORD("ssrc"), WORD("ssrc-group"), WORD("mid"),
		WORD("group"), WORD("msid"), WORD("msid-semantic"), WORD("label"),
		WORD("content"), WORD("extmap"), WORD("candidate"), WORD("ice-ufrag"),
		WORD("ice-pwd"), WORD("ice-options"), WORD("ice-lite"),
		WORD("ice-mismatch"), WORD("end-of-candidates"), WORD("framerate"),
		WORD("framesize"), WORD("quality"), WORD("imageattr"), WORD("orient"),
		WORD("lang"), WORD("sdplang"), WORD("charset"), WORD("tool"),
		WORD("type"), WORD("curr"), WORD("des"), WORD("conf"), WORD("maxprate"),
		WORD("direction"), WORD("T38FaxVersion"), WORD("T38MaxBitRate"),
		WORD("T38FaxFillBitRemoval"), WORD("T38FaxTranscodingMMR"),
		WORD("T38FaxTranscodingJBIG"), WORD("T38FaxRateManagement"),
		WORD("T38FaxMaxBuffer"), WORD("T38FaxMaxDatagram"), WORD("T38FaxUdpEC"),
		WORD("T38VendorInfo")};

static const struct sp_text dtls_names[] = {WORD("fingerprint"), WORD("setup"),
		WORD("tls-id"), WORD("connection"), WORD("zrtp-hash"),
		WORD("dtls-message")};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int sp_text_has_key_word(struct sp_text t)
{
	for(size_t i = 0; i < t.len; i++) {
		struct sp_text tail = {t.s + i, t.len - i}, word;

		switch(t.s[i]) {
			case 'c':
			case 'C':
				word = SP_TEXT("crypto");
				break;
			case 'i':
			case 'I':
				word = SP_TEXT("inline:");
				break;
			case 'k':
			case 'K':
				word = SP_TEXT("key-mgmt");
				break;
			case 'm':
			case 'M':
				word = SP_TEXT("mikey");
				break;
			default:
				continue;
		}
		if(tail.len >= word.len && sp_lower(tail.s[1]) == word.s[1]
				&& sp_text_istarts(tail, word))
			return 1;
	}
	return 0;
}

static int in_list(struct sp_text t, const struct sp_text *list, size_t n)
{
	if(t.len == 0)
		return 0;
	for(size_t i = 0; i < n; i++) {
		/* The first two are enough for nearly all of a long list. */
		if(list[i].len == t.len && list[i].s[0] == t.s[0]
				&& memcmp(list[i].s, t.s, t.len) == 0)
			return 1;
	}
	return 0;
}

static enum sp_line_kind kind_of_attribute(
		const struct sp_walk *w, struct sp_line *l)
{
	struct sp_text name = {l->value.s, 0};

	while(name.len < l->value.len && l->value.s[name.len] != ':')
		name.len++;
	if(sp_text_eq(name, SP_TEXT("crypto")) && name.len < l->value.len) {
		l->value.s += name.len + 1;
		l->value.len -= name.len + 1;
		return SP_LINE_CRYPTO;
	}
	if(sp_text_has_key_word(l->value))
		return SP_LINE_KEY;
	if(in_list(name, pass_names, COUNT(pass_names)))
		return SP_LINE_PASS;
	if(in_list(name, dtls_names, COUNT(dtls_names)))
		return SP_LINE_DTLS;
	for(size_t i = 0; i < w->n_pass; i++) {
		if(sp_text_eq(name, sp_text_of(w->pass[i].name)))
			return SP_LINE_PASS;
	}
	return SP_LINE_UNKNOWN;
}

static enum sp_line_kind kind_of(const struct sp_walk *w, struct sp_line *l)
{
	l->type = 0;
	l->value = l->whole;
	if(l->whole.len < 2 || l->whole.s[1] != '=')
		return sp_text_has_key_word(l->whole) ? SP_LINE_KEY : SP_LINE_JUNK;
	l->value.s += 2;
	l->value.len -= 2;
	l->type = l->whole.s[0];
	switch(l->type) {
		case 'a':
			return kind_of_attribute(w, l);
		case 'm':
			return sp_text_has_key_word(l->value) ? SP_LINE_BAD : SP_LINE_MEDIA;
		case 'v':
		case 'o':
		case 'c':
		case 't':
		case 'b':
			return sp_text_has_key_word(l->value) ? SP_LINE_BAD : SP_LINE_PASS;
		case 's':
			return SP_LINE_PASS;
		case 'k':
		case 'K':
			return SP_LINE_KEY;
		default:
			/* i, u, e, p, r, z say nothing that a call needs. */
			return sp_text_has_key_word(l->value) ? SP_LINE_KEY : SP_LINE_JUNK;
	}
}

void sp_walk_init(struct sp_walk *w, struct sp_text body,
		const struct sp_pass *pass, size_t n_pass)
{
	w->rest = body;
	w->number = 0;
	w->pass = pass;
	w->n_pass = n_pass;
}

/* Takes one line off the front. RFC 4566 s5: CRLF, and LF is accepted; a bare
 * CR ends a line too, because some readers take it for an end and some not. */
static enum sp_walk_result take(struct sp_walk *w, struct sp_text *line)
{
	size_t n = 0;

	line->s = w->rest.s;
	while(n < w->rest.len && w->rest.s[n] != '\n' && w->rest.s[n] != '\r') {
		unsigned char c = (unsigned char)w->rest.s[n];

		if((c < 0x20 && c != '\t') || c == 0x7f)
			return SP_WALK_CONTROL;
		n++;
	}
	if(n > SP_LINE_MAX)
		return SP_WALK_LONG;
	line->len = n;
	if(n < w->rest.len)
		n += w->rest.s[n] == '\r' && n + 1 < w->rest.len
							 && w->rest.s[n + 1] == '\n'
					 ? 2
					 : 1;
	w->rest.s += n;
	w->rest.len -= n;
	return SP_WALK_LINE;
}

enum sp_walk_result sp_walk_next(struct sp_walk *w, struct sp_line *l)
{
	enum sp_walk_result got;

	if(w->rest.len > SP_BODY_MAX)
		return SP_WALK_BIG;
	do {
		l->number = ++w->number;
		if(w->rest.len == 0)
			return SP_WALK_END;
		got = take(w, &l->whole);
		if(got != SP_WALK_LINE)
			return got;
	} while(l->whole.len == 0);
	l->kind = kind_of(w, l);
	return SP_WALK_LINE;
}
