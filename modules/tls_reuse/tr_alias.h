/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connection may carry a request to this address for this domain? The
 * connection alias table of RFC 5923 s5, with the domain of ours that a
 * connection is for beside the peer's (RFC 5923 s9.3-3, s9.3-4: separate tables).
 *
 *   address, port, transport   peer domain   our domain     connection
 *   192.0.2.128  5061  TLS     example.net   a.example.com  25  opened by us
 *   192.0.2.128  5061  TLS     example.net   b.example.com  31  opened by us
 *   192.0.2.128  5061  TLS     example.org   a.example.com  28  opened by us
 *   192.0.2.1    5061  TLS     example.biz                  18  accepted
 *
 * A connection that a peer opened has a row for each identity of his. Several
 * connections for the very same key are found in the order in which their rows
 * were made, so that what belongs together takes the same one.
 *
 * At the bound the row that was not used for the longest time gives way; its
 * connection lives on, and is not found any more.
 *
 * The table lies in the caller's memory, which all processes may share; it
 * takes no lock and reads no clock. Every operation but listing takes the same
 * time however many rows there are. Rows are found by a keyed hash of 128 bits
 * and compared in full when one is used. */
#ifndef TR_ALIAS_H
#define TR_ALIAS_H

#include "tr_hash.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

#define TR_ALIAS_ROWS_MAX (1u << 20)

/* Octets that both domains of a row may have together: a row stays below 512
 * octets. DNS allows 253 for each; connections of such are not aliased. */
#define TR_ALIAS_NAMES_MAX 380

enum tr_alias_dir {
	TR_ALIAS_ACCEPTED = 0, /* the peer opened it (RFC 5923 s8.2) */
	TR_ALIAS_OPENED        /* we did (s8.1) */
};

/* What a row is found by. Domains are in canonical form, local is empty when
 * the connection is for no domain of ours in particular. */
struct tr_alias_key {
	uint8_t ip[16];
	uint8_t ip_len;    /* 4 or 16; what is behind it in ip does not count */
	uint8_t transport; /* a number of the caller's */
	uint16_t port;
	struct tr_view domain;
	struct tr_view local;
};

/* A row as others see it. Times are the caller's, in seconds. */
struct tr_alias {
	int64_t created;
	int64_t last_used;
	int conid;
	unsigned uses;
	uint8_t ip[16];
	uint16_t port;
	uint8_t transport;
	uint8_t ip_len;
	uint8_t domain_len;
	uint8_t local_len;
	char names[TR_ALIAS_NAMES_MAX]; /* domain, then local; not terminated */
	uint8_t dir;                    /* enum tr_alias_dir */
};

/* Rows that one connection can have: whoever opened it cannot push out those of
 * all others with it. */
#define TR_ALIAS_CONN_MAX 16

enum tr_alias_added {
	TR_ALIAS_REFUSED = 0, /* the names are too long, or there is no name, or
							 the connection has TR_ALIAS_CONN_MAX rows */
	TR_ALIAS_THERE,       /* the connection has this row already */
	TR_ALIAS_ADDED,
	TR_ALIAS_EVICTED /* added, and another row gave way */
};

struct tr_alias_table;

/* Octets of memory for so many rows, 0 when there are none or over
 * TR_ALIAS_ROWS_MAX. */
size_t tr_alias_size(unsigned rows);

/* Makes an empty table in mem, which has tr_alias_size(rows) octets and is
 * aligned for any type. seed: random octets that nobody else knows. */
struct tr_alias_table *tr_alias_init(
		void *mem, unsigned rows, const uint8_t seed[TR_HASH_SEED_LEN]);

/* Adds a row. With TR_ALIAS_EVICTED, *evicted is a copy of the row that gave
 * way; evicted may be NULL. */
enum tr_alias_added tr_alias_add(struct tr_alias_table *table,
		const struct tr_alias_key *key, enum tr_alias_dir dir, int conid,
		int64_t now, struct tr_alias *evicted);

/* A row is named by its slot, from 0 on, where it stays until it is removed
 * or gives way. */
#define TR_ALIAS_NONE UINT32_MAX

/* The oldest row of key, the next younger one; TR_ALIAS_NONE: there is none. */
uint32_t tr_alias_find(
		const struct tr_alias_table *table, const struct tr_alias_key *key);
uint32_t tr_alias_next(const struct tr_alias_table *table, uint32_t slot);

/* A row that was found, and its connection. */
struct tr_alias_row {
	uint32_t slot;
	int conid;
};

/* The rows of key, the oldest first, at most max. Returns how many. It looks at
 * one line of the processor's cache when there is one of them. */
unsigned tr_alias_rows(const struct tr_alias_table *table,
		const struct tr_alias_key *key, struct tr_alias_row *rows,
		unsigned max);

/* The connection of a row. */
int tr_alias_conid(const struct tr_alias_table *table, uint32_t slot);

/* A request for key goes out on this row's connection. 0, or -1: the row is
 * not one of key. */
int tr_alias_use(struct tr_alias_table *table, uint32_t slot,
		const struct tr_alias_key *key, int64_t now);

/* 1: the connection has a row. */
int tr_alias_has(const struct tr_alias_table *table, int conid);

/* Removes all rows of a connection. Returns how many. */
unsigned tr_alias_remove(struct tr_alias_table *table, int conid);

/* The row in a slot; NULL: it is empty, or there is no such slot. */
const struct tr_alias *tr_alias_at(
		const struct tr_alias_table *table, uint32_t slot);

/* How many rows there are now. */
unsigned tr_alias_count(const struct tr_alias_table *table);

static inline struct tr_view tr_alias_domain(const struct tr_alias *row)
{
	return (struct tr_view){row->names, row->domain_len};
}

static inline struct tr_view tr_alias_local(const struct tr_alias *row)
{
	return (struct tr_view){row->names + row->domain_len, row->local_len};
}

#endif
