/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to a connection itself? Beside tr_conn.h, which is about
 * the messages on it, the only unit that touches the core's connections, so
 * that a difference between Kamailio's versions is settled here. */
#ifndef TR_LINE_H
#define TR_LINE_H

#include "tr_alias.h"
#include "tr_pings.h"

/* Binds cert_match. In mod_init. 0 or -1. */
int tr_line_init(void);

/* 1: TCP is not up yet. */
int tr_line_is_connecting(int conid);

enum tr_line_state {
	TR_LINE_GONE = 0, /* no such TLS connection */
	TR_LINE_NOT_UP,   /* its handshake is under way, or it is ending */
	TR_LINE_UP
};

/* How is it, and what has the peer sent? */
enum tr_line_state tr_line_look(int conid, struct tr_pings_heard *heard);

/* 1: the peer opened it, from the very IP address in key. */
int tr_line_is_from(int conid, const struct tr_alias_key *key);

/* Sends a ping (RFC 5626 s4.4.1-1, s4.4.1-2, s4.4.1-3: only over TLS) as the core sends on a connection's number,
 * and on no other connection. Not in the middle of a message: messages are
 * written whole. Passes no SREV events: nothing takes it for a request. Does
 * not wait, unless the core was told to (tcp_async=no). 0 or -1. */
int tr_line_ping(int conid);

/* A connection's lifetime, as the core counts it: it ends when nothing was read
 * from it for so long. Who made it has given it one: the tls module its
 * connection_timeout. In ticks; 0: we have not changed it. */
typedef unsigned tr_line_life_t;

/* From now on it has so many seconds, or more if somebody has seen to that.
 * *before, 0 at first, is what it had before. 0, or -1: there is none. */
int tr_line_keep(int conid, unsigned seconds, tr_line_life_t *before);

/* No longer: it has what it had before, unless somebody else than
 * tr_line_keep() has given it another one. Returns the milliseconds that are
 * left of it; 0: none; -1: that is not our business, or it is gone. */
int tr_line_let_go(int conid, unsigned seconds, tr_line_life_t before);

/* RFC 5923 s8.3-2: sends close_notify and the end of TCP's stream, and has the
 * core forget the connection. now: although there is something yet to be sent,
 * which is thrown away then, and no close_notify is possible. 0, or -1: there
 * is none, or not yet. */
int tr_line_end(int conid, int now);

/* How long may what was sent stay unacknowledged before TCP gives the
 * connection up (RFC 5482, as TCP_USER_TIMEOUT)? */
void tr_line_user_timeout(int fd, unsigned seconds);

#endif
