/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_line answers: what is the next line of this SDP, and may it pass?
 *
 * Lines end in CRLF, LF or a bare CR, the last one perhaps in nothing.
 * All views point into the input.
 */
#ifndef SP_LINE_H
#define SP_LINE_H

#include "sp_text.h"

#define SP_BODY_MAX 65535u /* octets of one SDP */
#define SP_LINE_MAX 4096u  /* octets of one line */
#define SP_PASS_MAX 32     /* attributes that a policy can let pass */

enum sp_line_kind {
	SP_LINE_JUNK = 0, /* not <letter>=, or a letter we do not pass on */
	SP_LINE_PASS,     /* goes on as it is */
	SP_LINE_MEDIA,    /* m= */
	SP_LINE_CRYPTO,   /* a=crypto: exactly so; value is what follows */
	SP_LINE_KEY,      /* anything else that holds, or may hold, a key */
	SP_LINE_DTLS,     /* DTLS-SRTP and ZRTP set-up, which end at the edge */
	SP_LINE_UNKNOWN,  /* an attribute that is not on the list */
	SP_LINE_BAD       /* a key word inside v=, o=, c=, t=, b= or m= */
};

enum sp_walk_result {
	SP_WALK_END = 0,
	SP_WALK_LINE,
	SP_WALK_BIG = -1,    /* the body is longer than SP_BODY_MAX */
	SP_WALK_LONG = -2,   /* a line is longer than SP_LINE_MAX */
	SP_WALK_CONTROL = -3 /* NUL or another control character, not TAB */
};

struct sp_line {
	enum sp_line_kind kind;
	unsigned number;      /* from 1 */
	char type;            /* the letter, 0 for junk */
	struct sp_text whole; /* without the line end */
	struct sp_text value; /* behind "x=", behind "a=crypto:" for CRYPTO */
};

/* Attribute names that pass besides the built-in ones. */
struct sp_pass {
	char name[32];
};

struct sp_walk {
	struct sp_text rest;
	unsigned number;
	const struct sp_pass *pass;
	size_t n_pass;
};

/* Starts at the top of body; pass (n_pass rows) stays the caller's. */
void sp_walk_init(struct sp_walk *w, struct sp_text body,
		const struct sp_pass *pass, size_t n_pass);

/* The next line that is not empty. Below zero: stop, the SDP is refused;
 * l->number says where. */
enum sp_walk_result sp_walk_next(struct sp_walk *w, struct sp_line *l);

/* 1 when t holds a word that only key material brings along: "crypto",
 * "inline:", "key-mgmt", "mikey", in any case of letters. */
int sp_text_has_key_word(struct sp_text t);

#endif
