/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections are kept, and how do we know that they live? See the
 * header.
 *
 * One record for each, in shared memory, in a hash table by number with a lock
 * for each bucket. Any process makes and removes records; only the module's
 * own process looks at them, and it holds no lock while it sends. */
#include "tr_keep.h"

#include "tr_close.h"
#include "tr_line.h"
#include "tr_params.h"
#include "tr_peers.h"
#include "tr_pings.h"
#include "tr_stats.h"
#include "tr_store.h"

#include "../../core/atomic_ops.h"
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/rand/fastrand.h"

#include <string.h>
#include <time.h>

#define BUCKETS 4096

/* Connections of one bucket that are looked at in one tick; the others' turn
 * comes with the next. */
#define DUE_MAX 64

struct record {
	struct record *next;
	int conid;
	int let_go;            /* nothing leads to it any more */
	int lengthened;        /* its lifetime is what it shall be */
	tr_line_life_t before; /* its lifetime, if we have changed that */
	struct tr_pings pings;
};

struct bucket {
	gen_lock_t lock;
	struct record *first;
};

struct keep {
	atomic_t count;
	unsigned max;
	struct bucket buckets[BUCKETS];
};

static struct keep *keep; /* shared memory, made before the fork */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t interval(void)
{
	return (int64_t)tr_params.keepalive * 1000;
}

static unsigned lifetime(void)
{
	return (unsigned)tr_params.connection_lifetime;
}

static struct bucket *bucket_of(int conid)
{
	return &keep->buckets[(unsigned)conid % BUCKETS];
}

/* Where the record of conid hangs, or would; the bucket is locked. */
static struct record **find(struct bucket *b, int conid)
{
	struct record **at = &b->first;

	while(*at != NULL && (*at)->conid != conid) {
		at = &(*at)->next;
	}
	return at;
}

int tr_keep_init(unsigned max)
{
	size_t i;

	keep = shm_mallocxz(sizeof(*keep));
	if(keep == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	keep->max = max;
	atomic_set(&keep->count, 0);
	for(i = 0; i < BUCKETS; i++) {
		if(lock_init(&keep->buckets[i].lock) == NULL) {
			LM_ERR("cannot make the locks of the kept connections\n");
			return -1;
		}
	}
	return 0;
}

void tr_keep_destroy(void)
{
	size_t i;

	if(keep == NULL) {
		return;
	}
	for(i = 0; i < BUCKETS; i++) {
		struct record *r = keep->buckets[i].first;

		while(r != NULL) {
			struct record *next = r->next;

			shm_free(r);
			r = next;
		}
		lock_destroy(&keep->buckets[i].lock);
	}
	shm_free(keep);
	keep = NULL;
}

long tr_keep_count(void)
{
	return keep != NULL ? atomic_get(&keep->count) : 0;
}

/* --- which ---------------------------------------------------------------- */

static struct record *make(int conid)
{
	struct record *r = NULL;

	if(atomic_add(&keep->count, 1) <= (int)keep->max) {
		r = shm_mallocxz(sizeof(*r));
	}
	if(r == NULL) {
		atomic_dec(&keep->count);
		return NULL;
	}
	r->conid = conid;
	return r;
}

/* 0: it is in the table now; -1: it cannot be. */
static int enter(int conid, const struct tr_pings_heard *heard)
{
	struct bucket *b = bucket_of(conid);
	struct record **at;
	int rc = 0;

	lock_get(&b->lock);
	at = find(b, conid);
	if(*at == NULL) {
		*at = make(conid);
		if(*at != NULL) {
			tr_pings_start(
					&(*at)->pings, interval(), now_ms(), heard, fastrand());
		}
	}
	if(*at != NULL) {
		(*at)->let_go = 0;
		(*at)->lengthened = lifetime() == 0;
	} else {
		rc = -1;
	}
	lock_release(&b->lock);
	return rc;
}

void tr_keep_check(int conid)
{
	struct bucket *b = bucket_of(conid);
	struct record *r;

	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL) {
		r->pings.look = 0;
	}
	lock_release(&b->lock);
}

/* No lock may be held while the core's is asked for. The core does not know a
 * connection that we open before it is there: it is lengthened later. */
static void lengthen(int conid)
{
	struct bucket *b = bucket_of(conid);
	tr_line_life_t before = 0;
	struct record *r;

	if(lifetime() == 0 || tr_line_keep(conid, lifetime(), &before) != 0) {
		tr_keep_check(conid);
		return;
	}
	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL) {
		r->before = r->before == 0 ? before : r->before;
		r->lengthened = 1;
	}
	lock_release(&b->lock);
}

void tr_keep(int conid)
{
	struct tr_pings_heard heard;

	if(tr_line_look(conid, &heard) == TR_LINE_GONE) {
		return;
	}
	if(enter(conid, &heard) != 0) {
		tr_stats_inc(TR_STAT_KEEP_REFUSED);
		return;
	}
	lengthen(conid);
}

void tr_keep_drop(int conid)
{
	struct bucket *b;
	struct record **at, *r;

	/* cert_match tells of connections until the very end of the process */
	if(keep == NULL) {
		return;
	}
	b = bucket_of(conid);
	lock_get(&b->lock);
	at = find(b, conid);
	r = *at;
	if(r != NULL) {
		*at = r->next;
	}
	lock_release(&b->lock);
	if(r != NULL) {
		shm_free(r);
		atomic_dec(&keep->count);
	}
}

void tr_keep_established(int conid, int fd)
{
	/* all connections: nobody knows yet which will be kept */
	if(tr_params.tcp_user_timeout > 0 && fd >= 0) {
		tr_line_user_timeout(fd, (unsigned)tr_params.tcp_user_timeout);
	}
}

/* --- what is done about them ---------------------------------------------- */

/* Does anything lead to it? What is about to close is kept until then. */
static int is_wanted(int conid)
{
	struct tr_flows_row flow;

	return (tr_store_get(conid, NULL, &flow) == 0 && flow.registrations > 0)
		   || tr_peers_has_rows(conid) || tr_close_has(conid);
}

static void ping(int conid)
{
	if(tr_line_ping(conid) != 0) {
		return; /* it is closing */
	}
	tr_stats_inc(TR_STAT_PINGS);
	/* The core takes a message that goes out for less life than one that
	 * comes in. */
	lengthen(conid);
}

/* RFC 5626 s4.4.1: "the client MUST treat the flow as failed". */
static void give_up(int conid)
{
	tr_stats_inc(TR_STAT_PONG_TIMEOUTS);
	LM_NOTICE("connection %d is closed: its peer answered pings, and has been"
			  " silent for %d s behind the last one\n",
			conid, TR_PINGS_PONG_MS / 1000);
	tr_line_end(conid, 1);
	tr_keep_drop(conid);
}

/* Nothing leads to it any more: its life is the core's business, but for a
 * timer that the core has set by our word. */
static void let_go(int conid, int64_t now)
{
	struct bucket *b = bucket_of(conid);
	tr_line_life_t before = 0;
	struct record *r;
	int left;

	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL) {
		r->let_go = 1;
		r->lengthened = 0;
		before = r->before;
	}
	lock_release(&b->lock);
	left = tr_line_let_go(conid, lifetime(), before);
	if(left == 0) {
		tr_stats_inc(TR_STAT_KEPT_ENDED);
		tr_line_end(conid, 1);
	}
	if(left <= 0) {
		tr_keep_drop(conid);
		return;
	}
	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL && r->let_go) {
		r->pings.look = now + left;
	}
	lock_release(&b->lock);
}

/* The record of a connection that is wanted is held. */
static enum tr_pings_do look_at(struct record *r, enum tr_line_state state,
		const struct tr_pings_heard *heard, int64_t now)
{
	r->let_go = 0;
	if(state == TR_LINE_UP) {
		return tr_pings_look(&r->pings, interval(), now, heard, fastrand());
	}
	r->pings.look = now; /* again at the next tick */
	return TR_PINGS_NOTHING;
}

static void look(int conid, int64_t now)
{
	enum tr_pings_do what = TR_PINGS_NOTHING;
	struct bucket *b = bucket_of(conid);
	struct tr_pings_heard heard;
	enum tr_line_state state = tr_line_look(conid, &heard);
	int wanted = is_wanted(conid), shorter = 0;
	struct record *r;

	if(state == TR_LINE_GONE) {
		tr_keep_drop(conid); /* it closed before it was entered */
		return;
	}
	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL && wanted) {
		what = look_at(r, state, &heard, now);
		shorter = !r->lengthened;
	}
	lock_release(&b->lock);
	if(!wanted) {
		let_go(conid, now);
	} else if(what == TR_PINGS_SEND) {
		ping(conid);
	} else if(what == TR_PINGS_OVERDUE) {
		give_up(conid);
	} else if(shorter && state == TR_LINE_UP) {
		lengthen(conid);
	}
}

void tr_keep_tick(void)
{
	int64_t now = now_ms();
	int due[DUE_MAX];
	unsigned i, n;

	for(i = 0; i < BUCKETS && tr_keep_count() > 0; i++) {
		struct bucket *b = &keep->buckets[i];
		const struct record *r;

		if(b->first == NULL) {
			continue;
		}
		n = 0;
		lock_get(&b->lock);
		for(r = b->first; r != NULL && n < DUE_MAX; r = r->next) {
			if(r->pings.look <= now) {
				due[n++] = r->conid;
			}
		}
		lock_release(&b->lock);
		while(n > 0) {
			look(due[--n], now);
		}
	}
}
