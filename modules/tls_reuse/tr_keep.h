/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections are kept, and how do we know that they live? Aliased ones
 * and registered flows: they get a long lifetime (RFC 5923 s8.1-1, s8.1-2,
 * s8.1-4, s8.2-1, s8.2-2), are pinged (RFC 5626 s4.4.1-5), and are closed when
 * no pong comes from a peer who has sent one before (RFC 5626 s4.4.1-4). */
#ifndef TR_KEEP_H
#define TR_KEEP_H

/* max: connections that are kept at most. Called once, before the fork, behind
 * tr_store_init() and tr_peers_init(). 0 or -1. */
int tr_keep_init(unsigned max);
void tr_keep_destroy(void);

/* Keeps the connection from now on: a registered flow, or an aliased one. No
 * memory, or too many: it lives as long as the core lets it, and it is
 * counted. */
void tr_keep(int conid);

/* It may be that no registration and no alias leads to it any more: it is
 * asked for at the next tick, rather than when it is looked at next, which is
 * at most one keepalive or TR_PINGS_LOOK_MS later. */
void tr_keep_check(int conid);

/* The connection has closed. */
void tr_keep_drop(int conid);

/* Its handshake is done; fd is its socket, or -1. */
void tr_keep_established(int conid, int fd);

/* Once a second, in the module's own process. */
void tr_keep_tick(void);

/* How many are kept now. */
long tr_keep_count(void);

#endif
