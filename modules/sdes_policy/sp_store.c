/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_store answers: which policy is in force now? See sp_store.h.
 */
#include <stddef.h>
#include <string.h>

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "sp_store.h"
#include "sp_xml.h"

struct block {
	int readers; /* and one for being in force */
	time_t loaded;
	struct sp_rules rules;
};

struct store {
	gen_lock_t lock;
	struct block *current;
};

static struct store *store;

/* sp_xml's allocator: room for the rules inside a block. */
static void *block_alloc(size_t size)
{
	struct block *b;

	if(size > sizeof(b->rules))
		return NULL;
	b = shm_malloc(sizeof(*b));
	if(b == NULL)
		return NULL;
	memset(b, 0, sizeof(*b));
	return &b->rules;
}

static struct block *block_of(const struct sp_rules *rules)
{
	return (struct block *)((char *)(uintptr_t)rules
							- offsetof(struct block, rules));
}

static void block_free(void *rules)
{
	shm_free(block_of(rules));
}

int sp_store_init(void)
{
	sp_xml_init();
	store = shm_malloc(sizeof(*store));
	if(store == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(store, 0, sizeof(*store));
	if(lock_init(&store->lock) == NULL) {
		LM_ERR("cannot make a lock\n");
		shm_free(store);
		store = NULL;
		return -1;
	}
	return 0;
}

void sp_store_destroy(void)
{
	if(store == NULL)
		return;
	if(store->current != NULL)
		shm_free(store->current);
	lock_destroy(&store->lock);
	shm_free(store);
	store = NULL;
}

static void swap(struct block *new)
{
	struct block *old;

	new->readers = 1;
	new->loaded = time(NULL);
	lock_get(&store->lock);
	old = store->current;
	store->current = new;
	if(old != NULL && --old->readers > 0)
		old = NULL; /* its last reader frees it */
	lock_release(&store->lock);
	if(old != NULL)
		shm_free(old);
}

int sp_store_load(const char *path, struct sp_buf *why)
{
	static const struct sp_allocator shared = {block_alloc, block_free};
	struct sp_rules *rules = sp_xml_load(path, &shared, why);

	if(rules == NULL)
		return -1;
	swap(block_of(rules));
	return 0;
}

const struct sp_rules *sp_store_get(void)
{
	struct block *b;

	lock_get(&store->lock);
	b = store->current;
	b->readers++;
	lock_release(&store->lock);
	return &b->rules;
}

void sp_store_put(const struct sp_rules *rules)
{
	struct block *b = block_of(rules);

	lock_get(&store->lock);
	if(--b->readers > 0)
		b = NULL;
	lock_release(&store->lock);
	if(b != NULL)
		shm_free(b);
}

time_t sp_store_loaded(const struct sp_rules *rules)
{
	return block_of(rules)->loaded;
}
