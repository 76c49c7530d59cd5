/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does the topmost Via of a message say that its sender is? And how is
 * the same message written with another sent-by there, and an offer to reuse
 * the connection:
 *
 *   Via: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1
 *   Via: SIP/2.0/TLS one.example:5061;alias;branch=z9hG4bK1
 *
 * (RFC 5923 s7-1). Only of a Via for TLS: s5 knows no other aliases. */
#ifndef TR_SENTBY_H
#define TR_SENTBY_H

#include "tr_view.h"

/* The longest sent-by: a name, a colon and a port. */
#define TR_SENTBY_MAX (253 + 6)

/* How much longer than its input a message can become. */
#define TR_SENTBY_ROOM (TR_SENTBY_MAX + 6)

/* Views into the message. */
struct tr_sentby {
	struct tr_view whole;  /* host and port, as they stand */
	struct tr_view host;   /* an IPv6 address with its brackets */
	struct tr_view branch; /* its value; empty: there is none */
	unsigned port;         /* 0: there is none */
	int alias;             /* 1: it asks for an alias already */
};

/* Reads the first value of the first Via header, wherever that stands and
 * however it is written (RFC 3261 s7.3.1: folded, compact, with others behind a
 * comma). 0, or -1: there is none, it is not for TLS, it is malformed, or has
 * two branches. */
int tr_sentby_read(struct tr_view msg, struct tr_sentby *via);

/* Octets that msg, in which via was read, will have with another sent-by, and
 * with the parameter alias unless that is there. */
size_t tr_sentby_size(
		struct tr_view msg, const struct tr_sentby *via, struct tr_view sentby);

/* Writes that to out, which has room for just so many octets and does not
 * overlap msg. */
void tr_sentby_write(struct tr_view msg, const struct tr_sentby *via,
		struct tr_view sentby, char *out);

#endif
