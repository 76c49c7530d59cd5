/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which phones' connections are there now, for which requests may come? */
#include "tr_store.h"

#include "../../core/atomic_ops.h"
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include <string.h>

#define BUCKETS 4096 /* the core counts connections up: chains stay short */

struct record {
	struct record *next;
	struct tr_flow_info info;
};

struct bucket {
	gen_lock_t lock;
	struct record *first;
};

struct store {
	atomic_t count;
	unsigned max;
	struct bucket buckets[BUCKETS];
};

static struct store *store; /* shared memory, made before the fork */

static struct bucket *bucket_of(int conid)
{
	return &store->buckets[(unsigned)conid % BUCKETS];
}

/* Where the record of conid hangs, or would; the bucket is locked. */
static struct record **find(struct bucket *b, int conid)
{
	struct record **at = &b->first;

	while(*at != NULL && (*at)->info.conid != conid) {
		at = &(*at)->next;
	}
	return at;
}

/* Keeps a text of the wire: bounded, terminated, without control characters
 * that would upset a terminal. */
static void keep_text(char *to, size_t max, const str *from)
{
	size_t len = (size_t)from->len, i;

	if(len > max) {
		len = max;
	}
	for(i = 0; i < len; i++) {
		to[i] = (unsigned char)from->s[i] < ' ' ? '?' : from->s[i];
	}
	if((size_t)from->len > max) {
		memcpy(to + max - 3, "...", 3);
	}
	to[len] = '\0';
}

int tr_store_init(unsigned max_flows)
{
	size_t i;

	store = shm_malloc(sizeof(*store));
	if(store == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(store, 0, sizeof(*store));
	store->max = max_flows;
	atomic_set(&store->count, 0);
	for(i = 0; i < BUCKETS; i++) {
		if(lock_init(&store->buckets[i].lock) == NULL) {
			LM_ERR("cannot make the locks of the flow table\n");
			return -1;
		}
	}
	return 0;
}

void tr_store_destroy(void)
{
	size_t i;

	if(store == NULL) {
		return;
	}
	for(i = 0; i < BUCKETS; i++) {
		struct record *r = store->buckets[i].first;

		while(r != NULL) {
			struct record *next = r->next;

			shm_free(r);
			r = next;
		}
		lock_destroy(&store->buckets[i].lock);
	}
	shm_free(store);
	store = NULL;
}

/* The bucket is locked, and has no such record. */
static int make(struct record **at, int conid, const struct tr_peer *peer)
{
	struct record *r;

	if(atomic_add(&store->count, 1) > (int)store->max) {
		atomic_dec(&store->count);
		return TR_STORE_FULL;
	}
	r = shm_malloc(sizeof(*r));
	if(r == NULL) {
		atomic_dec(&store->count);
		SHM_MEM_ERROR;
		return TR_STORE_NO_MEMORY;
	}
	memset(r, 0, sizeof(*r));
	r->info.conid = conid;
	r->info.peer = *peer;
	r->info.created = time(NULL);
	*at = r;
	return 1;
}

int tr_store_seen(int conid, const struct tr_peer *peer, const str *user_agent)
{
	struct bucket *b = bucket_of(conid);
	struct record **at;
	int rc = 0;

	lock_get(&b->lock);
	at = find(b, conid);
	if(*at == NULL) {
		rc = make(at, conid, peer);
	}
	if(rc >= 0) {
		(*at)->info.in++;
		(*at)->info.last_used = time(NULL);
		if(user_agent != NULL) {
			keep_text((*at)->info.user_agent, TR_STORE_UA_MAX, user_agent);
		}
	}
	lock_release(&b->lock);
	return rc;
}

int tr_store_use(int conid, struct tr_peer *peer)
{
	struct bucket *b = bucket_of(conid);
	struct record *r;

	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL) {
		r->info.out++;
		r->info.last_used = time(NULL);
		*peer = r->info.peer;
	}
	lock_release(&b->lock);
	return r != NULL ? 0 : -1;
}

void tr_store_registered(int conid, const str *aor, uint32_t seconds)
{
	struct bucket *b = bucket_of(conid);
	struct record *r;

	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL && aor == NULL) {
		r->info.aor[0] = '\0';
		r->info.expires = 0;
	} else if(r != NULL) {
		keep_text(r->info.aor, TR_STORE_AOR_MAX, aor);
		r->info.expires = time(NULL) + (time_t)seconds;
	}
	lock_release(&b->lock);
}

void tr_store_drop(int conid)
{
	struct bucket *b;
	struct record **at, *r;

	/* cert_match tells of connections until the very end of the process */
	if(store == NULL) {
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
		atomic_dec(&store->count);
	}
}

int tr_store_get(int conid, struct tr_flow_info *out)
{
	struct bucket *b = bucket_of(conid);
	struct record *r;

	lock_get(&b->lock);
	r = *find(b, conid);
	if(r != NULL) {
		*out = r->info;
	}
	lock_release(&b->lock);
	return r != NULL ? 0 : -1;
}

unsigned tr_store_list(
		unsigned offset, unsigned limit, struct tr_flow_info *out)
{
	unsigned n = 0, i;

	for(i = 0; i < BUCKETS && n < limit; i++) {
		struct bucket *b = &store->buckets[i];
		struct record *r;

		lock_get(&b->lock);
		for(r = b->first; r != NULL && n < limit; r = r->next) {
			if(offset > 0) {
				offset--;
			} else {
				out[n++] = r->info;
			}
		}
		lock_release(&b->lock);
	}
	return n;
}

long tr_store_count(void)
{
	return store != NULL ? atomic_get(&store->count) : 0;
}
