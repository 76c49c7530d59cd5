/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May requests of ours travel on the connection that a peer opened? RFC 5923
 * s8.2, s9.2: if he asks for it in the topmost Via of a request, over TLS, and
 * has authenticated himself: then to the address that the request came from,
 * with the port of sent-by or 5061, for the domains of his certificate, and on
 * behalf of the domain of ours that he has met here (s9.3).
 *
 * The host in sent-by plays no part in it, whether his certificate has it or
 * not: it is what he says, and the address is where he is. */
#ifndef TR_ACCEPT_H
#define TR_ACCEPT_H

#include "../../core/parser/msg_parser.h"

enum tr_accept {
	TR_ACCEPT_ERROR = 0,      /* no request, or its Via is malformed */
	TR_ACCEPT_NOT_ASKED,      /* there is no ;alias */
	TR_ACCEPT_CLEAR,          /* not TLS: RFC 5923 s9.3-1, s9.3-2 */
	TR_ACCEPT_NO_CERTIFICATE, /* he showed none */
	TR_ACCEPT_NOT_VERIFIED,   /* ... or one that nobody vouches for */
	TR_ACCEPT_NO_IDENTITY,    /* ... or one that names no SIP domain */
	TR_ACCEPT_FULL,           /* there are rows enough for this address */
	TR_ACCEPT_CLOSING,        /* the connection is about to close */
	TR_ACCEPT_OURS,           /* we opened the connection: it has its row */
	TR_ACCEPT_OK
};

/* Whatever comes of it, the request goes on as any other: RFC 5923 s8.2-3,
 * s9.2-2. */
enum tr_accept tr_accept(struct sip_msg *msg);

#endif
