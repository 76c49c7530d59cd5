/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do we know about each TLS connection? Records in shared memory. */

#include <string.h>

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "cm_store.h"

#define CM_BUCKETS_MIN 256u
#define CM_BUCKETS_MAX 65536u

struct cm_bucket {
	gen_lock_t lock;
	struct cm_rec *first;
};

struct cm_store {
	unsigned max;
	unsigned mask;
	unsigned count;  /* atomic */
	unsigned number; /* atomic: of the last connection */
	struct cm_bucket bucket[];
};

static struct cm_store *cm_store;

static struct cm_bucket *cm_bucket(int id)
{
	return &cm_store->bucket[(unsigned)id & cm_store->mask];
}

int cm_store_init(unsigned max_connections)
{
	unsigned n = CM_BUCKETS_MIN, i;
	size_t size;

	/* ids are given out one after the other: they spread by themselves */
	while(n < max_connections && n < CM_BUCKETS_MAX)
		n *= 2;
	size = sizeof(struct cm_store) + n * sizeof(struct cm_bucket);
	cm_store = shm_malloc(size);
	if(!cm_store) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(cm_store, 0, size);
	cm_store->max = max_connections;
	cm_store->mask = n - 1;
	for(i = 0; i < n; i++) {
		if(lock_init(&cm_store->bucket[i].lock) == 0) {
			LM_ERR("no lock for the connection table\n");
			cm_store_destroy();
			return -1;
		}
	}
	return 0;
}

static void cm_rec_free(struct cm_rec *rec)
{
	if(rec->expected)
		shm_free(rec->expected);
	if(rec->on_behalf)
		shm_free(rec->on_behalf);
	if(rec->facts)
		shm_free(rec->facts);
	if(rec->trace)
		shm_free(rec->trace);
	shm_free(rec);
}

void cm_store_destroy(void)
{
	unsigned i;

	if(!cm_store)
		return;
	for(i = 0; i <= cm_store->mask; i++) {
		struct cm_rec *rec = cm_store->bucket[i].first;

		while(rec) {
			struct cm_rec *next = rec->next;

			cm_rec_free(rec);
			rec = next;
		}
		lock_destroy(&cm_store->bucket[i].lock);
	}
	shm_free(cm_store);
	cm_store = NULL;
}

int cm_store_number(void)
{
	unsigned n = __atomic_add_fetch(&cm_store->number, 1, __ATOMIC_RELAXED);

	return (int)(CM_NUMBERS | (n & (CM_NUMBERS - 1)));
}

static char *cm_name_dup(const struct cm_name *name)
{
	char *s = shm_malloc(name->len + 1);

	if(!s) {
		SHM_MEM_ERROR;
		return NULL;
	}
	memcpy(s, name->text, name->len);
	s[name->len] = '\0';
	return s;
}

static int cm_rec_fill(struct cm_rec *rec, const struct cm_name *expect,
		const struct cm_name *on_behalf, const struct cm_trace *trace)
{
	if(expect && (rec->expected = cm_name_dup(expect)) == NULL)
		return -1;
	if(on_behalf && (rec->on_behalf = cm_name_dup(on_behalf)) == NULL)
		return -1;
	rec->trace = shm_malloc(sizeof(*rec->trace));
	if(!rec->trace) {
		SHM_MEM_ERROR;
		return -1;
	}
	*rec->trace = *trace;
	rec->trace->domain = rec->expected;
	return 0;
}

int cm_store_open(const struct cm_conn_info *info, const struct cm_name *expect,
		const struct cm_name *on_behalf, const struct cm_trace *trace)
{
	struct cm_bucket *b;
	struct cm_rec *rec;

	if(__atomic_add_fetch(&cm_store->count, 1, __ATOMIC_RELAXED)
			> cm_store->max) {
		__atomic_sub_fetch(&cm_store->count, 1, __ATOMIC_RELAXED);
		return 1;
	}
	rec = shm_malloc(sizeof(*rec));
	if(!rec) {
		SHM_MEM_ERROR;
		goto error;
	}
	memset(rec, 0, sizeof(*rec));
	rec->info = *info;
	rec->opened = time(NULL);
	if(cm_rec_fill(rec, expect, on_behalf, trace) < 0) {
		cm_rec_free(rec);
		goto error;
	}
	b = cm_bucket(info->id);
	lock_get(&b->lock);
	rec->next = b->first;
	b->first = rec;
	lock_release(&b->lock);
	return 0;
error:
	__atomic_sub_fetch(&cm_store->count, 1, __ATOMIC_RELAXED);
	return -1;
}

/* the caller holds the bucket's lock */
static struct cm_rec *cm_find(struct cm_bucket *b, int id)
{
	struct cm_rec *rec;

	for(rec = b->first; rec; rec = rec->next)
		if(rec->info.id == id)
			return rec;
	return NULL;
}

struct cm_rec *cm_store_find(int id)
{
	struct cm_bucket *b = cm_bucket(id);
	struct cm_rec *rec;

	lock_get(&b->lock);
	rec = cm_find(b, id);
	lock_release(&b->lock);
	return rec;
}

void cm_store_state(struct cm_rec *rec, enum cm_state state)
{
	struct cm_bucket *b = cm_bucket(rec->info.id);

	lock_get(&b->lock);
	/* states only go forward: a writer may be late */
	if(state > rec->info.state)
		rec->info.state = state;
	lock_release(&b->lock);
}

void cm_store_local(struct cm_rec *rec, const struct ip_addr *ip,
		unsigned short port, struct socket_info *sock)
{
	struct cm_bucket *b = cm_bucket(rec->info.id);

	lock_get(&b->lock);
	rec->info.local_ip = *ip;
	rec->info.local_port = port;
	rec->info.sock = sock;
	lock_release(&b->lock);
}

int cm_store_establish(struct cm_rec *rec, struct cm_facts *facts)
{
	struct cm_bucket *b = cm_bucket(rec->info.id);
	int first;

	lock_get(&b->lock);
	first = rec->facts == NULL;
	if(first) {
		rec->facts = facts;
		rec->info.certificate = facts->has_cert;
		rec->info.verified = facts->has_cert && facts->verified;
		rec->info.identities = (int)facts->count;
		if(rec->info.state < CM_STATE_ESTABLISHED)
			rec->info.state = CM_STATE_ESTABLISHED;
	}
	lock_release(&b->lock);
	if(!first)
		shm_free(facts);
	return first;
}

void cm_store_trace_end(struct cm_rec *rec)
{
	shm_free(rec->trace);
	rec->trace = NULL;
}

struct cm_rec *cm_store_take(int id)
{
	struct cm_bucket *b;
	struct cm_rec **link, *rec;

	if(!cm_store)
		return NULL;
	b = cm_bucket(id);
	lock_get(&b->lock);
	for(link = &b->first; (rec = *link) != NULL; link = &rec->next) {
		if(rec->info.id == id) {
			*link = rec->next;
			break;
		}
	}
	lock_release(&b->lock);
	return rec;
}

void cm_store_free(struct cm_rec *rec)
{
	cm_rec_free(rec);
	__atomic_sub_fetch(&cm_store->count, 1, __ATOMIC_RELAXED);
}

int cm_store_expect(int id, const struct cm_name *domain)
{
	struct cm_bucket *b = cm_bucket(id);
	char *mine = cm_name_dup(domain), *old = mine;
	struct cm_rec *rec;

	if(!mine)
		return -1;
	lock_get(&b->lock);
	rec = cm_find(b, id);
	if(rec && rec->info.state == CM_STATE_OPENED && rec->trace) {
		old = rec->expected;
		rec->expected = mine;
		rec->trace->domain = mine;
		rec->trace->expect = CM_EXPECT_DOMAIN;
	} else {
		rec = NULL;
	}
	lock_release(&b->lock);
	if(old)
		shm_free(old);
	return rec ? 0 : -1;
}

void cm_store_message_in(int id)
{
	struct cm_bucket *b = cm_bucket(id);
	struct cm_rec *rec;

	lock_get(&b->lock);
	rec = cm_find(b, id);
	if(rec)
		rec->traffic.messages_in++;
	lock_release(&b->lock);
}

int cm_store_with(int id, int (*fn)(const struct cm_rec *rec, void *arg),
		void *arg, int none)
{
	struct cm_bucket *b = cm_bucket(id);
	struct cm_rec *rec;
	int ret = none;

	lock_get(&b->lock);
	rec = cm_find(b, id);
	if(rec)
		ret = fn(rec, arg);
	lock_release(&b->lock);
	return ret;
}

unsigned cm_store_ids(int *ids, unsigned max, unsigned skip)
{
	unsigned i, n = 0;

	for(i = 0; i <= cm_store->mask && n < max; i++) {
		struct cm_bucket *b = &cm_store->bucket[i];
		struct cm_rec *rec;

		if(!b->first)
			continue;
		lock_get(&b->lock);
		for(rec = b->first; rec && n < max; rec = rec->next) {
			if(skip > 0)
				skip--;
			else
				ids[n++] = rec->info.id;
		}
		lock_release(&b->lock);
	}
	return n;
}

unsigned cm_store_count(void)
{
	return __atomic_load_n(&cm_store->count, __ATOMIC_RELAXED);
}

unsigned cm_store_max(void)
{
	return cm_store->max;
}
