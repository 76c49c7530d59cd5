/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_body answers: is this message body an SDP, and if not, may it pass?
 * See sp_body.h.
 */
#include <string.h>

#include "sp_body.h"
#include "sp_line.h"

/* As many base64 characters behind "inline:" are a key, not prose. */
#define KEY_CHARS 32

static struct sp_body_verdict refuse(int code, const char *words)
{
	struct sp_body_verdict v = {SP_BODY_REFUSED, code, words, {"", 0}};
	return v;
}

/* The media type without parameters and blanks around it. */
static struct sp_text media_type(struct sp_text t)
{
	size_t n = 0;

	while(t.len > 0
			&& (sp_is_wsp(t.s[0]) || t.s[0] == '\r' || t.s[0] == '\n')) {
		t.s++;
		t.len--;
	}
	while(n < t.len && t.s[n] != ';' && !sp_is_wsp(t.s[n]) && t.s[n] != '\r'
			&& t.s[n] != '\n')
		n++;
	t.len = n;
	return t;
}

static int is_base64(char c)
{
	char l = sp_lower(c);

	return (l >= 'a' && l <= 'z') || sp_is_digit(c) || c == '+' || c == '/';
}

/* 1 when "inline:" and a key's worth of base64 stand at t. */
static int starts_with_key(struct sp_text t)
{
	size_t n = 7;

	if(!sp_text_istarts(t, SP_TEXT("inline:")))
		return 0;
	while(n < t.len && is_base64(t.s[n]))
		n++;
	return n >= 7 + KEY_CHARS;
}

int sp_text_has_key(struct sp_text t)
{
	int line_start = 1;

	for(size_t i = 0; i < t.len; i++) {
		struct sp_text tail = {t.s + i, t.len - i};
		char c = sp_lower(t.s[i]);

		if(c == 'i' && starts_with_key(tail))
			return 1;
		if(c == 'a' && line_start
				&& (sp_text_istarts(tail, SP_TEXT("a=crypto"))
						|| sp_text_istarts(tail, SP_TEXT("a=key-mgmt"))))
			return 1;
		line_start = c == '\n' || c == '\r' || (line_start && sp_is_wsp(c));
	}
	return 0;
}

static int has_sdp_line(struct sp_text t)
{
	return sp_text_ihas(t, SP_TEXT("v=0")) || sp_text_ihas(t, SP_TEXT("m=a"))
		   || sp_text_ihas(t, SP_TEXT("application/sdp"))
		   || sp_text_ihas(t, SP_TEXT("RTP/"));
}

/* Cuts the body to its Content-Length. Only blanks may stand behind it: they
 * would travel on beside the SDP that was judged. */
static int cut(const struct sp_body_facts *f, struct sp_text *body)
{
	uint64_t length;

	*body = f->body;
	if(f->length.len == 0)
		return 0;
	if(sp_text_number(media_type(f->length), f->body.len, &length) < 0)
		return -1;
	body->len = (size_t)length;
	for(size_t i = body->len; i < f->body.len; i++) {
		if(f->body.s[i] != '\r' && f->body.s[i] != '\n'
				&& !sp_is_wsp(f->body.s[i]))
			return -1;
	}
	return 0;
}

static const char *other_fault(struct sp_text type, struct sp_text body)
{
	if(sp_text_istarts(type, SP_TEXT("multipart/"))
			|| sp_text_istarts(type, SP_TEXT("message/"))) {
		if(has_sdp_line(body) || sp_text_has_key_word(body))
			return "SDP inside a multipart or message body is not taken:"
				   " send application/sdp alone";
	}
	if(sp_text_has_key(body))
		return "a key outside of application/sdp is not taken: send"
			   " application/sdp";
	return NULL;
}

struct sp_body_verdict sp_body_judge(const struct sp_body_facts *f)
{
	struct sp_body_verdict v = {SP_BODY_NONE, 200, "no body", {"", 0}};
	struct sp_text type = media_type(f->type);

	if(cut(f, &v.body) < 0)
		return refuse(400, "Content-Length does not fit the body: correct it");
	if(v.body.len == 0)
		return v;
	if(f->encoding.len > 0
			&& !sp_text_ieq(media_type(f->encoding), SP_TEXT("identity")))
		return refuse(415, "an encoded body cannot be checked for keys: send"
						   " it without Content-Encoding");
	if(f->types > 1)
		return refuse(400, "two Content-Type headers: send one");
	if(type.len == 0)
		return refuse(400, "the body has no Content-Type: add one");
	if(sp_text_ieq(type, SP_TEXT("application/sdp"))) {
		v.kind = SP_BODY_SDP;
		v.words = "SDP";
		return v;
	}
	v.words = other_fault(type, v.body);
	if(v.words != NULL)
		return refuse(415, v.words);
	v.kind = SP_BODY_OTHER;
	v.words = "no SDP";
	return v;
}

/* The value behind "name:" at the front of a header line, or empty. */
static struct sp_text header(struct sp_text line, struct sp_text name)
{
	struct sp_text none = {line.s, 0};

	if(!sp_text_istarts(line, name))
		return none;
	line.s += name.len;
	line.len -= name.len;
	while(line.len > 0 && sp_is_wsp(line.s[0])) {
		line.s++;
		line.len--;
	}
	if(line.len == 0 || line.s[0] != ':')
		return none;
	line.s++;
	line.len--;
	return line;
}

static void note_header(struct sp_text line, struct sp_body_facts *f)
{
	/* Long and compact names, RFC 3261 s7.3.3. */
	static const struct sp_text names[][2] = {{{"Content-Type", 12}, {"c", 1}},
			{{"Content-Encoding", 16}, {"e", 1}},
			{{"Content-Length", 14}, {"l", 1}}};
	struct sp_text *fields[] = {&f->type, &f->encoding, &f->length};

	for(size_t i = 0; i < 3; i++) {
		struct sp_text value = header(line, names[i][0]);

		if(value.len == 0)
			value = header(line, names[i][1]);
		if(value.len == 0)
			continue;
		f->types += i == 0;
		*fields[i] = value;
	}
}

int sp_body_find(struct sp_text message, struct sp_body_facts *f,
		struct sp_text *headers)
{
	struct sp_text rest = message;

	memset(f, 0, sizeof(*f));
	while(rest.len > 0) {
		const char *end = memchr(rest.s, '\n', rest.len);
		struct sp_text line = {rest.s, 0};

		if(end == NULL)
			return -1;
		line.len = (size_t)(end - rest.s);
		rest.s = end + 1;
		rest.len -= line.len + 1;
		if(line.len > 0 && line.s[line.len - 1] == '\r')
			line.len--;
		if(line.len == 0) {
			f->body = rest;
			headers->s = message.s;
			headers->len = (size_t)(rest.s - message.s);
			return 0;
		}
		note_header(line, f);
	}
	return -1;
}
