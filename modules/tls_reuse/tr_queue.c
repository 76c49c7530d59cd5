/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which requests wait on which connection, and which of them are lost? See
 * the header. */
#include "tr_queue.h"

#include <string.h>

static void link_init(struct tr_queue_link *head)
{
	head->next = head->prev = head;
}

static void link_last(struct tr_queue_link *head, struct tr_queue_link *link)
{
	link->next = head;
	link->prev = head->prev;
	head->prev->next = link;
	head->prev = link;
}

static void link_out(struct tr_queue_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
}

static struct tr_queue_entry *of_conn(struct tr_queue_link *link)
{
	return (struct tr_queue_entry *)(void *)link;
}

static struct tr_queue_entry *of_age(struct tr_queue_link *link)
{
	return (struct tr_queue_entry *)(void *)((char *)link
											 - offsetof(struct tr_queue_entry,
													 by_age));
}

/* Connections are numbered one after the other. */
static struct tr_queue_link *bucket_of(struct tr_queue *q, int conid)
{
	return &q->bucket[(unsigned)conid % TR_QUEUE_BUCKETS];
}

void tr_queue_init(struct tr_queue *q)
{
	size_t i;

	memset(q, 0, sizeof(*q));
	for(i = 0; i < TR_QUEUE_BUCKETS; i++) {
		link_init(&q->bucket[i]);
	}
	link_init(&q->age);
	link_init(&q->lost);
}

/* Is there room for it on its connection, and is it new there? */
static enum tr_queued judge(
		struct tr_queue *q, const struct tr_queue_entry *entry)
{
	struct tr_queue_link *bucket = bucket_of(q, entry->conid), *at;
	uint64_t octets = entry->size;
	unsigned count = 1;

	for(at = bucket->next; at != bucket; at = at->next) {
		const struct tr_queue_entry *other = of_conn(at);

		if(other->conid != entry->conid) {
			continue;
		}
		if(other->len == entry->len
				&& memcmp(other->text, entry->text, entry->len) == 0) {
			return TR_QUEUED_TWICE;
		}
		octets += other->size;
		count++;
	}
	return count <= TR_QUEUE_CONN_MAX && octets <= TR_QUEUE_CONN_OCTETS
				   ? TR_QUEUED_DONE
				   : TR_QUEUED_FULL;
}

enum tr_queued tr_queue_add(
		struct tr_queue *q, struct tr_queue_entry *entry, int64_t now)
{
	enum tr_queued result = judge(q, entry);

	if(result != TR_QUEUED_DONE) {
		return result;
	}
	if(entry->size > TR_QUEUE_OCTETS - q->octets) {
		return TR_QUEUED_FULL;
	}
	entry->since = now;
	entry->why = NULL;
	link_last(bucket_of(q, entry->conid), &entry->by_conn);
	link_last(&q->age, &entry->by_age);
	q->octets += entry->size;
	q->count++;
	return TR_QUEUED_DONE;
}

/* The last ending of this connection, or NULL. */
static struct tr_queue_end *end_of(struct tr_queue *q, int conid)
{
	uint32_t i, n = q->ends < TR_QUEUE_ENDS ? q->ends : TR_QUEUE_ENDS;

	for(i = 1; i <= n; i++) {
		struct tr_queue_end *end = &q->end[(q->ends - i) % TR_QUEUE_ENDS];

		if(end->conid == conid) {
			return end;
		}
	}
	return NULL;
}

void tr_queue_failed(struct tr_queue *q, int conid, const char *why)
{
	struct tr_queue_end *end = &q->end[q->ends % TR_QUEUE_ENDS];

	end->conid = conid;
	end->why = why;
	q->ends++;
}

/* The first entry of the connection, or NULL. */
static struct tr_queue_entry *first_of(struct tr_queue *q, int conid)
{
	struct tr_queue_link *bucket = bucket_of(q, conid), *at;

	for(at = bucket->next; at != bucket; at = at->next) {
		if(of_conn(at)->conid == conid) {
			return of_conn(at);
		}
	}
	return NULL;
}

static void stop_waiting(struct tr_queue_entry *entry)
{
	link_out(&entry->by_conn);
	link_out(&entry->by_age);
}

unsigned tr_queue_closed(struct tr_queue *q, int conid)
{
	const struct tr_queue_end *end;
	struct tr_queue_entry *entry = first_of(q, conid);
	unsigned n = 0;

	if(entry == NULL) {
		return 0;
	}
	end = end_of(q, conid);
	for(; entry != NULL; entry = first_of(q, conid)) {
		stop_waiting(entry);
		entry->why = end != NULL ? end->why : NULL;
		link_last(&q->lost, &entry->by_conn);
		n++;
	}
	return n;
}

static struct tr_queue_entry *give_back(
		struct tr_queue *q, struct tr_queue_entry *entry)
{
	q->octets -= entry->size;
	q->count--;
	return entry;
}

struct tr_queue_entry *tr_queue_heard(struct tr_queue *q, int conid)
{
	struct tr_queue_entry *entry = first_of(q, conid);

	if(entry == NULL) {
		return NULL;
	}
	stop_waiting(entry);
	return give_back(q, entry);
}

struct tr_queue_entry *tr_queue_expired(struct tr_queue *q, int64_t now)
{
	struct tr_queue_entry *entry;

	if(q->age.next == &q->age) {
		return NULL;
	}
	entry = of_age(q->age.next);
	if(now - entry->since < TR_QUEUE_MS) {
		return NULL;
	}
	stop_waiting(entry);
	return give_back(q, entry);
}

unsigned tr_queue_late(struct tr_queue *q, int64_t now, int64_t ms,
		struct tr_queue_late *out, unsigned max)
{
	struct tr_queue_link *at;
	unsigned n = 0;

	for(at = q->age.next; at != &q->age && n < max; at = at->next) {
		const struct tr_queue_entry *entry = of_age(at);

		if(now - entry->since < ms) {
			break;
		}
		if(first_of(q, entry->conid) == entry) {
			out[n].conid = entry->conid;
			out[n].ms = now - entry->since;
			n++;
		}
	}
	return n;
}

struct tr_queue_entry *tr_queue_next(struct tr_queue *q)
{
	struct tr_queue_entry *entry;

	if(q->lost.next == &q->lost) {
		return NULL;
	}
	entry = of_conn(q->lost.next);
	link_out(&entry->by_conn);
	return give_back(q, entry);
}
