/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the sender of a lost request hear of it? With a 503 (tr_503.h) that
 * the core is given as if the peer had sent it. */
#ifndef TR_ANSWER_H
#define TR_ANSWER_H

#include "tr_conn.h"
#include "tr_view.h"

/* Answers a request that was sent to peer on connection conid. why: what became
 * of that, as text; NULL: it just closed. In a process that runs the script. */
void tr_answer(int conid, const struct tr_peer *peer, struct tr_view request,
		const char *why);

#endif
