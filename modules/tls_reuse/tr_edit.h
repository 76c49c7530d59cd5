/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a message come to carry other URIs than it arrived with? All
 * replacements are collected first and made together, or none is. */
#ifndef TR_EDIT_H
#define TR_EDIT_H

#include "tr_contact.h"

#include "../../core/parser/msg_parser.h"

struct tr_edit {
	int offset; /* in the message's buffer */
	int len;
	str text; /* private memory; the message's from tr_edits_apply() on;
				 NULL: nothing instead */
};

struct tr_edits {
	size_t n;
	struct tr_edit e[2 * TR_CONTACTS_MAX]; /* two for each Contact */
};

/* Plans to replace the view old, which lies in msg's buffer, by the pieces
 * put together, in angle brackets when wrap is set; without a piece, to
 * remove it. 0, or -1: no memory. */
int tr_edits_add(struct tr_edits *edits, const struct sip_msg *msg,
		struct tr_view old, int wrap, const struct tr_view *pieces,
		size_t count);

/* 1: an earlier call has replaced old in this message. */
int tr_edits_done(const struct sip_msg *msg, struct tr_view old);

/* Makes the replacements. 0, or -1: no memory, and the message must not be
 * sent. Either way nothing of *edits is left to free. */
int tr_edits_apply(struct tr_edits *edits, struct sip_msg *msg);

/* Forgets the plan. */
void tr_edits_free(struct tr_edits *edits);

#endif
