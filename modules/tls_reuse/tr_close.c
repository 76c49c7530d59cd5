/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections are to be closed, and what do they wait for? See the
 * header. */
#include "tr_close.h"

#include "tr_keep.h"
#include "tr_line.h"
#include "tr_peers.h"
#include "tr_stats.h"
#include "tr_track.h"

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include <string.h>
#include <time.h>

struct closing {
	int conid;
	uint32_t since;
	uint32_t until; /* when what is open is abandoned */
	int quiet;      /* nothing was open at the last tick */
	int ended;      /* we have closed it; others may have it yet */
};

struct closings {
	gen_lock_t lock;
	unsigned count;
	struct closing closing[TR_CLOSE_MAX];
};

static struct closings *closings; /* shared memory, made before the fork */

static uint32_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint32_t)t.tv_sec;
}

int tr_close_init(void)
{
	struct closings *c = shm_mallocxz(sizeof(*c));

	if(c == NULL || lock_init(&c->lock) == NULL) {
		LM_ERR("no shared memory for the connections that are to be closed\n");
		if(c != NULL) {
			shm_free(c);
		}
		return -1;
	}
	closings = c;
	return 0;
}

void tr_close_destroy(void)
{
	if(closings != NULL) {
		lock_destroy(&closings->lock);
		shm_free(closings);
		closings = NULL;
	}
}

long tr_close_count(void)
{
	return closings != NULL ? (long)closings->count : 0;
}

/* The lock is held. */
static struct closing *find(int conid)
{
	unsigned i;

	for(i = 0; i < closings->count; i++) {
		if(closings->closing[i].conid == conid) {
			return &closings->closing[i];
		}
	}
	return NULL;
}

int tr_close_has(int conid)
{
	int there;

	if(closings == NULL || closings->count == 0) {
		return 0;
	}
	lock_get(&closings->lock);
	there = find(conid) != NULL;
	lock_release(&closings->lock);
	return there;
}

/* Asked for again, what is sooner counts. The lock is held. */
static enum tr_close add(int conid, unsigned seconds)
{
	uint32_t now = now_s();
	struct closing *c = find(conid);

	if(c != NULL) {
		c->until = now + seconds < c->until ? now + seconds : c->until;
		return TR_CLOSE_OK;
	}
	if(closings->count == TR_CLOSE_MAX) {
		return TR_CLOSE_FULL;
	}
	closings->closing[closings->count] = (struct closing){
			.conid = conid, .since = now, .until = now + seconds};
	closings->count++;
	tr_stats_inc(TR_STAT_CLOSES);
	return TR_CLOSE_OK;
}

enum tr_close tr_close(int conid, unsigned seconds, unsigned *open)
{
	struct tr_pings_heard heard;
	tr_line_life_t before = 0;
	enum tr_close rc;

	if(tr_line_look(conid, &heard) == TR_LINE_GONE) {
		return TR_CLOSE_GONE;
	}
	lock_get(&closings->lock);
	rc = add(conid, seconds);
	lock_release(&closings->lock);
	if(rc == TR_CLOSE_OK) {
		tr_peers_drop(conid);
		/* the core must not end it before we do */
		tr_line_keep(conid, TR_CLOSE_MAX_S + 10, &before);
		*open = tr_track_count(conid);
	}
	return rc;
}

void tr_close_drop(int conid)
{
	struct closing *c;

	/* cert_match tells of connections until the very end of the process */
	if(closings == NULL || closings->count == 0) {
		return;
	}
	lock_get(&closings->lock);
	c = find(conid);
	if(c != NULL) {
		closings->count--;
		*c = closings->closing[closings->count];
	}
	lock_release(&closings->lock);
}

/* --- the end -------------------------------------------------------------- */

/* 1: it is closed; 0: not yet. */
static int end(int conid, int late)
{
	if(tr_line_end(conid, late) != 0) {
		return 0;
	}
	tr_keep_drop(conid);
	return 1;
}

/* Looks at one. It must have been without transactions for a second: the ACK
 * of an INVITE that was just answered shall arrive. Returns 1: it is closed. */
static int settle(struct closing *c)
{
	struct tr_pings_heard heard;
	unsigned open;
	int late;

	if(tr_line_look(c->conid, &heard) == TR_LINE_GONE) {
		tr_close_drop(c->conid);
		return 1;
	}
	/* somebody may have been about to enter it */
	tr_peers_drop(c->conid);
	open = tr_track_count(c->conid);
	late = now_s() >= c->until;
	if(open > 0 && late) {
		tr_stats_inc(TR_STAT_CLOSES_ABANDONED);
		LM_WARN("connection %d is closed, as was asked for %u s ago: %u open"
				" transactions are abandoned\n",
				c->conid, now_s() - c->since, open);
		return end(c->conid, 1);
	}
	if(open == 0 && (late || c->quiet) && end(c->conid, late)) {
		LM_NOTICE("connection %d is closed, as was asked for %u s ago\n",
				c->conid, now_s() - c->since);
		return 1;
	}
	c->quiet = open == 0;
	return 0;
}

void tr_close_tick(void)
{
	struct closing now[TR_CLOSE_MAX], *c;
	unsigned i, n;

	if(closings->count == 0) {
		return;
	}
	lock_get(&closings->lock);
	n = closings->count;
	memcpy(now, closings->closing, n * sizeof(now[0]));
	lock_release(&closings->lock);
	for(i = 0; i < n; i++) {
		int ended = now[i].ended || settle(&now[i]);

		lock_get(&closings->lock);
		c = find(now[i].conid);
		if(c != NULL) {
			c->ended = ended;
			c->quiet = now[i].quiet;
		}
		lock_release(&closings->lock);
	}
}
