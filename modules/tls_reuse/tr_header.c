/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does each header of a SIP message begin and end? See the header. */
#include "tr_header.h"

#include "tr_word.h"

#include <string.h>
#include <strings.h>

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

/* Behind the next line feed at or after at, or the end. */
static size_t line_end(struct tr_view msg, size_t at)
{
	const char *lf =
			at < msg.len ? memchr(msg.s + at, '\n', msg.len - at) : NULL;

	return lf != NULL ? (size_t)(lf - msg.s) + 1 : msg.len;
}

/* The upper bit of each octet that is a control character, HT too. Behind the
 * first of them others may be told of that are none. */
static uint64_t controls(uint64_t word)
{
	uint64_t del = word ^ TR_WORD_OF(0x7f);

	return (((word - TR_WORD_OF(' ')) & ~word) | ((del - TR_WORD_OF(1)) & ~del))
		   & TR_WORD_OF(0x80);
}

/* The first control character at or after at, or the end. Every message that
 * arrives is looked at in this way: eight octets at a time. */
static size_t next_control(struct tr_view msg, size_t at)
{
	for(; msg.len - at >= TR_WORD_LEN; at += TR_WORD_LEN) {
		uint64_t found = controls(tr_word(msg.s + at));

		if(found != 0) {
			return at + (size_t)__builtin_ctzll(found) / 8;
		}
	}
	while(at < msg.len && (unsigned char)msg.s[at] >= ' '
			&& msg.s[at] != 0x7f) {
		at++;
	}
	return at;
}

int tr_header_is_clean(struct tr_view msg)
{
	size_t begin = 0, at;

	for(at = next_control(msg, 0); at < msg.len; at = next_control(msg, at)) {
		if(msg.s[at] == '\t') {
			at++;
			continue;
		}
		if(msg.s[at] != '\r' || at + 1 == msg.len || msg.s[at + 1] != '\n') {
			return 0;
		}
		if(at == begin) {
			break; /* the empty line: what follows is the body */
		}
		begin = at += 2;
	}
	return 1;
}

int tr_header_is_sip(struct tr_view msg)
{
	static const char version[] = "SIP/2.0";
	const size_t len = sizeof(version) - 1;
	const size_t end = line_end(msg, 0);
	size_t at;

	for(at = 0; at + len <= end; at++) {
		if(strncasecmp(msg.s + at, version, len) == 0) {
			return 1;
		}
	}
	return 0;
}

static void read_header(struct tr_view msg, struct tr_header *h)
{
	const char *s = msg.s + h->begin;
	size_t len = h->end - h->begin, name = 0, skip;

	while(name < len && s[name] != ':') {
		name++;
	}
	skip = name < len ? name + 1 : len;
	if(name == len) {
		name = 0;
	}
	while(name > 0 && is_blank(s[name - 1])) {
		name--;
	}
	while(len > skip && is_space(s[len - 1])) {
		len--;
	}
	while(skip < len && is_space(s[skip])) {
		skip++;
	}
	h->name.s = s;
	h->name.len = name;
	h->value.s = s + skip;
	h->value.len = len - skip;
}

void tr_header_start(struct tr_view msg, struct tr_header *h)
{
	h->end = line_end(msg, 0);
}

int tr_header_next(struct tr_view msg, struct tr_header *h)
{
	h->begin = h->end;
	if(h->begin >= msg.len || msg.s[h->begin] == '\r'
			|| msg.s[h->begin] == '\n') {
		return -1;
	}
	h->end = line_end(msg, h->begin);
	while(h->end < msg.len && is_blank(msg.s[h->end])) {
		h->end = line_end(msg, h->end);
	}
	read_header(msg, h);
	return 0;
}

int tr_header_is(const struct tr_header *h, const char *name, char compact)
{
	if(h->name.len == 1) {
		return compact != '\0' && (h->name.s[0] | 0x20) == compact;
	}
	return h->name.len == strlen(name)
		   && strncasecmp(h->name.s, name, h->name.len) == 0;
}
