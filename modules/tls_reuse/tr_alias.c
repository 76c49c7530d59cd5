/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connection may carry a request to this address for this domain? See
 * the header.
 *
 * A row has two parts, in two arrays: the 32 octets that a search looks at,
 * which so stay in the processor's cache, and the rest. Rows name each other
 * by their number. Each is in four lists at most:
 *
 *   bucket   rows with different keys whose hashes meet; of the rows of one
 *            key only the oldest is in it
 *   same     all rows of one key, a ring, the oldest first
 *   conn     rows whose connections' numbers meet
 *   use      all rows, by the time of their last use
 *
 * Free rows hang on each other by same_next. */
#include "tr_alias.h"

#include <assert.h>
#include <string.h>

#define NONE TR_ALIAS_NONE

/* What the key of a row is: the first octets of it, and its names. */
#define KEY_HEAD offsetof(struct tr_alias, names)
#define PRINT_LEN 16

struct link {
	uint32_t next;
	uint32_t prev;
};

/* bucket names the row itself when it is not the oldest of its key. */
struct search {
	uint64_t print[2]; /* the key's hash */
	struct link bucket;
	uint32_t same_next;
	int conid;
};

struct rest {
	uint32_t same_prev;
	struct link conn;
	struct link use;     /* next: used longer ago */
	struct tr_alias row; /* without a domain: it is free */
};

/* Two lists of buckets: in the worst case there are nearly twice as many of
 * each as there are rows. */
static_assert(sizeof(struct search) + sizeof(struct rest) + 16 <= 512,
		"a row has 512 octets at most");

struct tr_alias_table {
	uint8_t seed[TR_HASH_SEED_LEN];
	unsigned rows;
	unsigned count;
	uint32_t mask; /* buckets - 1 */
	uint32_t free;
	uint32_t newest; /* by use */
	uint32_t oldest;
	uint32_t *by_key; /* buckets: the first row of each */
	uint32_t *by_conn;
	struct search *search;
	struct rest *rest;
};

/* A power of two, no less than rows. */
static size_t buckets(unsigned rows)
{
	size_t n;

	for(n = 1; n < rows; n *= 2) {
	}
	return n;
}

size_t tr_alias_size(unsigned rows)
{
	if(rows == 0 || rows > TR_ALIAS_ROWS_MAX) {
		return 0;
	}
	return sizeof(struct tr_alias_table)
		   + rows * (sizeof(struct search) + sizeof(struct rest))
		   + 2 * buckets(rows) * sizeof(uint32_t);
}

struct tr_alias_table *tr_alias_init(
		void *mem, unsigned rows, const uint8_t seed[TR_HASH_SEED_LEN])
{
	struct tr_alias_table *t = mem;
	size_t n = buckets(rows);
	uint32_t i;

	memset(mem, 0, tr_alias_size(rows));
	memcpy(t->seed, seed, TR_HASH_SEED_LEN);
	t->rows = rows;
	t->mask = (uint32_t)(n - 1);
	t->search = (struct search *)(void *)(t + 1);
	t->rest = (struct rest *)(void *)(t->search + rows);
	t->by_key = (uint32_t *)(void *)(t->rest + rows);
	t->by_conn = t->by_key + n;
	t->newest = t->oldest = NONE;
	memset(t->by_key, 0xff, 2 * n * sizeof(uint32_t));
	for(i = 0; i < rows; i++) {
		t->search[i].same_next = i + 1 < rows ? i + 1 : NONE;
	}
	return t;
}

/* Puts a key down as the rows have it. Returns its length, or 0: no row can
 * have it. */
static size_t write_key(const struct tr_alias_key *key, struct tr_alias *to)
{
	size_t d = key->domain.len, l = key->local.len;

	if((key->ip_len != 4 && key->ip_len != 16) || d == 0 || d > UINT8_MAX
			|| l > UINT8_MAX || d + l > TR_ALIAS_NAMES_MAX) {
		return 0;
	}
	memset(to->ip, 0, sizeof(to->ip));
	memcpy(to->ip, key->ip, key->ip_len);
	to->port = key->port;
	to->transport = key->transport;
	to->ip_len = key->ip_len;
	to->domain_len = (uint8_t)d;
	to->local_len = (uint8_t)l;
	memcpy(to->names, key->domain.s, d);
	if(l > 0) {
		memcpy(to->names + d, key->local.s, l);
	}
	return KEY_HEAD + d + l;
}

static uint32_t *key_bucket(
		const struct tr_alias_table *t, const uint64_t print[2])
{
	return &t->by_key[print[0] & t->mask];
}

/* The oldest row with this hash; NONE: there is none. */
static uint32_t look_up(const struct tr_alias_table *t, const uint64_t print[2])
{
	uint32_t at = *key_bucket(t, print);

	while(at != NONE && memcmp(t->search[at].print, print, PRINT_LEN) != 0) {
		at = t->search[at].bucket.next;
	}
	return at;
}

static void use_leave(struct tr_alias_table *t, uint32_t at)
{
	struct link *l = &t->rest[at].use;

	*(l->prev == NONE ? &t->newest : &t->rest[l->prev].use.next) = l->next;
	*(l->next == NONE ? &t->oldest : &t->rest[l->next].use.prev) = l->prev;
}

static void use_first(struct tr_alias_table *t, uint32_t at)
{
	t->rest[at].use = (struct link){t->newest, NONE};
	*(t->newest == NONE ? &t->oldest : &t->rest[t->newest].use.prev) = at;
	t->newest = at;
}

static uint32_t *conn_bucket(const struct tr_alias_table *t, int conid)
{
	/* the core counts connections up: they spread by themselves */
	return &t->by_conn[(uint32_t)conid & t->mask];
}

static void conn_first(struct tr_alias_table *t, uint32_t at)
{
	uint32_t *first = conn_bucket(t, t->search[at].conid);

	t->rest[at].conn = (struct link){*first, NONE};
	if(*first != NONE) {
		t->rest[*first].conn.prev = at;
	}
	*first = at;
}

static void conn_leave(struct tr_alias_table *t, uint32_t at)
{
	struct link *l = &t->rest[at].conn;

	*(l->prev == NONE ? conn_bucket(t, t->search[at].conid)
					  : &t->rest[l->prev].conn.next) = l->next;
	if(l->next != NONE) {
		t->rest[l->next].conn.prev = l->prev;
	}
}

static void bucket_first(struct tr_alias_table *t, uint32_t at)
{
	uint32_t *first = key_bucket(t, t->search[at].print);

	t->search[at].bucket = (struct link){*first, NONE};
	if(*first != NONE) {
		t->search[*first].bucket.prev = at;
	}
	*first = at;
}

/* What at was in its bucket, heir is from now on; NONE: nobody. */
static void bucket_leave(struct tr_alias_table *t, uint32_t at, uint32_t heir)
{
	struct link *l = &t->search[at].bucket;

	*(l->prev == NONE ? key_bucket(t, t->search[at].print)
					  : &t->search[l->prev].bucket.next) =
			heir == NONE ? l->next : heir;
	if(l->next != NONE) {
		t->search[l->next].bucket.prev = heir == NONE ? l->prev : heir;
	}
	if(heir != NONE) {
		t->search[heir].bucket = *l;
	}
}

static int is_oldest_of_key(const struct tr_alias_table *t, uint32_t at)
{
	return t->search[at].bucket.prev != at;
}

/* Makes at the last of the ring that first begins. */
static void same_last(struct tr_alias_table *t, uint32_t first, uint32_t at)
{
	uint32_t last = t->rest[first].same_prev;

	t->search[at].same_next = first;
	t->rest[at].same_prev = last;
	t->search[last].same_next = at;
	t->rest[first].same_prev = at;
	t->search[at].bucket = (struct link){at, at};
}

static void same_leave(struct tr_alias_table *t, uint32_t at)
{
	uint32_t next = t->search[at].same_next, prev = t->rest[at].same_prev;

	if(is_oldest_of_key(t, at)) {
		bucket_leave(t, at, next == at ? NONE : next);
	}
	t->search[prev].same_next = next;
	t->rest[next].same_prev = prev;
}

static void row_enter(struct tr_alias_table *t, uint32_t at)
{
	uint32_t first = look_up(t, t->search[at].print);

	conn_first(t, at);
	use_first(t, at);
	if(first == NONE) {
		t->search[at].same_next = t->rest[at].same_prev = at;
		bucket_first(t, at);
	} else {
		same_last(t, first, at);
	}
}

static void row_leave(struct tr_alias_table *t, uint32_t at)
{
	same_leave(t, at);
	conn_leave(t, at);
	use_leave(t, at);
	t->rest[at].row.domain_len = 0;
	t->search[at].same_next = t->free;
	t->free = at;
	t->count--;
}

/* Has the connection a row of this key? Only its own rows are looked at. */
static int has_row(
		const struct tr_alias_table *t, const uint64_t print[2], int conid)
{
	uint32_t at;

	for(at = *conn_bucket(t, conid); at != NONE; at = t->rest[at].conn.next) {
		if(t->search[at].conid == conid
				&& memcmp(t->search[at].print, print, PRINT_LEN) == 0) {
			return 1;
		}
	}
	return 0;
}

enum tr_alias_added tr_alias_add(struct tr_alias_table *table,
		const struct tr_alias_key *key, enum tr_alias_dir dir, int conid,
		int64_t now, struct tr_alias *evicted)
{
	enum tr_alias_added result = TR_ALIAS_ADDED;
	struct tr_alias fresh;
	struct search *s;
	struct rest *r;
	uint64_t print[2];
	size_t len = write_key(key, &fresh);

	if(len == 0) {
		return TR_ALIAS_REFUSED;
	}
	tr_hash(table->seed, &fresh, len, print);
	if(has_row(table, print, conid)) {
		return TR_ALIAS_THERE;
	}
	if(table->free == NONE) {
		if(evicted != NULL) {
			*evicted = table->rest[table->oldest].row;
		}
		row_leave(table, table->oldest);
		result = TR_ALIAS_EVICTED;
	}
	s = &table->search[table->free];
	r = &table->rest[table->free];
	memcpy(s->print, print, PRINT_LEN);
	s->conid = conid;
	memcpy(&r->row, &fresh, len);
	r->row.dir = (uint8_t)dir;
	r->row.conid = conid;
	r->row.uses = 0;
	r->row.created = r->row.last_used = now;
	table->free = s->same_next;
	table->count++;
	row_enter(table, (uint32_t)(s - table->search));
	return result;
}

uint32_t tr_alias_find(
		const struct tr_alias_table *table, const struct tr_alias_key *key)
{
	struct tr_alias wanted;
	uint64_t print[2];
	size_t len = write_key(key, &wanted);

	tr_hash(table->seed, &wanted, len, print);
	return len == 0 ? NONE : look_up(table, print);
}

uint32_t tr_alias_next(const struct tr_alias_table *table, uint32_t slot)
{
	uint32_t next = table->search[slot].same_next;

	return is_oldest_of_key(table, next) ? NONE : next;
}

int tr_alias_conid(const struct tr_alias_table *table, uint32_t slot)
{
	return table->search[slot].conid;
}

int tr_alias_use(struct tr_alias_table *table, uint32_t slot,
		const struct tr_alias_key *key, int64_t now)
{
	struct tr_alias *row = &table->rest[slot].row;
	struct tr_alias wanted;
	size_t len = write_key(key, &wanted);

	if(len == 0 || memcmp(row, &wanted, len) != 0) {
		return -1;
	}
	row->uses++;
	/* Rows used in the same second need no order: no other row is touched. */
	if(row->last_used != now) {
		row->last_used = now;
		use_leave(table, slot);
		use_first(table, slot);
	}
	return 0;
}

unsigned tr_alias_remove(struct tr_alias_table *table, int conid)
{
	uint32_t at = *conn_bucket(table, conid), next;
	unsigned n = 0;

	for(; at != NONE; at = next) {
		next = table->rest[at].conn.next;
		if(table->search[at].conid == conid) {
			row_leave(table, at);
			n++;
		}
	}
	return n;
}

const struct tr_alias *tr_alias_at(
		const struct tr_alias_table *table, uint32_t slot)
{
	if(slot >= table->rows || table->rest[slot].row.domain_len == 0) {
		return NULL;
	}
	return &table->rest[slot].row;
}

unsigned tr_alias_count(const struct tr_alias_table *table)
{
	return table->count;
}
