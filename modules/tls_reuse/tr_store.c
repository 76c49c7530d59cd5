/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which phones' connections and registrations are there now, for which
 * requests may come? See the header. */
#include "tr_store.h"

#include "tr_keep.h"

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Buckets that are looked at under one hold of the lock when all are listed. */
#define LIST_STEP 64

static_assert(
		sizeof(struct tr_peer) <= TR_FLOWS_PEER_LEN, "a row has room for it");

struct store {
	gen_lock_t lock;
	struct tr_flows *flows;
};

static struct store *store; /* shared memory, made before the fork */

static void *get(size_t size)
{
	return shm_malloc(size);
}

static void put(void *block)
{
	shm_free(block);
}

int64_t tr_store_now(void)
{
	struct timespec now;

	/* an operator who sets the clock ends no registration */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int tr_store_init(unsigned max_flows)
{
	static const struct tr_flows_memory memory = {get, put};
	size_t size = tr_flows_size(max_flows);
	uint8_t seed[TR_HASH_SEED_LEN];
	struct store *s = shm_mallocxz(sizeof(*s));
	void *flows = size > 0 ? shm_malloc(size) : NULL;

	if(s == NULL || flows == NULL || lock_init(&s->lock) == NULL
			|| getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
		LM_ERR("no shared memory for a table of %u flows, or no randomness:"
			   " start kamailio with more memory (-m), or lower max_flows\n",
				max_flows);
		if(flows != NULL) {
			shm_free(flows);
		}
		if(s != NULL) {
			shm_free(s);
		}
		return -1;
	}
	s->flows = tr_flows_init(flows, max_flows, &memory, seed, tr_store_now());
	store = s;
	return 0;
}

void tr_store_destroy(void)
{
	if(store == NULL) {
		return;
	}
	/* Locked still: a process has ended while it changed the records, and
	 * nobody may look at them any more. They go with all of shared memory. */
	if(lock_try(&store->lock) == 0) {
		tr_flows_clear(store->flows);
		lock_release(&store->lock);
	}
	lock_destroy(&store->lock);
	shm_free(store->flows);
	shm_free(store);
	store = NULL;
}

static struct tr_flows *hold(void)
{
	lock_get(&store->lock);
	return store->flows;
}

static void release(void)
{
	lock_release(&store->lock);
}

/* ... and tells of connections that have got or lost their registrations:
 * only who is kept is there for them tomorrow. */
static void release_and_tell(void)
{
	int conid, registered;

	while((registered = tr_flows_changed(store->flows, &conid)) >= 0) {
		release();
		if(registered) {
			tr_keep(conid);
		} else {
			tr_keep_check(conid);
		}
		hold();
	}
	release();
}

static struct tr_view view(const str *text)
{
	struct tr_view none = {NULL, 0};

	return text == NULL ? none : (struct tr_view){text->s, (size_t)text->len};
}

void tr_store_tick(void)
{
	tr_flows_tick(hold(), tr_store_now());
	release_and_tell();
}

enum tr_flows_seen tr_store_seen(int conid, const struct tr_peer *peer,
		const str *user_agent, int *registrations,
		uint8_t id[TR_REGISTRATION_LEN])
{
	unsigned char where[TR_FLOWS_PEER_LEN] = {0};
	int64_t now = tr_store_now();
	enum tr_flows_seen result;
	struct tr_flows *t;

	memcpy(where, peer, sizeof(*peer));
	t = hold();
	result = tr_flows_seen(t, conid, where, view(user_agent), now);
	*registrations = tr_flows_which(t, conid, view(NULL), id);
	release();
	return result;
}

int tr_store_which(
		int conid, struct tr_view aor, uint8_t id[TR_REGISTRATION_LEN])
{
	int n = tr_flows_which(hold(), conid, aor, id);

	release();
	return n;
}

int tr_store_has(
		int conid, const uint8_t id[TR_REGISTRATION_LEN], struct tr_view aor)
{
	int has = tr_flows_has(hold(), conid, id, aor);

	release();
	return has;
}

enum tr_flows_asked tr_store_ask(int conid, const struct tr_flows_ask *ask)
{
	enum tr_flows_asked result =
			tr_flows_ask(hold(), conid, ask, tr_store_now());

	release();
	return result;
}

void tr_store_answered(int conid, const struct tr_flows_request *request,
		const struct tr_flows_listed *listed, size_t n)
{
	tr_flows_answered(hold(), conid, request, listed, n, tr_store_now());
	release_and_tell();
}

int tr_store_own(
		int conid, const uint8_t id[TR_REGISTRATION_LEN], char *uri, size_t cap)
{
	int len = tr_flows_own(hold(), conid, id, uri, cap);

	release();
	return len;
}

int tr_store_follow(const uint8_t id[TR_REGISTRATION_LEN], struct tr_peer *peer,
		char *uri, size_t cap, size_t *len)
{
	unsigned char where[TR_FLOWS_PEER_LEN];
	int64_t now = tr_store_now();
	int conid = tr_flows_follow(hold(), id, now, where, uri, cap, len);

	release();
	if(conid >= 0) {
		memcpy(peer, where, sizeof(*peer));
	}
	return conid;
}

int tr_store_follow_conn(int conid, struct tr_peer *peer)
{
	unsigned char where[TR_FLOWS_PEER_LEN];
	int64_t now = tr_store_now();
	int rc = tr_flows_follow_conn(hold(), conid, now, where);

	release();
	if(rc == 0) {
		memcpy(peer, where, sizeof(*peer));
	}
	return rc;
}

void tr_store_drop(int conid)
{
	/* cert_match tells of connections until the very end of the process */
	if(store == NULL) {
		return;
	}
	tr_flows_drop(hold(), conid);
	release();
}

int tr_store_get(int conid, const uint8_t *id, struct tr_flows_row *row)
{
	int rc = tr_flows_row(hold(), conid, id, tr_store_now(), row);

	release();
	return rc;
}

unsigned tr_store_list(
		unsigned offset, unsigned limit, struct tr_flows_row *rows)
{
	int64_t now = tr_store_now();
	unsigned step = 0, n = 0;
	int got = 0;

	while(got >= 0 && n < limit) {
		struct tr_flows *t = hold();
		unsigned until = step + LIST_STEP;

		while(step < until && n < limit
				&& (got = tr_flows_list(
							t, &step, now, &offset, rows + n, limit - n))
						   >= 0) {
			n += (unsigned)got;
		}
		release();
	}
	return n;
}

void tr_store_peer(const struct tr_flows_row *row, struct tr_peer *peer)
{
	memcpy(peer, row->peer, sizeof(*peer));
}

long tr_store_count(void)
{
	return store != NULL ? (long)tr_flows_count(store->flows) : 0;
}

long tr_store_registered(void)
{
	return store != NULL ? (long)tr_flows_registered(store->flows) : 0;
}
