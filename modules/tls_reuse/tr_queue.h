/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which requests wait on which connection, and which of them are lost? The
 * entries are the caller's memory, and so are the lock and the clock. An entry
 * belongs to the queue from tr_queue_add() on, until tr_queue_next(),
 * tr_queue_heard() or tr_queue_expired() gives it back.
 *
 *   add ---> waiting ---> lost ---> next
 *               '-> heard, expired
 *
 * Bounds: TR_QUEUE_CONN_MAX requests and TR_QUEUE_CONN_OCTETS of them on one
 * connection, TR_QUEUE_OCTETS in all. At a bound the newcomer is not taken:
 * who has come first is answered first, whoever floods. */
#ifndef TR_QUEUE_H
#define TR_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#define TR_QUEUE_CONN_MAX 64
#define TR_QUEUE_CONN_OCTETS (64u << 10)
#define TR_QUEUE_OCTETS (4u << 20)

/* RFC 3261 s17.1.1.2, s17.1.2.2: after 64*T1 whoever has sent a request does
 * not wait for its answer any more. */
#define TR_QUEUE_MS 32000

#define TR_QUEUE_BUCKETS 256

/* How many endings of connections are remembered, for requests that come a
 * moment later. */
#define TR_QUEUE_ENDS 64

struct tr_queue_link {
	struct tr_queue_link *next;
	struct tr_queue_link *prev;
};

/* The caller sets conid, text, len and size before tr_queue_add(). */
struct tr_queue_entry {
	struct tr_queue_link by_conn; /* first: an entry is found by it */
	struct tr_queue_link by_age;
	int conid;
	int64_t since;    /* of the caller's clock */
	const char *text; /* of the request */
	uint32_t len;
	uint32_t size;   /* octets that count against the bounds */
	const char *why; /* once lost: what became of the connection; or NULL */
};

/* A connection that has ended, and why; NULL: nothing was said. */
struct tr_queue_end {
	int conid;
	const char *why;
};

struct tr_queue {
	struct tr_queue_link bucket[TR_QUEUE_BUCKETS]; /* waiting */
	struct tr_queue_link age;  /* waiting, the oldest first */
	struct tr_queue_link lost; /* by_conn; to be answered, in order */
	uint32_t octets;           /* of all entries */
	uint32_t count;
	uint32_t ends; /* how many there have been */
	struct tr_queue_end end[TR_QUEUE_ENDS];
};

enum tr_queued {
	TR_QUEUED_FULL = 0, /* at a bound */
	TR_QUEUED_TWICE,    /* this very text waits on this connection already */
	TR_QUEUED_DONE
};

void tr_queue_init(struct tr_queue *q);

/* Anything but TR_QUEUED_DONE: the entry stays the caller's. now: milliseconds
 * of a clock that does not go back. */
enum tr_queued tr_queue_add(
		struct tr_queue *q, struct tr_queue_entry *entry, int64_t now);

/* A connection has failed, and why, as constant text; tr_queue_closed()
 * follows. */
void tr_queue_failed(struct tr_queue *q, int conid, const char *why);

/* The connection is gone: what waits on it is lost. Returns how many are. To
 * be called again for an entry that comes later. */
unsigned tr_queue_closed(struct tr_queue *q, int conid);

/* The peer has spoken: what waits has arrived. Gives back one entry after the
 * other, and then NULL. */
struct tr_queue_entry *tr_queue_heard(struct tr_queue *q, int conid);

/* Gives back one entry after the other that has waited for TR_QUEUE_MS,
 * and then NULL. */
struct tr_queue_entry *tr_queue_expired(struct tr_queue *q, int64_t now);

/* Writes to out, without repeating any, up to max connections on which an entry
 * has waited for this many milliseconds or more, and for how many the oldest
 * has.
 * Returns how many. */
struct tr_queue_late {
	int conid;
	int64_t ms;
};
unsigned tr_queue_late(struct tr_queue *q, int64_t now, int64_t ms,
		struct tr_queue_late *out, unsigned max);

/* Gives back the next lost entry, and then NULL. */
struct tr_queue_entry *tr_queue_next(struct tr_queue *q);

#endif
