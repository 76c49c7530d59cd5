/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection does a request for a domain leave? RFC 5923 s8.1-6: on one
 * that is open to the resolved address for this very domain, else on a new
 * one, and never on one that merely leads to the same address. */
#ifndef TR_SEND_H
#define TR_SEND_H

#include "tr_conn.h"

#include "../../core/parser/msg_parser.h"

enum tr_send {
	TR_SEND_CLEAR = 0, /* the transport is not TLS */
	TR_SEND_FORGED,    /* marked by somebody else */
	TR_SEND_NOT_MEANT, /* not for a domain: none of our business */
	TR_SEND_OK
};

/* The tag (tr_conn.h) of a request that tr_to() marked and that nobody has
 * looked at since: it is not sent. */
#define TR_SEND_UNSETTLED 0x800u

/* Looks at all that is sent from now on. In mod_init, after tr_conn_init().
 * 0 or -1. */
int tr_send_init(void);

/* In onsend_route: chooses the connection of a request. What is refused is
 * not sent, whatever the script does then. */
enum tr_send tr_send(struct sip_msg *msg);

/* For tr_conn_init(): a connection was opened by this process. */
void tr_send_opened(int conid, const struct tr_alias_key *address);

#endif
