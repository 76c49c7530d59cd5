/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is the core given a message as if it had come over a connection? With
 * all that happens to one from the network: other modules see it arrive, tm
 * looks for its transaction, the script runs. */
#ifndef TR_RECEIVE_H
#define TR_RECEIVE_H

#include "tr_conn.h"

#include "../../core/config.h"

/* The longest message that the core handles. */
#define TR_RECEIVE_MAX (BUF_SIZE - 1)

/* 1: what is sent to dst goes over TLS. */
int tr_receive_is_tls(const struct dest_info *dst);

/* The other end of a connection that was opened to dst, and ours. 0, or -1:
 * there is no socket of ours that a message could have come on. */
int tr_receive_end(const struct dest_info *dst, struct tr_peer *peer);

/* Gives the core a message from peer over connection conid, which may be gone.
 * buf[len] is 0; buf has room for TR_RECEIVE_MAX octets and that 0, as modules
 * make messages longer, and is written over. In a process that runs the
 * script. 0, or -1: the core could not read it. */
int tr_receive(int conid, const struct tr_peer *peer, char *buf, unsigned len);

#endif
