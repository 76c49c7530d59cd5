/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose request came to nothing, and must be told? See the header. */
#include "tr_wait.h"

#include "tr_503.h"
#include "tr_answer.h"
#include "tr_connect.h"
#include "tr_queue.h"
#include "tr_receive.h"
#include "tr_stats.h"
#include "tr_ticker.h"

#include "../../core/dprint.h"
#include "../../core/events.h"
#include "../../core/locking.h"
#include "../../core/mem/mem.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/sr_module.h"
#include "../../core/timer.h"

#include <stddef.h>
#include <string.h>

/* Seconds between two log lines of one process about requests not kept. */
#define SAY_EVERY 10

/* Connections that are looked at once a second. */
#define LATE_MAX 512

struct waiting {
	struct tr_queue_entry entry; /* first */
	struct tr_peer peer;
	char text[];
};

struct shared {
	gen_lock_t lock;
	struct tr_queue queue;
};

static struct {
	struct shared *shared; /* made before the fork; NULL: nothing is kept */
	int conid; /* the send of this process goes there, and may come to nothing;
				  0: there is no such */
	ticks_t said; /* when this process logged that one is not kept */
} state;

/* The core's clock, which all processes see: 16 ticks a second. */
static int64_t now_ms(void)
{
	return (int64_t)get_ticks_raw() * 1000 / TIMER_TICKS_HZ;
}

/* --- keeping -------------------------------------------------------------- */

static void tell_full(void)
{
	ticks_t now = get_ticks();

	tr_stats_inc(TR_STAT_WAIT_FULL);
	if(state.said != 0 && now - state.said < SAY_EVERY) {
		return;
	}
	state.said = now;
	LM_WARN("too many requests wait for connections that are being opened:"
			" should these fail, the senders of some hear nothing\n");
}

static struct waiting *copy_of(
		int conid, const struct tr_peer *peer, struct tr_view head)
{
	struct waiting *w = shm_malloc(sizeof(*w) + head.len);

	if(w == NULL) {
		SHM_MEM_ERROR;
		tr_stats_inc(TR_STAT_ERRORS);
		return NULL;
	}
	w->peer = *peer;
	memcpy(w->text, head.s, head.len);
	w->entry.conid = conid;
	w->entry.text = w->text;
	w->entry.len = (uint32_t)head.len;
	w->entry.size = (uint32_t)(sizeof(*w) + head.len);
	return w;
}

/* Takes out what the peer, who has spoken, has got. */
static void on_heard(int conid)
{
	struct shared *shared = state.shared;
	struct tr_queue_entry *entry = NULL;

	while(shared != NULL) {
		lock_get(&shared->lock);
		entry = tr_queue_heard(&shared->queue, conid);
		lock_release(&shared->lock);
		if(entry == NULL) {
			return;
		}
		shm_free(entry);
	}
}

static void keep(int conid, const struct tr_peer *peer, struct tr_view head)
{
	struct waiting *w = copy_of(conid, peer, head);
	enum tr_queued queued;

	if(w == NULL) {
		return;
	}
	lock_get(&state.shared->lock);
	queued = tr_queue_add(&state.shared->queue, &w->entry, now_ms());
	lock_release(&state.shared->lock);
	if(queued != TR_QUEUED_DONE) {
		shm_free(w);
		if(queued == TR_QUEUED_FULL) {
			tell_full();
		}
		return;
	}
	switch(tr_conn_said(conid)) {
		case TR_CONN_GONE:
			tr_wait_closed(conid);
			break;
		case TR_CONN_SPOKE:
			on_heard(conid);
			break;
		case TR_CONN_SHAKING:
		case TR_CONN_SILENT:
			break;
	}
}

static void on_waiting(int conid, const char *text, unsigned len)
{
	/* it is kept when the core has sent it, and then seen again */
	state.conid = conid;
}

/* A send begins; one that began before it is over. */
static int on_send(sr_event_param_t *event)
{
	str *buf = event->data;

	state.conid = 0;
	if(!tr_receive_is_tls(event->dst) || buf->s == NULL
			|| !tr_503_is_acked_by(
					(struct tr_view){buf->s, (size_t)buf->len})) {
		return 0;
	}
	/* RFC 3261 s17.1.1.3: the ACK to a 503 is for whoever made it. Nobody else
	 * knows of it, and a connection would be opened for it. */
	tr_stats_inc(TR_STAT_FAIL_ACKS);
	pkg_free(buf->s);
	buf->s = NULL;
	buf->len = 0;
	return -1;
}

/* The core has sent a message, or has put it into a queue of the connection. */
static int on_sent(sr_event_param_t *event)
{
	const sr_net_info_t *sent = event->data;
	int conid = state.conid;
	struct tr_peer peer;
	struct tr_view head;

	if(conid == 0) {
		return 0;
	}
	state.conid = 0;
	head = tr_503_head((struct tr_view){sent->data.s, (size_t)sent->data.len});
	if(head.len > 0 && tr_receive_end(sent->dst, &peer) == 0) {
		keep(conid, &peer, head);
	}
	return 0;
}

/* --- the end of a connection ---------------------------------------------- */

static void on_failed(int conid, const char *why)
{
	/* cert_match tells of connections until the very end of the process */
	if(state.shared == NULL) {
		return;
	}
	lock_get(&state.shared->lock);
	tr_queue_failed(&state.shared->queue, conid, why);
	lock_release(&state.shared->lock);
}

void tr_wait_closed(int conid)
{
	unsigned lost;

	if(state.shared == NULL) {
		return;
	}
	lock_get(&state.shared->lock);
	lost = tr_queue_closed(&state.shared->queue, conid);
	lock_release(&state.shared->lock);
	if(lost > 0) {
		tr_ticker_wake();
	}
}

/* --- answering ------------------------------------------------------------ */

static struct waiting *take(
		struct tr_queue_entry *(*from)(struct tr_queue *q, int64_t now))
{
	struct tr_queue_entry *entry;

	lock_get(&state.shared->lock);
	entry = from(&state.shared->queue, now_ms());
	lock_release(&state.shared->lock);
	return (struct waiting *)entry;
}

static struct tr_queue_entry *next_lost(struct tr_queue *q, int64_t now)
{
	return tr_queue_next(q);
}

void tr_wait_answer(void)
{
	struct waiting *w;

	if(state.shared == NULL) {
		return;
	}
	while((w = take(next_lost)) != NULL) {
		tr_answer(w->entry.conid, &w->peer,
				(struct tr_view){w->text, w->entry.len}, w->entry.why);
		shm_free(w);
	}
}

/* Nobody waits longer than he must for a connection that does not come up. */
static void end_late(void)
{
	struct tr_queue_late late[LATE_MAX];
	unsigned n, i;

	lock_get(&state.shared->lock);
	n = tr_queue_late(&state.shared->queue, now_ms(), tr_connect_timeout(),
			late, LATE_MAX);
	lock_release(&state.shared->lock);
	for(i = 0; i < n; i++) {
		tr_connect_check(late[i].conid, late[i].ms);
	}
}

void tr_wait_tick(void)
{
	struct waiting *w;

	if(state.shared == NULL) {
		return;
	}
	while((w = take(tr_queue_expired)) != NULL) {
		tr_stats_inc(TR_STAT_WAIT_EXPIRED);
		shm_free(w);
	}
	end_late();
}

long tr_wait_count(void)
{
	return state.shared != NULL ? (long)state.shared->queue.count : 0;
}

/* --- the module ----------------------------------------------------------- */

void tr_wait_listen(struct tr_conn_events *events)
{
	events->waiting = on_waiting;
	events->heard = on_heard;
	events->failed = on_failed;
}

static int register_events(void)
{
	if(sr_event_register_cb(SREV_NET_DATA_OUT, on_send) != 0) {
		LM_ERR("cannot look at what is sent: too many modules do\n");
		return -1;
	}
	if(sr_event_register_cb(SREV_NET_DATA_SENT, on_sent) != 0) {
		LM_ERR("the core can tell one module alone which sends succeed, and"
			   " that is another one: set fail_reply to 0, or trace_mode of"
			   " siptrace\n");
		return -1;
	}
	if(module_loaded("siptrace")) {
		LM_WARN("siptrace with trace_mode does not see what is sent: the core"
				" tells that one module alone, and fail_reply needs it\n");
	}
	return 0;
}

int tr_wait_init(void)
{
	struct shared *shared = shm_mallocxz(sizeof(*shared));

	if(shared == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	if(lock_init(&shared->lock) == NULL || register_events() != 0) {
		shm_free(shared);
		return -1;
	}
	tr_queue_init(&shared->queue);
	state.shared = shared;
	return 0;
}

static struct tr_queue_entry *any(struct tr_queue *q, int64_t now)
{
	return tr_queue_expired(q, INT64_MAX);
}

void tr_wait_destroy(void)
{
	struct waiting *w;

	if(state.shared == NULL) {
		return;
	}
	while((w = take(next_lost)) != NULL || (w = take(any)) != NULL) {
		shm_free(w);
	}
	lock_destroy(&state.shared->lock);
	shm_free(state.shared);
	state.shared = NULL;
}
