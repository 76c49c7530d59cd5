/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections to peer domains are there now? */
#include "tr_peers.h"

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Rows that are looked at under one hold of the lock when they are listed. */
#define LIST_STEP 256

struct ticket {
	int number;
	int conid;
};

struct local {
	uint8_t len;
	char text[TR_NAME_MAX];
};

struct peers {
	gen_lock_t alias_lock; /* of the tickets, too */
	gen_lock_t target_lock;
	unsigned max;
	struct tr_alias_table *aliases;
	struct tr_target_table *targets;
	unsigned locals;
	struct local local[TR_PEERS_LOCALS_MAX]; /* under alias_lock */
	int tickets; /* the last one that was given out */
	struct ticket ticket[TR_PEERS_TICKETS];
};

static struct peers *peers; /* shared memory, made before the fork */

static int make_tables(struct peers *p, unsigned max_aliases)
{
	uint8_t seed[TR_HASH_SEED_LEN];
	void *aliases = shm_malloc(tr_alias_size(max_aliases));
	void *targets = shm_malloc(tr_target_size());

	if(aliases == NULL || targets == NULL
			|| getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
		LM_ERR("no shared memory for %u aliases of 512 octets, or no"
			   " randomness: start kamailio with more memory (-m), or lower"
			   " max_aliases\n",
				max_aliases);
		if(aliases != NULL) {
			shm_free(aliases);
		}
		if(targets != NULL) {
			shm_free(targets);
		}
		return -1;
	}
	p->max = max_aliases;
	p->aliases = tr_alias_init(aliases, max_aliases, seed);
	p->targets = tr_target_init(targets, seed);
	return 0;
}

int tr_peers_init(unsigned max_aliases)
{
	struct peers *p = shm_mallocxz(sizeof(*p));

	if(p == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	if(lock_init(&p->alias_lock) == NULL || lock_init(&p->target_lock) == NULL
			|| make_tables(p, max_aliases) != 0) {
		shm_free(p);
		return -1;
	}
	peers = p;
	return 0;
}

void tr_peers_destroy(void)
{
	if(peers == NULL) {
		return;
	}
	lock_destroy(&peers->alias_lock);
	lock_destroy(&peers->target_lock);
	shm_free(peers->aliases);
	shm_free(peers->targets);
	shm_free(peers);
	peers = NULL;
}

/* --- searching -------------------------------------------------------------- */

/* Steps through the keys that a search for key looks at: itself, and without a
 * local domain those with each local domain that peers know, of which only what
 * peers opened counts (fits()). i begins at 0. 0, or -1: that was all. */
static int next_key(
		const struct tr_alias_key *key, unsigned i, struct tr_alias_key *now)
{
	*now = *key;
	if(i == 0) {
		return 0;
	}
	if(key->local.len > 0 || i > peers->locals) {
		return -1;
	}
	now->local.s = peers->local[i - 1].text;
	now->local.len = peers->local[i - 1].len;
	return 0;
}

/* RFC 5923 s9.3: what we opened on behalf of a domain is for that one alone. */
static int fits(uint32_t at, unsigned i)
{
	return i == 0 || tr_alias_at(peers->aliases, at)->dir == TR_ALIAS_ACCEPTED;
}

/* The row of this connection for key, or TR_ALIAS_NONE; *now is its key. The
 * lock is held. */
static uint32_t row_of(
		const struct tr_alias_key *key, int conid, struct tr_alias_key *now)
{
	uint32_t at;
	unsigned i;

	for(i = 0; next_key(key, i, now) == 0; i++) {
		at = tr_alias_find(peers->aliases, now);
		while(at != TR_ALIAS_NONE
				&& tr_alias_conid(peers->aliases, at) != conid) {
			at = tr_alias_next(peers->aliases, at);
		}
		if(at != TR_ALIAS_NONE && fits(at, i)) {
			return at;
		}
	}
	return TR_ALIAS_NONE;
}

unsigned tr_peers_find(
		const struct tr_alias_key *key, struct tr_alias_row *rows, unsigned max)
{
	struct tr_alias_key now;
	unsigned n, i;
	uint32_t at;

	lock_get(&peers->alias_lock);
	n = tr_alias_rows(peers->aliases, key, rows, max);
	for(i = 1; n < max && next_key(key, i, &now) == 0; i++) {
		at = tr_alias_find(peers->aliases, &now);
		for(; at != TR_ALIAS_NONE && n < max;
				at = tr_alias_next(peers->aliases, at)) {
			if(fits(at, i)) {
				rows[n].slot = at;
				rows[n++].conid = tr_alias_conid(peers->aliases, at);
			}
		}
	}
	lock_release(&peers->alias_lock);
	return n;
}

int tr_peers_has(const struct tr_alias_key *key, int conid)
{
	struct tr_alias_key now;
	uint32_t at;

	lock_get(&peers->alias_lock);
	at = row_of(key, conid, &now);
	lock_release(&peers->alias_lock);
	return at != TR_ALIAS_NONE;
}

int tr_peers_take(
		const struct tr_alias_key *key, const struct tr_alias_row *row)
{
	const struct tr_alias *there;
	struct tr_alias_key now;
	int rc = -1;
	unsigned i;

	lock_get(&peers->alias_lock);
	/* the slot may be another row's by now, or nobody's */
	there = tr_alias_at(peers->aliases, row->slot);
	if(there != NULL && there->conid == row->conid) {
		for(i = 0; rc != 0 && next_key(key, i, &now) == 0; i++) {
			if(fits(row->slot, i)) {
				rc = tr_alias_use(peers->aliases, row->slot, &now, time(NULL));
			}
		}
	}
	lock_release(&peers->alias_lock);
	return rc;
}

void tr_peers_use(const struct tr_alias_key *key, int conid)
{
	struct tr_alias_key now;
	uint32_t at;

	lock_get(&peers->alias_lock);
	at = row_of(key, conid, &now);
	if(at != TR_ALIAS_NONE) {
		tr_alias_use(peers->aliases, at, &now, time(NULL));
	}
	lock_release(&peers->alias_lock);
}

/* --- changing --------------------------------------------------------------- */

/* Remembers a domain of ours that peers know. They are those of our own
 * certificates: few. 0, or -1: no room. The lock is held. */
static int note_local(struct tr_view name)
{
	struct local *l = peers->local;
	unsigned i;

	for(i = 0; i < peers->locals; i++, l++) {
		if(l->len == name.len && memcmp(l->text, name.s, name.len) == 0) {
			return 0;
		}
	}
	if(i == TR_PEERS_LOCALS_MAX || name.len > TR_NAME_MAX) {
		return -1;
	}
	l->len = (uint8_t)name.len;
	memcpy(l->text, name.s, name.len);
	peers->locals++;
	return 0;
}

/* Has this key as many rows as a search looks at, none of them conid's? */
static int is_enough(const struct tr_alias_key *key, int conid)
{
	uint32_t at = tr_alias_find(peers->aliases, key);
	unsigned n = 0;

	for(; at != TR_ALIAS_NONE; at = tr_alias_next(peers->aliases, at)) {
		if(tr_alias_conid(peers->aliases, at) == conid) {
			return 0;
		}
		n++;
	}
	return n >= TR_PEERS_SAME_MAX;
}

enum tr_alias_added tr_peers_add(
		const struct tr_alias_key *key, enum tr_alias_dir dir, int conid)
{
	enum tr_alias_added added = TR_ALIAS_REFUSED;
	int unknown = 0;

	lock_get(&peers->alias_lock);
	if(dir == TR_ALIAS_ACCEPTED && key->local.len > 0) {
		unknown = note_local(key->local) != 0;
	}
	if(dir != TR_ALIAS_ACCEPTED || !is_enough(key, conid)) {
		added = tr_alias_add(peers->aliases, key, dir, conid, time(NULL), NULL);
	}
	lock_release(&peers->alias_lock);
	if(unknown) {
		LM_DBG("more than %d domains of ours: requests on behalf of nobody in"
			   " particular do not look for connections to the others\n",
				TR_PEERS_LOCALS_MAX);
	}
	return added;
}

int tr_peers_has_rows(int conid)
{
	int has;

	lock_get(&peers->alias_lock);
	has = tr_alias_has(peers->aliases, conid);
	lock_release(&peers->alias_lock);
	return has;
}

unsigned tr_peers_drop(int conid)
{
	unsigned n;

	/* cert_match tells of connections until the very end of the process */
	if(peers == NULL) {
		return 0;
	}
	lock_get(&peers->alias_lock);
	n = tr_alias_remove(peers->aliases, conid);
	lock_release(&peers->alias_lock);
	return n;
}

unsigned tr_peers_list(unsigned offset, unsigned limit, struct tr_alias *out)
{
	unsigned n = 0, at = 0, end;

	while(at < peers->max && n < limit) {
		lock_get(&peers->alias_lock);
		for(end = at + LIST_STEP; at < end && n < limit; at++) {
			const struct tr_alias *row = tr_alias_at(peers->aliases, at);

			if(row != NULL && offset > 0) {
				offset--;
			} else if(row != NULL) {
				out[n++] = *row;
			}
		}
		lock_release(&peers->alias_lock);
	}
	return n;
}

long tr_peers_count(void)
{
	return peers != NULL ? (long)tr_alias_count(peers->aliases) : 0;
}

static struct ticket *place_of(int number)
{
	return &peers->ticket[(unsigned)number % TR_PEERS_TICKETS];
}

int tr_peers_ticket(void)
{
	int number;

	lock_get(&peers->alias_lock);
	number = peers->tickets > INT_MIN ? peers->tickets - 1 : -1;
	peers->tickets = number;
	lock_release(&peers->alias_lock);
	return number;
}

void tr_peers_redeem(int ticket, int conid)
{
	lock_get(&peers->alias_lock);
	place_of(ticket)->number = ticket;
	place_of(ticket)->conid = conid;
	lock_release(&peers->alias_lock);
}

int tr_peers_redeemed(int ticket)
{
	int conid = 0;

	lock_get(&peers->alias_lock);
	if(place_of(ticket)->number == ticket) {
		conid = place_of(ticket)->conid;
	}
	lock_release(&peers->alias_lock);
	return conid;
}

unsigned tr_peers_number(const struct tr_domains *pair)
{
	unsigned number;

	lock_get(&peers->target_lock);
	number = tr_target_number(peers->targets, pair, time(NULL));
	lock_release(&peers->target_lock);
	return number;
}

int tr_peers_pair(unsigned number, struct tr_domains *pair)
{
	int rc;

	lock_get(&peers->target_lock);
	rc = tr_target_pair(peers->targets, number, time(NULL), pair);
	lock_release(&peers->target_lock);
	return rc;
}
