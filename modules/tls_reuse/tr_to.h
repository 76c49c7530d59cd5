/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For which domain does this request leave from here on? */
#ifndef TR_TO_H
#define TR_TO_H

#include "tr_mark.h"

#include "../../core/parser/msg_parser.h"

enum tr_to {
	TR_TO_ERROR = 0, /* no memory, a reply, or a malformed request */
	TR_TO_NO_NAME,   /* one of the domains is no host name */
	TR_TO_OK
};

/* Makes the key that marks are signed with. In mod_init. 0 or -1. */
int tr_to_init(void);
void tr_to_destroy(void);

/* Sends msg to domain from here on, on behalf of local (NULL: nobody in
 * particular), once it is forwarded: the destination URI is set if there is
 * none, and marked. */
enum tr_to tr_to(struct sip_msg *msg, const str *domain, const str *local);

/* Where tr_to() sent msg, by its destination URI. With TR_MARK_OK, *pair is
 * filled. */
enum tr_mark tr_to_of(struct sip_msg *msg, struct tr_domains *pair);

#endif
