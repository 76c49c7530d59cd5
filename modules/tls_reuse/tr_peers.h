/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections to peer domains are there now? The table of tr_alias.h
 * and the numbers of tr_target.h, shared by all processes, each under a lock
 * of its own. Nothing else is called while one is held. */
#ifndef TR_PEERS_H
#define TR_PEERS_H

#include "tr_alias.h"
#include "tr_target.h"

/* max_aliases: rows at most. Called once, before the fork. 0 or -1. */
int tr_peers_init(unsigned max_aliases);
void tr_peers_destroy(void);

/* Rows that one key may have: as many as a search looks at. */
#define TR_PEERS_SAME_MAX 8

/* Domains of ours by which peers can know us, of those connections that they
 * opened; a request on behalf of nobody in particular finds these as well. */
#define TR_PEERS_LOCALS_MAX 32

/* Copies up to max rows of key out, the oldest first. A key without local
 * domain finds those that peers opened, whomever of us they meant, behind those
 * that are for it alone. Returns how many. */
unsigned tr_peers_find(const struct tr_alias_key *key,
		struct tr_alias_row *rows, unsigned max);

/* A request for key goes out on the connection of a row that was found. 0, or
 * -1: it is not there any more, or, in full, it is not one of key. */
int tr_peers_take(
		const struct tr_alias_key *key, const struct tr_alias_row *row);

/* The same by the connection. No row: nothing happens. */
void tr_peers_use(const struct tr_alias_key *key, int conid);

/* A connection was opened or accepted for key. What the table said; refused is
 * also one row too many of a key that peers ask for. */
enum tr_alias_added tr_peers_add(
		const struct tr_alias_key *key, enum tr_alias_dir dir, int conid);

/* 1: the connection has a row that find would find for key. */
int tr_peers_has(const struct tr_alias_key *key, int conid);

/* 1: the connection has a row. */
int tr_peers_has_rows(int conid);

/* The connection has closed. Returns how many rows it had. */
unsigned tr_peers_drop(int conid);

/* Copies up to limit rows out, leaving out the first offset ones. Returns how
 * many. */
unsigned tr_peers_list(unsigned offset, unsigned limit, struct tr_alias *out);

long tr_peers_count(void);

/* A ticket stands for the connection that a send is about to open: a negative
 * number, which no connection has. It is remembered while TR_PEERS_TICKETS
 * others are given out. */
#define TR_PEERS_TICKETS 8192
int tr_peers_ticket(void);

/* A connection was opened for a ticket. */
void tr_peers_redeem(int ticket, int conid);

/* Which one; 0: none, or it is not known any more. */
int tr_peers_redeemed(int ticket);

/* As tr_target_number() and tr_target_pair(). */
unsigned tr_peers_number(const struct tr_domains *pair);
int tr_peers_pair(unsigned number, struct tr_domains *pair);

#endif
