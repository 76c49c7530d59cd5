/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which secrets does a key file hold?
 *
 *   # the first makes tokens, all are accepted
 *   5f0c...
 *   91ab...
 *
 * One a line; blank lines, and lines that begin with "#", do not count, nor
 * do blanks at a line's end. */
#ifndef TR_KEYS_H
#define TR_KEYS_H

#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* How many secrets there may be: the one in use, the next, and two that rest
 * until what was made with them has ended. */
#define TR_KEYS_MAX 4

/* Octets that each must have. */
#define TR_KEYS_SECRET_MIN 16

/* Views into the text that they were read from. n is 0 when there are none. */
struct tr_secrets {
	unsigned n;
	struct tr_view secret[TR_KEYS_MAX]; /* the first is the one in use */
	uint16_t id[TR_KEYS_MAX];           /* of each; no two are the same */
};

enum tr_keys {
	TR_KEYS_NONE = 0, /* there is no line with a key */
	TR_KEYS_SHORT,    /* a key is under TR_KEYS_SECRET_MIN octets */
	TR_KEYS_CONTROL,  /* a control character: no text file */
	TR_KEYS_TWICE,    /* the same key as in an earlier line */
	TR_KEYS_SAME_ID,  /* another key, but of the same number */
	TR_KEYS_MANY,     /* more than TR_KEYS_MAX */
	TR_KEYS_OK
};

/* Reads a whole file. With anything but TR_KEYS_OK, *out has none, and *line
 * is the number of the line at fault, from 1 on; 0 with TR_KEYS_NONE. */
enum tr_keys tr_keys_read(
		struct tr_view text, struct tr_secrets *out, unsigned *line);

/* Takes all of text as the only secret. TR_KEYS_OK or TR_KEYS_SHORT. */
enum tr_keys tr_keys_single(struct tr_view text, struct tr_secrets *out);

/* The first two octets of HMAC(secret, "tls-edge key id"): what a token shows
 * of its key, and an operator may see. */
uint16_t tr_keys_id(struct tr_view secret);

/* What is wrong, in words to which a line number may be put in front. */
const char *tr_keys_words(enum tr_keys result);

#endif
