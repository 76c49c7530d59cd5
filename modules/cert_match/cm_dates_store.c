/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates do all processes know of? A table in shared memory. */

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "cm_dates_store.h"

struct cm_dates_store {
	gen_lock_t lock;
	int news; /* atomic */
	struct cm_dates *dates;
	uint64_t table[]; /* aligned for it */
};

static struct cm_dates_store *cm_dates_store;

int cm_dates_store_init(unsigned own, unsigned peers)
{
	size_t size = sizeof(*cm_dates_store) + cm_dates_size(own, peers);

	cm_dates_store = shm_malloc(size);
	if(!cm_dates_store) {
		LM_ERR("no shared memory for %u certificates (%zu octets): start "
			   "kamailio with more (-m), or lower modparam "
			   "max_certificates\n",
				own + peers, size);
		return -1;
	}
	cm_dates_store->news = 0;
	cm_dates_store->dates = cm_dates_make(cm_dates_store->table, own, peers);
	if(lock_init(&cm_dates_store->lock) == 0) {
		LM_ERR("no lock for the table of certificates\n");
		shm_free(cm_dates_store);
		cm_dates_store = NULL;
		return -1;
	}
	return 0;
}

void cm_dates_store_destroy(void)
{
	if(!cm_dates_store)
		return;
	lock_destroy(&cm_dates_store->lock);
	shm_free(cm_dates_store);
	cm_dates_store = NULL;
}

enum cm_noted cm_dates_store_note(const struct cm_date *seen)
{
	enum cm_noted noted;

	lock_get(&cm_dates_store->lock);
	noted = cm_dates_note(cm_dates_store->dates, seen);
	lock_release(&cm_dates_store->lock);
	if(noted != CM_NOTED_AGAIN)
		__atomic_store_n(&cm_dates_store->news, 1, __ATOMIC_RELEASE);
	return noted;
}

int cm_dates_store_news(void)
{
	return __atomic_exchange_n(&cm_dates_store->news, 0, __ATOMIC_ACQ_REL);
}

unsigned cm_dates_store_keys(
		const struct cm_pick *pick, struct cm_date_key *keys, unsigned max)
{
	unsigned n;

	lock_get(&cm_dates_store->lock);
	n = cm_dates_keys(cm_dates_store->dates, pick, keys, max);
	lock_release(&cm_dates_store->lock);
	return n;
}

int cm_dates_store_get(const struct cm_date_key *key, struct cm_date *date)
{
	int ret;

	lock_get(&cm_dates_store->lock);
	ret = cm_dates_get(cm_dates_store->dates, key, date);
	lock_release(&cm_dates_store->lock);
	return ret;
}

void cm_dates_store_told(const struct cm_date_key *key, int64_t day)
{
	lock_get(&cm_dates_store->lock);
	cm_dates_told(cm_dates_store->dates, key, day);
	lock_release(&cm_dates_store->lock);
}

unsigned cm_dates_store_count(enum cm_owner owner)
{
	unsigned n;

	lock_get(&cm_dates_store->lock);
	n = cm_dates_count(cm_dates_store->dates, owner);
	lock_release(&cm_dates_store->lock);
	return n;
}

unsigned cm_dates_store_max(void)
{
	return cm_dates_max(cm_dates_store->dates);
}

unsigned long cm_dates_store_evicted(void)
{
	unsigned long n;

	lock_get(&cm_dates_store->lock);
	n = cm_dates_evicted(cm_dates_store->dates);
	lock_release(&cm_dates_store->lock);
	return n;
}

void cm_dates_store_begin(void)
{
	lock_get(&cm_dates_store->lock);
	cm_dates_begin(cm_dates_store->dates);
	lock_release(&cm_dates_store->lock);
}

void cm_dates_store_keep(const char *place)
{
	lock_get(&cm_dates_store->lock);
	cm_dates_keep(cm_dates_store->dates, place);
	lock_release(&cm_dates_store->lock);
}

unsigned cm_dates_store_end(void)
{
	unsigned n;

	lock_get(&cm_dates_store->lock);
	n = cm_dates_end(cm_dates_store->dates);
	lock_release(&cm_dates_store->lock);
	return n;
}
