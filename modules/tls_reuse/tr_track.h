/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which transactions are open on which connection now? They have to be known
 * before anybody asks for a connection to be closed (tr_close.h), so every
 * request and every final response on a TLS connection is noted in the table of
 * tr_open.h, which all processes share. That costs a look at its head, a hash
 * and the lock of its bucket.
 *
 * Not known is the connection of a request that the script sends to an address
 * where there is an accepted connection already, without tls_reuse_follow() or
 * tls_reuse_to(). */
#ifndef TR_TRACK_H
#define TR_TRACK_H

/* Looks at all that passes from now on. In mod_init, before anybody else asks
 * for SREV_NET_DATA_OUT: who asked first is called last, and what is sent is
 * final by then. 0 or -1. */
int tr_track_init(void);
void tr_track_destroy(void);

/* This process has opened a connection, within a send. */
void tr_track_opened(int conid);

/* How many are open on a connection. Looks at the whole table. */
unsigned tr_track_count(int conid);

#endif
