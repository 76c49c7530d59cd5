/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many transactions are open on a connection? RFC 5923 s8.3: who closes a
 * TLS connection waits for them, or abandons them and says so.
 *
 * A request other than ACK that leaves or comes on a connection opens one, its
 * final response closes it: a request is told from others by its direction, the
 * branch in its topmost Via, its method (RFC 3261 s17.1.3, s17.2.3), and, one
 * that came, by its connection, too: its branch is what a peer chose. What is
 * never answered is given up after the time that RFC 3261 gives it: Timer C for
 * INVITE, Timer F for others.
 *
 * The table has TR_OPEN_WAYS places for all transactions whose hashes lead to
 * the same bucket. When there is no free one, the transaction that is given up
 * soonest makes room, and nobody waits for it.
 *
 * It lies in the caller's memory, which all processes may share; it reads no
 * clock and takes no lock. Operations on different buckets do not meet: a lock
 * for each bucket, or for some of them, is enough. Times are in seconds. */
#ifndef TR_OPEN_H
#define TR_OPEN_H

#include "tr_hash.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* RFC 3261 s16.6: Timer C; s17.1.2.2: Timer F, 64*T1 */
#define TR_OPEN_INVITE_S 180
#define TR_OPEN_OTHER_S 32

#define TR_OPEN_WAYS 8
#define TR_OPEN_BUCKETS_MAX (1u << 20)

/* --- what is read --------------------------------------------------------- */

/* Longer branches are not read; ours has about 70 octets. */
#define TR_OPEN_BRANCH_MAX 255
#define TR_OPEN_METHOD_MAX 32

/* Views into the message. */
struct tr_open_message {
	unsigned status;       /* of a response, 100 to 699; 0: a request */
	struct tr_view method; /* of a response, the one in CSeq */
	struct tr_view branch;
};

/* Reads the head of a message; line ends before the first line are skipped.
 * 0, or -1: it is no SIP message, or has no branch or CSeq, or they are too
 * long. */
int tr_open_read(struct tr_view text, struct tr_open_message *m);

/* --- the table ------------------------------------------------------------ */

enum tr_open_dir { TR_OPEN_IN = 0, TR_OPEN_OUT };

struct tr_open_table;

/* Octets of memory for so many buckets; 0: it is no power of two, or too
 * many. */
size_t tr_open_size(unsigned buckets);

/* Makes an empty table in mem, which has tr_open_size(buckets) octets and is
 * aligned for any type. seed: random octets that nobody else knows. */
struct tr_open_table *tr_open_init(
		void *mem, unsigned buckets, const uint8_t seed[TR_HASH_SEED_LEN]);

/* What a transaction is found by: a keyed hash. */
struct tr_open_key {
	uint64_t print;
	uint32_t bucket; /* where it is */
};

/* dir is that of the transaction's request; conid counts for those that came
 * only. */
struct tr_open_key tr_open_key_of(const struct tr_open_table *table,
		enum tr_open_dir dir, int conid, const struct tr_open_message *m);

/* A request; conid 0: which connection it takes is not known yet. One that is
 * there already is there once. Returns how many gave way: 0 or 1. */
unsigned tr_open_begin(struct tr_open_table *table,
		const struct tr_open_key *key, int conid, int invite, uint32_t now);

/* It takes this connection. None of that key: nothing happens. */
void tr_open_takes(
		struct tr_open_table *table, const struct tr_open_key *key, int conid);

/* Its final response. 1: there was one, else 0. */
unsigned tr_open_end(
		struct tr_open_table *table, const struct tr_open_key *key);

/* How many transactions in a bucket are open on a connection. */
unsigned tr_open_count(const struct tr_open_table *table, uint32_t bucket,
		int conid, uint32_t now);

#endif
