/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_body answers: is this message body an SDP, and if not, may it pass?
 */
#ifndef SP_BODY_H
#define SP_BODY_H

#include "sp_text.h"

enum sp_body_kind {
	SP_BODY_REFUSED = 0,
	SP_BODY_NONE,
	SP_BODY_SDP,
	SP_BODY_OTHER /* no SDP and no key in it */
};

struct sp_body_facts {
	unsigned types;          /* how many Content-Type headers */
	struct sp_text type;     /* the last of them */
	struct sp_text encoding; /* Content-Encoding, empty when missing */
	struct sp_text length;   /* Content-Length, empty when missing */
	struct sp_text body;     /* everything behind the headers */
};

struct sp_body_verdict {
	enum sp_body_kind kind;
	int code;            /* the SIP answer when refused */
	const char *words;   /* why, and what to do; static text */
	struct sp_text body; /* as long as Content-Length says */
};

struct sp_body_verdict sp_body_judge(const struct sp_body_facts *f);

/* Finds headers and body in a whole SIP message. Returns 0, or -1 when it has
 * no end of headers. *headers is everything before the body. */
int sp_body_find(struct sp_text message, struct sp_body_facts *f,
		struct sp_text *headers);

/* 1 when some line of t reads like a key line of an SDP, or a key stands
 * anywhere in it. Prose about cryptography is none. */
int sp_text_has_key(struct sp_text t);

#endif
