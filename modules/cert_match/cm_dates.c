/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the certificates that were seen ends first? */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cm_dates.h"

#define CM_NONE UINT32_MAX
#define CM_NOT_TOLD (-1)

/* What is looked at when many are: apart from the texts, so that counting a
 * full table touches little memory. */
struct cm_slot {
	int64_t not_after;
	uint64_t serial; /* 0: free */
	int64_t told;    /* the day, or CM_NOT_TOLD */
	uint32_t next;   /* in its bucket, or in the free list */
	uint32_t newer;  /* peers: by the time they were seen */
	uint32_t older;
	uint32_t reading; /* own ones: the last that found it */
	enum cm_owner owner;
};

struct cm_dates {
	unsigned max[2]; /* by owner */
	unsigned count[2];
	unsigned slots;
	uint32_t mask; /* of the buckets */
	uint32_t free;
	uint32_t newest; /* peers */
	uint32_t oldest;
	uint32_t reading;
	uint64_t serial;
	unsigned long evicted;
	struct cm_date *date;
	uint32_t *bucket;
	struct cm_slot slot[];
};

/* a power of two: fingerprints spread by themselves */
static uint32_t cm_buckets(unsigned slots)
{
	uint32_t n = 1;

	while(n < slots && n < UINT32_C(1) << 20)
		n *= 2;
	return n;
}

size_t cm_dates_size(unsigned own, unsigned peers)
{
	size_t slots = (size_t)own + peers;

	return sizeof(struct cm_dates)
		   + slots * (sizeof(struct cm_slot) + sizeof(struct cm_date))
		   + cm_buckets((unsigned)slots) * sizeof(uint32_t);
}

struct cm_dates *cm_dates_make(void *memory, unsigned own, unsigned peers)
{
	struct cm_dates *t = memory;
	uint32_t i;

	memset(t, 0, cm_dates_size(own, peers));
	t->max[CM_OWNER_OWN] = own;
	t->max[CM_OWNER_PEER] = peers;
	t->slots = own + peers;
	t->mask = cm_buckets(t->slots) - 1;
	t->date = (struct cm_date *)(void *)(t->slot + t->slots);
	t->bucket = (uint32_t *)(void *)(t->date + t->slots);
	t->newest = t->oldest = CM_NONE;
	for(i = 0; i <= t->mask; i++)
		t->bucket[i] = CM_NONE;
	for(i = 0; i < t->slots; i++)
		t->slot[i].next = i + 1 < t->slots ? i + 1 : CM_NONE;
	return t;
}

static uint32_t *cm_bucket_of(struct cm_dates *t, const uint8_t *fingerprint)
{
	uint32_t hash;

	memcpy(&hash, fingerprint, sizeof(hash));
	return &t->bucket[hash & t->mask];
}

static uint32_t cm_dates_find(struct cm_dates *t, const struct cm_date *seen)
{
	uint32_t i = *cm_bucket_of(t, seen->fingerprint);

	for(; i != CM_NONE; i = t->slot[i].next)
		if(t->slot[i].owner == seen->owner
				&& memcmp(t->date[i].fingerprint, seen->fingerprint,
						   CM_FINGERPRINT_LEN)
						   == 0)
			break;
	return i;
}

static void cm_seen_link(struct cm_dates *t, uint32_t i)
{
	t->slot[i].newer = CM_NONE;
	t->slot[i].older = t->newest;
	if(t->newest != CM_NONE)
		t->slot[t->newest].newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

static void cm_seen_unlink(struct cm_dates *t, uint32_t i)
{
	uint32_t newer = t->slot[i].newer, older = t->slot[i].older;

	if(newer != CM_NONE)
		t->slot[newer].older = older;
	else
		t->newest = older;
	if(older != CM_NONE)
		t->slot[older].newer = newer;
	else
		t->oldest = newer;
}

static void cm_dates_remove(struct cm_dates *t, uint32_t i)
{
	uint32_t *link = cm_bucket_of(t, t->date[i].fingerprint);

	while(*link != i)
		link = &t->slot[*link].next;
	*link = t->slot[i].next;
	if(t->slot[i].owner == CM_OWNER_PEER)
		cm_seen_unlink(t, i);
	t->count[t->slot[i].owner]--;
	t->slot[i].serial = 0;
	t->slot[i].next = t->free;
	t->free = i;
}

/* there is a free slot */
static void cm_dates_add(struct cm_dates *t, const struct cm_date *seen)
{
	uint32_t *first = cm_bucket_of(t, seen->fingerprint), i = t->free;
	struct cm_slot *s = &t->slot[i];

	t->free = s->next;
	s->next = *first;
	*first = i;
	s->not_after = seen->not_after;
	s->serial = ++t->serial;
	s->told = CM_NOT_TOLD;
	s->reading = t->reading;
	s->owner = seen->owner;
	t->date[i] = *seen;
	t->date[i].first_seen = seen->last_seen;
	t->date[i].times = 1;
	if(seen->owner == CM_OWNER_PEER)
		cm_seen_link(t, i);
	t->count[seen->owner]++;
}

static void cm_dates_again(
		struct cm_dates *t, uint32_t i, const struct cm_date *seen)
{
	struct cm_slot *s = &t->slot[i];
	struct cm_date *date = &t->date[i];

	if(s->owner == CM_OWNER_OWN && s->reading == t->reading)
		return; /* in a second file */
	if(s->owner == CM_OWNER_PEER) {
		cm_seen_unlink(t, i);
		cm_seen_link(t, i);
	}
	s->reading = t->reading;
	date->outgoing = seen->outgoing;
	date->last_seen = seen->last_seen;
	memcpy(date->place, seen->place, sizeof(date->place));
	memcpy(date->names, seen->names, sizeof(date->names));
	if(date->times < UINT_MAX)
		date->times++;
}

enum cm_noted cm_dates_note(struct cm_dates *t, const struct cm_date *seen)
{
	uint32_t i = cm_dates_find(t, seen);
	int full = t->count[seen->owner] >= t->max[seen->owner];

	if(i != CM_NONE) {
		cm_dates_again(t, i, seen);
		return CM_NOTED_AGAIN;
	}
	if(full && seen->owner == CM_OWNER_OWN)
		return CM_NOTED_FULL;
	if(full) {
		cm_dates_remove(t, t->oldest);
		t->evicted++;
	}
	cm_dates_add(t, seen);
	return full ? CM_NOTED_EVICTED : CM_NOTED_NEW;
}

void cm_dates_begin(struct cm_dates *t)
{
	t->reading++;
}

static int cm_is_own(const struct cm_slot *s)
{
	return s->serial != 0 && s->owner == CM_OWNER_OWN;
}

void cm_dates_keep(struct cm_dates *t, const char *place)
{
	size_t len = strnlen(place, CM_DATE_PLACE);
	uint32_t i;

	if(len == CM_DATE_PLACE)
		return; /* no place is so long */
	for(i = 0; i < t->slots; i++) {
		const char *file = t->date[i].place;

		if(cm_is_own(&t->slot[i]) && strncmp(file, place, len) == 0
				&& (file[len] == '\0' || file[len] == '/'))
			t->slot[i].reading = t->reading;
	}
}

unsigned cm_dates_end(struct cm_dates *t)
{
	unsigned gone = 0;
	uint32_t i;

	for(i = 0; i < t->slots; i++) {
		if(!cm_is_own(&t->slot[i]) || t->slot[i].reading == t->reading)
			continue;
		cm_dates_remove(t, i);
		gone++;
	}
	return gone;
}

static int cm_is_picked(const struct cm_slot *s, const struct cm_pick *pick)
{
	static const unsigned owners[] = {
			[CM_OWNER_PEER] = CM_PICK_PEER, [CM_OWNER_OWN] = CM_PICK_OWN};
	static const unsigned states[] = {[CM_DAYS_EXPIRED] = CM_PICK_EXPIRED,
			[CM_DAYS_SOON] = CM_PICK_SOON,
			[CM_DAYS_OK] = CM_PICK_OK};

	if(s->serial == 0 || !(pick->what & owners[s->owner]))
		return 0;
	if((pick->what & CM_PICK_UNTOLD) && s->told == pick->day)
		return 0;
	return (pick->what
				   & states[cm_days_state(
						   s->not_after, pick->now, pick->warn_days)])
		   != 0;
}

unsigned cm_dates_keys(const struct cm_dates *t, const struct cm_pick *pick,
		struct cm_date_key *keys, unsigned max)
{
	unsigned n = 0;
	uint32_t i;

	for(i = 0; i < t->slots; i++) {
		if(!cm_is_picked(&t->slot[i], pick))
			continue;
		if(n < max) {
			keys[n].not_after = t->slot[i].not_after;
			keys[n].serial = t->slot[i].serial;
			keys[n].slot = i;
		}
		n++;
	}
	return n;
}

static int cm_key_order(const void *left, const void *right)
{
	const struct cm_date_key *a = left, *b = right;

	if(a->not_after != b->not_after)
		return a->not_after < b->not_after ? -1 : 1;
	return (a->serial > b->serial) - (a->serial < b->serial);
}

void cm_dates_sort(struct cm_date_key *keys, unsigned count)
{
	if(count > 1)
		qsort(keys, count, sizeof(*keys), cm_key_order);
}

/* a serial is used once, so a slot that was given away is noticed */
static int cm_key_holds(const struct cm_dates *t, const struct cm_date_key *key)
{
	return key->serial != 0 && key->slot < t->slots
		   && t->slot[key->slot].serial == key->serial;
}

int cm_dates_get(const struct cm_dates *t, const struct cm_date_key *key,
		struct cm_date *date)
{
	if(!cm_key_holds(t, key))
		return -1;
	*date = t->date[key->slot];
	return 0;
}

void cm_dates_told(
		struct cm_dates *t, const struct cm_date_key *key, int64_t day)
{
	if(cm_key_holds(t, key))
		t->slot[key->slot].told = day;
}

unsigned cm_dates_count(const struct cm_dates *t, enum cm_owner owner)
{
	return t->count[owner];
}

unsigned cm_dates_max(const struct cm_dates *t)
{
	return t->slots;
}

unsigned long cm_dates_evicted(const struct cm_dates *t)
{
	return t->evicted;
}

const char *cm_owner_name(enum cm_owner owner)
{
	return owner == CM_OWNER_OWN ? "own" : "peer";
}

void cm_fingerprint_text(char *out, const uint8_t *fingerprint)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for(i = 0; i < CM_FINGERPRINT_LEN; i++) {
		*out++ = digits[fingerprint[i] >> 4];
		*out++ = digits[fingerprint[i] & 15];
		*out++ = i + 1 < CM_FINGERPRINT_LEN ? ':' : '\0';
	}
}
