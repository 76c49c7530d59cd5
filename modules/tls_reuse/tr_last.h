/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was decided last about this message? For $tls_reuse(x); each process
 * remembers one message. */
#ifndef TR_LAST_H
#define TR_LAST_H

#include "tr_registration.h"
#include "tr_target.h"

#include "../../core/parser/msg_parser.h"

struct tr_last {
	int conid;      /* of the flow that was followed, or 0 */
	int registered; /* ... as this registration */
	uint8_t registration[TR_REGISTRATION_LEN];
	const char *side;       /* whom the token that was followed stands for:
							   "phones", "pbx", "edge", or NULL */
	const char *reason;     /* words of the last verdict; never NULL */
	struct tr_domains pair; /* of the branch that onsend_route sees; without
							   a domain: it goes to none */
	int reused;             /* ... on a connection that was there */
	const char *alias;      /* why a request did or did not reuse, or became
							   an alias; NULL: that was not asked */
};

/* registration: NULL, or the one that led to the flow. side, reason: constants.
 */
void tr_last_set(const struct sip_msg *msg, int conid,
		const uint8_t *registration, const char *side, const char *reason);

/* Changes the words alone: the flow that was followed stays. */
void tr_last_say(const struct sip_msg *msg, const char *reason);

/* What onsend_route sees goes to pair; NULL: to no domain. reason NULL: the
 * words stay. */
void tr_last_sent(const struct sip_msg *msg, const struct tr_domains *pair,
		int reused, const char *reason);

/* Why msg did, or did not, become an alias or reuse one. words: a constant. */
void tr_last_alias(const struct sip_msg *msg, const char *words);

/* NULL: nothing was decided about msg in this process. */
const struct tr_last *tr_last_get(const struct sip_msg *msg);

#endif
