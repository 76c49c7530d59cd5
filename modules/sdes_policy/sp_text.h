/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_text answers: what does this stretch of octets say?
 *
 * A view: pointer and length into somebody else's memory, never freed here,
 * never zero terminated. Everything read from the wire is one of these.
 */
#ifndef SP_TEXT_H
#define SP_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct sp_text {
	const char *s;
	size_t len;
};

/* A buffer that is filled from the left and remembers that it overflowed.
 * The caller owns p[0..size); it is kept zero terminated when size > 0. */
struct sp_buf {
	char *p;
	size_t size;
	size_t len;
	int full;
};

#define SP_TEXT(lit) ((struct sp_text){(lit), sizeof(lit) - 1})

/* A view of a zero-terminated string of our own (never wire data). */
struct sp_text sp_text_of(const char *zero_terminated);

int sp_is_digit(char c);
int sp_is_wsp(char c);
char sp_lower(char c);

int sp_text_eq(struct sp_text a, struct sp_text b);
/* ASCII letters compare without case. */
int sp_text_ieq(struct sp_text a, struct sp_text b);
int sp_text_istarts(struct sp_text t, struct sp_text prefix);
/* 1 when needle occurs anywhere in t, ASCII letters without case. */
int sp_text_ihas(struct sp_text t, struct sp_text needle);
/* 1 when t equals pattern, where a final '*' stands for anything. */
int sp_text_imatch(struct sp_text t, struct sp_text pattern);

/* Takes the next word (up to SP or TAB) off the front of *t and the blanks
 * behind it; the word is empty at the end or when *t starts with a blank. */
struct sp_text sp_text_word(struct sp_text *t);

/* Reads all of t as a decimal number of at most max without leading zeros
 * ("0" itself is fine). Returns 0, or -1 when t is anything else. */
int sp_text_number(struct sp_text t, uint64_t max, uint64_t *out);

void sp_buf_init(struct sp_buf *b, char *p, size_t size);
void sp_buf_text(struct sp_buf *b, struct sp_text t);
void sp_buf_str(struct sp_buf *b, const char *zero_terminated);
void sp_buf_number(struct sp_buf *b, uint64_t n);

#endif
