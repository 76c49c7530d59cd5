/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_text answers: what does this stretch of octets say? See sp_text.h.
 */
#include <string.h>

#include "sp_text.h"

struct sp_text sp_text_of(const char *zero_terminated)
{
	struct sp_text t = {zero_terminated, strlen(zero_terminated)};
	return t;
}

int sp_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int sp_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

char sp_lower(char c)
{
	return (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
}

static int same_nocase(const char *a, const char *b, size_t n)
{
	for(size_t i = 0; i < n; i++) {
		if(sp_lower(a[i]) != sp_lower(b[i]))
			return 0;
	}
	return 1;
}

int sp_text_eq(struct sp_text a, struct sp_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

int sp_text_ieq(struct sp_text a, struct sp_text b)
{
	return a.len == b.len && same_nocase(a.s, b.s, a.len);
}

int sp_text_istarts(struct sp_text t, struct sp_text prefix)
{
	return t.len >= prefix.len && same_nocase(t.s, prefix.s, prefix.len);
}

int sp_text_ihas(struct sp_text t, struct sp_text needle)
{
	char first;

	if(needle.len == 0)
		return 1;
	first = sp_lower(needle.s[0]);
	for(size_t i = 0; i + needle.len <= t.len; i++) {
		if(sp_lower(t.s[i]) == first
				&& same_nocase(t.s + i, needle.s, needle.len))
			return 1;
	}
	return 0;
}

int sp_text_imatch(struct sp_text t, struct sp_text pattern)
{
	if(pattern.len > 0 && pattern.s[pattern.len - 1] == '*') {
		pattern.len--;
		return sp_text_istarts(t, pattern);
	}
	return sp_text_ieq(t, pattern);
}

struct sp_text sp_text_word(struct sp_text *t)
{
	struct sp_text word = {t->s, 0};

	while(word.len < t->len && !sp_is_wsp(t->s[word.len]))
		word.len++;
	t->s += word.len;
	t->len -= word.len;
	while(t->len > 0 && sp_is_wsp(t->s[0])) {
		t->s++;
		t->len--;
	}
	return word;
}

int sp_text_number(struct sp_text t, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if(t.len == 0 || (t.len > 1 && t.s[0] == '0'))
		return -1;
	for(size_t i = 0; i < t.len; i++) {
		uint64_t digit;

		if(!sp_is_digit(t.s[i]))
			return -1;
		digit = (uint64_t)(t.s[i] - '0');
		if(n > (max - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if(n > max)
		return -1;
	*out = n;
	return 0;
}

void sp_buf_init(struct sp_buf *b, char *p, size_t size)
{
	b->p = p;
	b->size = size;
	b->len = 0;
	b->full = 0;
	if(size > 0)
		p[0] = '\0';
}

void sp_buf_text(struct sp_buf *b, struct sp_text t)
{
	if(b->full || t.len >= b->size - b->len) { /* room for the final zero */
		b->full = 1;
		return;
	}
	if(t.len > 0)
		memcpy(b->p + b->len, t.s, t.len);
	b->len += t.len;
	b->p[b->len] = '\0';
}

void sp_buf_str(struct sp_buf *b, const char *zero_terminated)
{
	sp_buf_text(b, sp_text_of(zero_terminated));
}

void sp_buf_number(struct sp_buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	struct sp_text t;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while(n > 0);
	t.s = digits + at;
	t.len = sizeof(digits) - at;
	sp_buf_text(b, t);
}
