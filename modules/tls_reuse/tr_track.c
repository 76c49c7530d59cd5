/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which transactions are open on which connection now? See the header. */
#include "tr_track.h"

#include "tr_open.h"
#include "tr_stats.h"

#include "../../core/dprint.h"
#include "../../core/events.h"
#include "../../core/ip_addr.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

/* 32,768 transactions, in half a megabyte. */
#define BUCKETS 4096
#define LOCKS 64

struct track {
	gen_lock_t locks[LOCKS]; /* bucket b: lock b % LOCKS */
	struct tr_open_table *open;
};

static struct {
	struct track *track; /* shared memory, made before the fork */
	/* The request that this process sends: it may open a connection. */
	int sending;
	struct tr_open_key key;
} state;

static uint32_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint32_t)t.tv_sec;
}

static gen_lock_t *lock_of(uint32_t bucket)
{
	return &state.track->locks[bucket % LOCKS];
}

static int is(struct tr_view text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.s, word, text.len) == 0;
}

static void begin(const struct tr_open_key *key, int conid, int invite)
{
	gen_lock_t *lock = lock_of(key->bucket);
	unsigned gone;

	lock_get(lock);
	gone = tr_open_begin(state.track->open, key, conid, invite, now_s());
	lock_release(lock);
	if(gone > 0) {
		tr_stats_inc(TR_STAT_OPEN_EVICTED);
	}
}

static void end(const struct tr_open_key *key)
{
	gen_lock_t *lock = lock_of(key->bucket);

	lock_get(lock);
	tr_open_end(state.track->open, key);
	lock_release(lock);
}

/* A message on a TLS connection, which is 0 when it is not known. dir is the
 * message's own. */
static void pass(const str *text, enum tr_open_dir dir, int conid)
{
	struct tr_view view = {text->s, (size_t)text->len};
	struct tr_open_message m;
	struct tr_open_key key;

	if(tr_open_read(view, &m) != 0 || (m.status != 0 && m.status < 200)
			|| is(m.method, "ACK")) {
		return;
	}
	if(m.status != 0) {
		/* its request went the other way */
		dir = dir == TR_OPEN_IN ? TR_OPEN_OUT : TR_OPEN_IN;
		key = tr_open_key_of(state.track->open, dir, conid, &m);
		end(&key);
		return;
	}
	key = tr_open_key_of(state.track->open, dir, conid, &m);
	begin(&key, conid, is(m.method, "INVITE"));
	if(dir == TR_OPEN_OUT) {
		state.key = key;
		state.sending = 1;
	}
}

/* What has no number yet, or only stands for one (tr_send.c), opens one. */
static int on_send(sr_event_param_t *event)
{
	const str *text = event->data;
	int conid = event->dst->id;

	state.sending = 0;
	if(event->dst->proto == PROTO_TLS && text->s != NULL) {
		pass(text, TR_OPEN_OUT, conid > 0 ? conid : 0);
	}
	return 0;
}

static int on_receive(sr_event_param_t *event)
{
	if(event->rcv->proto == PROTO_TLS) {
		pass(event->data, TR_OPEN_IN, event->rcv->proto_reserved1);
	}
	return 0;
}

void tr_track_opened(int conid)
{
	gen_lock_t *lock;

	if(!state.sending) {
		return;
	}
	lock = lock_of(state.key.bucket);
	lock_get(lock);
	tr_open_takes(state.track->open, &state.key, conid);
	lock_release(lock);
}

unsigned tr_track_count(int conid)
{
	unsigned n = 0, first, b;
	uint32_t now = now_s();

	for(first = 0; first < LOCKS; first++) {
		lock_get(lock_of(first));
		for(b = first; b < BUCKETS; b += LOCKS) {
			n += tr_open_count(state.track->open, b, conid, now);
		}
		lock_release(lock_of(first));
	}
	return n;
}

static int make(struct track *t)
{
	uint8_t seed[TR_HASH_SEED_LEN];
	unsigned i;

	for(i = 0; i < LOCKS; i++) {
		if(lock_init(&t->locks[i]) == NULL) {
			return -1;
		}
	}
	t->open = shm_malloc(tr_open_size(BUCKETS));
	if(t->open == NULL) {
		return -1;
	}
	if(getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
		shm_free(t->open);
		return -1;
	}
	tr_open_init(t->open, BUCKETS, seed);
	return 0;
}

int tr_track_init(void)
{
	struct track *t = shm_mallocxz(sizeof(*t));

	if(t == NULL || make(t) != 0) {
		LM_ERR("no shared memory for the table of open transactions: start"
			   " kamailio with more (-m)\n");
		if(t != NULL) {
			shm_free(t);
		}
		return -1;
	}
	state.track = t;
	if(sr_event_register_cb(SREV_NET_DATA_OUT, on_send) != 0
			|| sr_event_register_cb(SREV_NET_DATA_IN, on_receive) != 0) {
		LM_ERR("cannot look at messages of the network: too many modules"
			   " do\n");
		return -1;
	}
	return 0;
}

void tr_track_destroy(void)
{
	unsigned i;

	if(state.track == NULL) {
		return;
	}
	for(i = 0; i < LOCKS; i++) {
		lock_destroy(&state.track->locks[i]);
	}
	shm_free(state.track->open);
	shm_free(state.track);
	state.track = NULL;
}
