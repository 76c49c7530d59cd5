/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections are to be closed, and what do they wait for? RFC 5923
 * s8.3-1: for the transactions that are open on them, at most TR_CLOSE_MAX_S;
 * what is open then is abandoned. Nothing leads to such a connection any more,
 * and requests that come on it are still answered. */
#ifndef TR_CLOSE_H
#define TR_CLOSE_H

/* A transaction is given up after no more than this (tr_open.h). */
#define TR_CLOSE_MAX_S 180

/* Connections that wait to be closed, at most. */
#define TR_CLOSE_MAX 256

/* In mod_init. 0 or -1. */
int tr_close_init(void);
void tr_close_destroy(void);

enum tr_close {
	TR_CLOSE_GONE = 0, /* there is no such TLS connection */
	TR_CLOSE_FULL,     /* TR_CLOSE_MAX are waiting */
	TR_CLOSE_OK
};

/* Takes the connection out of all tables, and has it closed as soon as nothing
 * is open on it, or in so many seconds, at most TR_CLOSE_MAX_S. *open: how many
 * transactions are. Asked for again, what is sooner counts. */
enum tr_close tr_close(int conid, unsigned seconds, unsigned *open);

/* 1: it is about to close. Takes no time when none is. */
int tr_close_has(int conid);

/* The connection has closed. */
void tr_close_drop(int conid);

/* Once a second, in the module's own process. */
void tr_close_tick(void);

/* How many are about to close. */
long tr_close_count(void);

#endif
