/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which handshakes failed lately, and how often did whose? Indexes take the
 * place of pointers, so that the block may lie anywhere. */

#include <string.h>

#include "cm_ring.h"

#define CM_NONE UINT32_MAX
#define CM_BLOCK_ALIGN 16u

/* A peer is in one chain of the hash, and in the list by time. */
struct cm_peer_slot {
	struct cm_failing facts;
	uint32_t chain;
	uint32_t newer;
	uint32_t older;
};

struct cm_ring {
	uint64_t newest;
	uint64_t seed;
	unsigned max;
	unsigned peers_max;
	unsigned peers;
	uint32_t mask;   /* of the hash heads */
	uint32_t latest; /* the ends of the list by time */
	uint32_t quietest;
	/* views into the same block */
	struct cm_failure *failure;
	struct cm_peer_slot *peer;
	uint32_t *head;
};

static size_t cm_aligned(size_t size)
{
	return (size + CM_BLOCK_ALIGN - 1) / CM_BLOCK_ALIGN * CM_BLOCK_ALIGN;
}

static uint32_t cm_heads(unsigned peers)
{
	uint32_t n = 1;

	while(n < peers && n < 1u << 31)
		n *= 2;
	return n;
}

size_t cm_ring_size(unsigned max, unsigned peers)
{
	return cm_aligned(sizeof(struct cm_ring))
		   + cm_aligned(max * sizeof(struct cm_failure))
		   + cm_aligned(peers * sizeof(struct cm_peer_slot))
		   + cm_heads(peers) * sizeof(uint32_t);
}

struct cm_ring *cm_ring_make(
		void *memory, unsigned max, unsigned peers, uint64_t seed)
{
	struct cm_ring *r = memory;
	unsigned char *at = memory;

	memset(memory, 0, cm_ring_size(max, peers));
	at += cm_aligned(sizeof(*r));
	r->failure = (struct cm_failure *)(void *)at;
	at += cm_aligned(max * sizeof(struct cm_failure));
	r->peer = (struct cm_peer_slot *)(void *)at;
	at += cm_aligned(peers * sizeof(struct cm_peer_slot));
	r->head = (uint32_t *)(void *)at;
	r->seed = seed;
	r->max = max;
	r->peers_max = peers;
	r->mask = cm_heads(peers) - 1;
	r->latest = r->quietest = CM_NONE;
	memset(r->head, 0xff, ((size_t)r->mask + 1) * sizeof(uint32_t));
	return r;
}

/* --- peers ----------------------------------------------------------------- */

static int cm_same(const struct cm_address *a, const struct cm_address *b)
{
	return a->len == b->len && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Who does not know the seed cannot aim at one chain; who does finds at most
 * peers_max entries in it. */
static uint32_t *cm_head(const struct cm_ring *r, const struct cm_address *a)
{
	uint64_t half[2], h = r->seed ^ a->len;
	int i;

	memcpy(half, a->ip, sizeof(half));
	for(i = 0; i < 2; i++) {
		/* the finisher of MurmurHash3 */
		h ^= half[i];
		h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
		h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
		h = (h ^ h >> 33) + r->seed;
	}
	return &r->head[h & r->mask];
}

static uint32_t cm_lookup(const struct cm_ring *r, const struct cm_address *a)
{
	uint32_t i = *cm_head(r, a);

	while(i != CM_NONE && !cm_same(&r->peer[i].facts.peer, a))
		i = r->peer[i].chain;
	return i;
}

static void cm_list_remove(struct cm_ring *r, uint32_t i)
{
	struct cm_peer_slot *p = &r->peer[i];

	if(p->newer == CM_NONE)
		r->latest = p->older;
	else
		r->peer[p->newer].older = p->older;
	if(p->older == CM_NONE)
		r->quietest = p->newer;
	else
		r->peer[p->older].newer = p->newer;
}

static void cm_list_add(struct cm_ring *r, uint32_t i)
{
	r->peer[i].newer = CM_NONE;
	r->peer[i].older = r->latest;
	if(r->latest == CM_NONE)
		r->quietest = i;
	else
		r->peer[r->latest].newer = i;
	r->latest = i;
}

static void cm_chain_remove(struct cm_ring *r, uint32_t i)
{
	uint32_t *link = cm_head(r, &r->peer[i].facts.peer);

	while(*link != i)
		link = &r->peer[*link].chain;
	*link = r->peer[i].chain;
}

/* A slot for a new peer, out of the chains and the list. */
static uint32_t cm_slot(struct cm_ring *r, int *evicted)
{
	uint32_t i = r->quietest;

	*evicted = r->peers == r->peers_max;
	if(!*evicted)
		return r->peers++;
	cm_chain_remove(r, i);
	cm_list_remove(r, i);
	return i;
}

static uint64_t cm_peer_add(
		struct cm_ring *r, const struct cm_failure *f, int *evicted)
{
	uint32_t i = cm_lookup(r, &f->peer), *head;
	struct cm_failing *facts;

	*evicted = 0;
	if(i != CM_NONE) {
		cm_list_remove(r, i);
	} else {
		i = cm_slot(r, evicted);
		head = cm_head(r, &f->peer);
		r->peer[i].chain = *head;
		*head = i;
		r->peer[i].facts.count = 0;
		r->peer[i].facts.first = f->when;
	}
	cm_list_add(r, i);
	facts = &r->peer[i].facts;
	facts->peer = f->peer;
	facts->last = f->when;
	facts->cause = f->cause;
	return ++facts->count;
}

unsigned cm_ring_failing(
		const struct cm_ring *r, struct cm_failing *out, unsigned max)
{
	unsigned n = 0;
	uint32_t i;

	for(i = r->latest; i != CM_NONE && n < max; i = r->peer[i].older)
		out[n++] = r->peer[i].facts;
	return n;
}

uint64_t cm_ring_count(const struct cm_ring *r, const struct cm_address *peer)
{
	uint32_t i = cm_lookup(r, peer);

	return i == CM_NONE ? 0 : r->peer[i].facts.count;
}

unsigned cm_ring_peers(const struct cm_ring *r)
{
	return r->peers;
}

unsigned cm_ring_peers_max(const struct cm_ring *r)
{
	return r->peers_max;
}

/* --- failures -------------------------------------------------------------- */

int cm_ring_add(struct cm_ring *r, const struct cm_failure *failure)
{
	struct cm_failure *f;
	uint64_t of_peer;
	int evicted;

	of_peer = cm_peer_add(r, failure, &evicted);
	r->newest++;
	if(r->max == 0)
		return evicted;
	f = &r->failure[(r->newest - 1) % r->max];
	*f = *failure;
	f->number = r->newest;
	f->of_peer = of_peer;
	return evicted;
}

uint64_t cm_ring_newest(const struct cm_ring *r)
{
	return r->newest;
}

uint64_t cm_ring_oldest(const struct cm_ring *r)
{
	return r->newest > r->max ? r->newest - r->max + 1
							  : (r->max > 0 ? 1 : r->newest + 1);
}

unsigned cm_ring_max(const struct cm_ring *r)
{
	return r->max;
}

int cm_ring_get(
		const struct cm_ring *r, uint64_t number, struct cm_failure *out)
{
	if(number < cm_ring_oldest(r) || number > r->newest)
		return -1;
	*out = r->failure[(number - 1) % r->max];
	return 0;
}

int cm_ring_before(const struct cm_ring *r, uint64_t before,
		const struct cm_address *peer, struct cm_failure *out)
{
	uint64_t oldest = cm_ring_oldest(r), n;

	if(before > r->newest)
		before = r->newest + 1;
	for(n = before; n > oldest; n--) {
		const struct cm_failure *f = &r->failure[(n - 2) % r->max];

		if(peer && !cm_same(peer, &f->peer))
			continue;
		*out = *f;
		return 0;
	}
	return -1;
}
