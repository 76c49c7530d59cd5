/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom does the token in this Request-URI stand for? */
#ifndef TR_FOLLOW_H
#define TR_FOLLOW_H

#include "../../core/parser/msg_parser.h"

enum tr_followed {
	TR_FOLLOW_ERROR = 0, /* out of memory; nothing was changed */
	TR_FOLLOW_NO_TOKEN,
	TR_FOLLOW_GONE,
	TR_FOLLOW_FORGED,
	TR_FOLLOW_WRONG_SIDE,
	TR_FOLLOW_OK
};

/* Restores the URI that the token in msg's Request-URI stands for, and aims
 * msg at the phone's connection when it is a phone's (RFC 5626 s5.3-1,
 * s5.3.1-2). A phone at another edge:
 * aims msg at that edge, which follows the token itself; the URI stays. */
enum tr_followed tr_follow(struct sip_msg *msg);

/* In onsend_route: holds a request to the connection that it was aimed at, a
 * response to the one that its request came on.
 * TR_FOLLOW_OK: done. TR_FOLLOW_NO_TOKEN: nothing to do. TR_FOLLOW_GONE: the
 * connection has closed meanwhile; the core will fail to send. */
enum tr_followed tr_follow_onsend(struct sip_msg *msg);

#endif
