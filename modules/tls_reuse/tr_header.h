/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does each header of a SIP message begin and end, and what is its
 * value? Reads the message as the core does: lines end in LF, a line that
 * begins with a blank continues the one before it (RFC 3261 s7.3.1), and the
 * first line that begins with CR or LF ends the headers.
 *
 *     struct tr_header h;
 *
 *     tr_header_start(msg, &h);
 *     while(tr_header_next(msg, &h) == 0) ...
 *
 * The core's own parsers do not always agree with that, nor with each other:
 * some end a value at a CR, whatever follows. tr_header_is_clean() tells of
 * messages in which it could make a difference; no others are to be read. */
#ifndef TR_HEADER_H
#define TR_HEADER_H

#include "tr_view.h"

#include <stddef.h>

/* One header with its continuation lines; its views lie in the message. */
struct tr_header {
	size_t begin;
	size_t end; /* behind its last line end; the next header begins here */
	struct tr_view name;  /* empty: there is no colon */
	struct tr_view value; /* without the blanks and line ends around it */
};

/* Judges the first line and the headers, up to the empty line, or to the end
 * when there is none; not the body. msg begins with its first line.
 * 1: all lines end in CRLF, and within them is no control character but HT
 * (RFC 3261 s7, s25.1). 0: there is one, or a CR or an LF alone. */
int tr_header_is_clean(struct tr_view msg);

/* 1: the first line names SIP 2.0, as those of all requests and replies do;
 * that of a keep-alive or of another protocol does not. */
int tr_header_is_sip(struct tr_view msg);

/* Makes *h end where the message's first header begins. */
void tr_header_start(struct tr_view msg, struct tr_header *h);

/* Reads the header that begins at h->end. Returns 0, or -1 behind the last
 * one: then h->begin is where the headers end. */
int tr_header_next(struct tr_view msg, struct tr_header *h);

/* 1: this is the header of that name, written in small letters, or of its
 * compact form, 0 if it has none. RFC 3261 s7.3.1: in any case of letters. */
int tr_header_is(const struct tr_header *h, const char *name, char compact);

#endif
