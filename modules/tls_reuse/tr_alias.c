/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connection may carry a request to this address for this domain? See
 * the header.
 *
 * Rows name each other by their number. The oldest row of a key is in the
 * index (tr_index.h), and each row is in three lists:
 *
 *   same     all rows of one key, the oldest first
 *   conn     rows whose connections' numbers meet
 *   use      all rows, by the time of their last use
 *
 * Free rows hang on each other by same.next. */
#include "tr_alias.h"

#include "tr_index.h"

#include <assert.h>
#include <string.h>

#define NONE TR_ALIAS_NONE

/* What the key of a row is: its octets from ip on, up to the names' end. */
#define KEY_FROM offsetof(struct tr_alias, ip)
#define KEY_HEAD (offsetof(struct tr_alias, names) - KEY_FROM)

struct link {
	uint32_t next;
	uint32_t prev;
};

struct entry {
	struct link same; /* prev of the oldest: the youngest */
	struct link conn;
	struct link use;     /* next: used longer ago */
	struct tr_alias row; /* without a domain: it is free */
};

static_assert(sizeof(struct entry) + sizeof(uint32_t)
							  + 2 * sizeof(struct tr_index_place)
					  <= 512,
		"a row has 512 octets at most");
static_assert(TR_ALIAS_ROWS_MAX <= TR_INDEX_ROWS_MAX, "the index has room");

struct tr_alias_table {
	uint8_t seed[TR_HASH_SEED_LEN];
	struct tr_index index;
	unsigned rows;
	unsigned count;
	uint32_t free;
	uint32_t newest; /* by use */
	uint32_t oldest;
	uint32_t *by_conn; /* the first row of each list */
	struct entry *entry;
};

size_t tr_alias_size(unsigned rows)
{
	if(rows == 0 || rows > TR_ALIAS_ROWS_MAX) {
		return 0;
	}
	return sizeof(struct tr_alias_table)
		   + rows * (sizeof(struct entry) + sizeof(uint32_t))
		   + tr_index_size(rows);
}

struct tr_alias_table *tr_alias_init(
		void *mem, unsigned rows, const uint8_t seed[TR_HASH_SEED_LEN])
{
	struct tr_alias_table *t = mem;
	uint32_t i;

	memset(mem, 0, tr_alias_size(rows));
	memcpy(t->seed, seed, TR_HASH_SEED_LEN);
	t->rows = rows;
	t->entry = (struct entry *)(void *)(t + 1);
	t->by_conn = (uint32_t *)(void *)(t->entry + rows);
	tr_index_init(&t->index, t->by_conn + rows, rows);
	t->newest = t->oldest = NONE;
	memset(t->by_conn, 0xff, rows * sizeof(uint32_t));
	for(i = 0; i < rows; i++) {
		t->entry[i].same.next = i + 1 < rows ? i + 1 : NONE;
	}
	return t;
}

/* Puts a key down as the rows have it. Returns its length, or 0: no row can
 * have it. */
static size_t write_key(const struct tr_alias_key *key, struct tr_alias *to)
{
	size_t d = key->domain.len, l = key->local.len;
	uint64_t ip[2] = {0, 0};

	if((key->ip_len != 4 && key->ip_len != 16) || d == 0 || d > UINT8_MAX
			|| l > UINT8_MAX || d + l > TR_ALIAS_NAMES_MAX) {
		return 0;
	}
	if(key->ip_len == 4) {
		memcpy(ip, key->ip, 4);
	} else {
		memcpy(ip, key->ip, 16);
	}
	memcpy(to->ip, ip, sizeof(to->ip));
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

static int same_key(
		const struct tr_alias *a, const struct tr_alias *b, size_t len)
{
	return memcmp(a->ip, b->ip, len) == 0;
}

static void use_leave(struct tr_alias_table *t, uint32_t at)
{
	struct link *l = &t->entry[at].use;

	*(l->prev == NONE ? &t->newest : &t->entry[l->prev].use.next) = l->next;
	*(l->next == NONE ? &t->oldest : &t->entry[l->next].use.prev) = l->prev;
}

static void use_first(struct tr_alias_table *t, uint32_t at)
{
	t->entry[at].use = (struct link){t->newest, NONE};
	*(t->newest == NONE ? &t->oldest : &t->entry[t->newest].use.prev) = at;
	t->newest = at;
}

static uint32_t *conn_list(const struct tr_alias_table *t, int conid)
{
	/* the core counts connections up: they spread by themselves */
	return &t->by_conn[(uint32_t)conid % t->rows];
}

static void conn_first(struct tr_alias_table *t, uint32_t at)
{
	uint32_t *first = conn_list(t, t->entry[at].row.conid);

	t->entry[at].conn = (struct link){*first, NONE};
	if(*first != NONE) {
		t->entry[*first].conn.prev = at;
	}
	*first = at;
}

static void conn_leave(struct tr_alias_table *t, uint32_t at)
{
	struct link *l = &t->entry[at].conn;

	*(l->prev == NONE ? conn_list(t, t->entry[at].row.conid)
					  : &t->entry[l->prev].conn.next) = l->next;
	if(l->next != NONE) {
		t->entry[l->next].conn.prev = l->prev;
	}
}

/* The place of a row's key, which has one. */
static struct tr_index_place *place_of(
		const struct tr_alias_table *t, const struct tr_alias *row)
{
	uint64_t hash[2];

	tr_hash(t->seed, row->ip,
			KEY_HEAD + (size_t)row->domain_len + row->local_len, hash);
	return tr_index_find(&t->index, hash);
}

/* The key's oldest row from now on. */
static void lead(
		struct tr_alias_table *t, struct tr_index_place *place, uint32_t at)
{
	tr_index_set(
			place, at, t->entry[at].row.conid, t->entry[at].same.next != NONE);
}

static void same_last(
		struct tr_alias_table *t, const uint64_t hash[2], uint32_t at)
{
	struct tr_index_place *place = tr_index_find(&t->index, hash);
	uint32_t first, last;

	t->entry[at].same = (struct link){NONE, at};
	if(place == NULL) {
		lead(t, tr_index_put(&t->index, hash), at);
		return;
	}
	first = tr_index_row(place);
	last = t->entry[first].same.prev;
	t->entry[at].same.prev = last;
	t->entry[last].same.next = at;
	t->entry[first].same.prev = at;
	lead(t, place, first);
}

static void same_leave(struct tr_alias_table *t, uint32_t at)
{
	struct link l = t->entry[at].same;
	struct tr_index_place *place = place_of(t, &t->entry[at].row);
	uint32_t first = tr_index_row(place);

	if(first != at) {
		t->entry[l.prev].same.next = l.next;
		t->entry[l.next != NONE ? l.next : first].same.prev = l.prev;
		lead(t, place, first);
	} else if(l.next != NONE) {
		t->entry[l.next].same.prev = l.prev;
		lead(t, place, l.next);
	} else {
		tr_index_take(&t->index, place);
	}
}

static void row_leave(struct tr_alias_table *t, uint32_t at)
{
	same_leave(t, at);
	conn_leave(t, at);
	use_leave(t, at);
	t->entry[at].row.domain_len = 0;
	t->entry[at].same.next = t->free;
	t->free = at;
	t->count--;
}

/* May the connection have a row of this key? Only its own rows are looked at. */
static enum tr_alias_added may_add(const struct tr_alias_table *t,
		const struct tr_alias *key, size_t len, int conid)
{
	unsigned rows = 0;
	uint32_t at;

	for(at = *conn_list(t, conid); at != NONE; at = t->entry[at].conn.next) {
		if(t->entry[at].row.conid != conid) {
			continue;
		}
		if(same_key(&t->entry[at].row, key, len)) {
			return TR_ALIAS_THERE;
		}
		rows++;
	}
	return rows < TR_ALIAS_CONN_MAX ? TR_ALIAS_ADDED : TR_ALIAS_REFUSED;
}

enum tr_alias_added tr_alias_add(struct tr_alias_table *table,
		const struct tr_alias_key *key, enum tr_alias_dir dir, int conid,
		int64_t now, struct tr_alias *evicted)
{
	enum tr_alias_added result = TR_ALIAS_REFUSED;
	struct tr_alias fresh, *row;
	uint64_t hash[2];
	uint32_t at;
	size_t len = write_key(key, &fresh);

	if(len > 0) {
		result = may_add(table, &fresh, len, conid);
	}
	if(result != TR_ALIAS_ADDED) {
		return result;
	}
	if(table->free == NONE) {
		if(evicted != NULL) {
			*evicted = table->entry[table->oldest].row;
		}
		row_leave(table, table->oldest);
		result = TR_ALIAS_EVICTED;
	}
	at = table->free;
	table->free = table->entry[at].same.next;
	table->count++;
	row = &table->entry[at].row;
	memcpy(row->ip, fresh.ip, len);
	row->dir = (uint8_t)dir;
	row->conid = conid;
	row->uses = 0;
	row->created = row->last_used = now;
	tr_hash(table->seed, fresh.ip, len, hash);
	conn_first(table, at);
	use_first(table, at);
	same_last(table, hash, at);
	return result;
}

/* The place of a key; NULL: there is no row of it. */
static const struct tr_index_place *look_up(
		const struct tr_alias_table *t, const struct tr_alias_key *key)
{
	struct tr_alias wanted;
	size_t len = write_key(key, &wanted);
	uint64_t hash[2];

	if(len == 0) {
		return NULL;
	}
	tr_hash(t->seed, wanted.ip, len, hash);
	return tr_index_find(&t->index, hash);
}

uint32_t tr_alias_find(
		const struct tr_alias_table *table, const struct tr_alias_key *key)
{
	const struct tr_index_place *place = look_up(table, key);

	return place != NULL ? tr_index_row(place) : NONE;
}

uint32_t tr_alias_next(const struct tr_alias_table *table, uint32_t slot)
{
	return table->entry[slot].same.next;
}

unsigned tr_alias_rows(const struct tr_alias_table *table,
		const struct tr_alias_key *key, struct tr_alias_row *rows, unsigned max)
{
	const struct tr_index_place *place = look_up(table, key);
	unsigned n = 0;
	uint32_t at;

	if(place == NULL || max == 0) {
		return 0;
	}
	at = tr_index_row(place);
	rows[n++] = (struct tr_alias_row){at, place->conid};
	at = (place->word & TR_INDEX_MORE) != 0 ? table->entry[at].same.next : NONE;
	for(; at != NONE && n < max; at = table->entry[at].same.next) {
		rows[n++] = (struct tr_alias_row){at, table->entry[at].row.conid};
	}
	return n;
}

int tr_alias_conid(const struct tr_alias_table *table, uint32_t slot)
{
	return table->entry[slot].row.conid;
}

int tr_alias_use(struct tr_alias_table *table, uint32_t slot,
		const struct tr_alias_key *key, int64_t now)
{
	struct tr_alias *row = &table->entry[slot].row;
	struct tr_alias wanted;
	size_t len = write_key(key, &wanted);

	if(len == 0 || !same_key(row, &wanted, len)) {
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

int tr_alias_has(const struct tr_alias_table *table, int conid)
{
	uint32_t at = *conn_list(table, conid);

	while(at != NONE && table->entry[at].row.conid != conid) {
		at = table->entry[at].conn.next;
	}
	return at != NONE;
}

unsigned tr_alias_remove(struct tr_alias_table *table, int conid)
{
	uint32_t at = *conn_list(table, conid), next;
	unsigned n = 0;

	for(; at != NONE; at = next) {
		next = table->entry[at].conn.next;
		if(table->entry[at].row.conid == conid) {
			row_leave(table, at);
			n++;
		}
	}
	return n;
}

const struct tr_alias *tr_alias_at(
		const struct tr_alias_table *table, uint32_t slot)
{
	if(slot >= table->rows || table->entry[slot].row.domain_len == 0) {
		return NULL;
	}
	return &table->entry[slot].row;
}

unsigned tr_alias_count(const struct tr_alias_table *table)
{
	return table->count;
}
