/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do all processes come to have the same keys? See the header. */
#include "tr_key_store.h"

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include <openssl/crypto.h>
#include <string.h>

struct key_store {
	gen_lock_t lock;
	unsigned generation; /* atomic */
	struct tr_key_set set;
};

/* The second is each process's own, filled before the fork. */
static struct {
	struct key_store *shared; /* shared memory, made before the fork */
	unsigned generation;      /* of copy */
	struct tr_key_set copy;
} keys;

int tr_key_store_init(const struct tr_key_set *set)
{
	struct key_store *s = shm_malloc(sizeof(*s));

	if(s == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(s, 0, sizeof(*s));
	if(lock_init(&s->lock) == NULL) {
		LM_ERR("cannot make the lock of the keys\n");
		shm_free(s);
		return -1;
	}
	s->set = *set;
	keys.shared = s;
	keys.copy = *set;
	return 0;
}

void tr_key_store_put(const struct tr_key_set *set)
{
	struct key_store *s = keys.shared;

	lock_get(&s->lock);
	s->set = *set;
	__atomic_store_n(&s->generation, s->generation + 1, __ATOMIC_RELEASE);
	lock_release(&s->lock);
}

const struct tr_key_set *tr_key_now(void)
{
	struct key_store *s = keys.shared;

	if(__atomic_load_n(&s->generation, __ATOMIC_ACQUIRE) != keys.generation) {
		lock_get(&s->lock);
		keys.copy = s->set;
		keys.generation = s->generation;
		lock_release(&s->lock);
	}
	return &keys.copy;
}

void tr_key_store_destroy(void)
{
	if(keys.shared == NULL) {
		return;
	}
	lock_destroy(&keys.shared->lock);
	OPENSSL_cleanse(keys.shared, sizeof(*keys.shared));
	shm_free(keys.shared);
	OPENSSL_cleanse(&keys, sizeof(keys));
}
