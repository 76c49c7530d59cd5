/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a request's sender told when its connection came to nothing? A 503
 * as if from the peer (RFC 3261 s16.7, s18.4): to a stateless proxy one more
 * response to pass on, to tm the end of a branch.
 *
 *   SIP/2.0 503 Connection Failed
 *   Via: ...             all of them, as they were (s8.2.6.2)
 *   From: ...
 *   To: ...;tag=tr503-0123456789abcdef
 *   Call-ID: ...
 *   CSeq: ...
 *   Warning: 399 edge.example.com "the TCP connection did not come up"
 *   Content-Length: 0
 *
 * The tag is derived from the branch: the same for a retransmission, as if a
 * transaction had made it, and for the ACK, by which that is known again. */
#ifndef TR_503_H
#define TR_503_H

#include "tr_view.h"

struct tr_503 {
	struct tr_view phrase; /* the reason phrase; a few words */
	struct tr_view host;   /* who warns: a host, or a name instead of one */
	struct tr_view why;    /* the same in more words */
};

/* Which part of a request is to be kept for a 503: its head up to the empty
 * line, which is left out. Empty, if none is to be made for it: it is no
 * request; it is an ACK (RFC 3261 s17); or it is a CANCEL that this server
 * made itself, which has one Via and no token in it (tr_via.h). */
struct tr_view tr_503_head(struct tr_view request);

/* Writes the 503 for a request, or for its head, to out, and its length to
 * *len. 0, or -1, and nothing is written: tr_503_head() would be empty, a
 * header is missing, the head is not clean (tr_header.h), or it does not fit
 * into cap. */
int tr_503_make(const struct tr_503 *what, struct tr_view request, char *out,
		size_t cap, size_t *len);

/* 1: this is the ACK to a 503 from here (RFC 3261 s17.1.1.3: it has its To).
 * It is for us, and nobody behind us. One for a request within a dialog is not
 * known again, as that had the dialog's tag. */
int tr_503_is_acked_by(struct tr_view request);

#endif
