/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the alias table do what a plain list does, whatever is done to it and
 * however badly its keys meet? After each operation everything that can be
 * asked is asked of both. */
#include "../../modules/tls_reuse/tr_alias.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 300
#define KEYS_MAX 400
#define FOUND 64

/* In which lines of the index keys belong. */
enum crowd {
	SPREAD, /* each in its own, as SipHash does it */
	FEW,    /* in one of four */
	FIRST,  /* all in the first */
	LAST    /* all in the last, behind which comes the first */
};

static struct {
	enum crowd crowd;
} hook;

/* Takes the place of tr_hash.c. */
void tr_hash(const uint8_t seed[TR_HASH_SEED_LEN], const void *data, size_t len,
		uint64_t out[2])
{
	uint64_t h = 0xcbf29ce484222325 ^ seed[0], low;
	size_t i;

	for(i = 0; i < len; i++) {
		h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3;
	}
	h ^= h >> 29;
	low = h & 0xffffffff;
	out[0] = h * 0x9e3779b97f4a7c15;
	switch(hook.crowd) {
		case SPREAD:
			out[1] = h * 0xbf58476d1ce4e5b9;
			break;
		case FEW:
			out[1] = (h >> 62) << 62 | low;
			break;
		case FIRST:
			out[1] = low;
			break;
		case LAST:
			out[1] = 0xffffffffull << 32 | low;
	}
}

/* Key number i; only with all of its parts is it told from the others. */
static struct tr_alias_key key_of(unsigned i)
{
	static const char names[] = "abcdefghijklmnopqrstuvwxyz";
	struct tr_alias_key key = {{192, 0, 2, 0}, 4, 3, 5061, {names, 1}, {0}};

	key.ip[3] = (uint8_t)(i % 3);
	key.ip_len = i % 2 == 0 ? 4 : 16;
	key.port = (uint16_t)(5061 + i / 3 % 4);
	key.domain = (struct tr_view){names, 1 + i / 12 % 6};
	key.local = (struct tr_view){names + 1 + i / 12 % 6, i / 72};
	return key;
}

/* The rows in the order in which they were made. */
struct model {
	unsigned n, rows, keys;
	struct row {
		unsigned key;
		struct tr_alias want; /* but for its key */
		unsigned long order;  /* of its last use */
		uint32_t slot;
	} row[ROWS_MAX + 1];
	unsigned long orders;
};

struct pair {
	struct tr_alias_table *t;
	struct model m;
	int64_t now;
	char done[96]; /* the operation, in words */
};

static struct row *model_row(struct model *m, unsigned key, int conid)
{
	unsigned i;

	for(i = 0; i < m->n; i++) {
		if(m->row[i].key == key && m->row[i].want.conid == conid) {
			return &m->row[i];
		}
	}
	return NULL;
}

static void model_remove(struct model *m, struct row *row)
{
	size_t behind = (size_t)(&m->row[m->n] - (row + 1));

	memmove(row, row + 1, behind * sizeof(*row));
	m->n--;
}

static struct row *model_oldest(struct model *m)
{
	struct row *oldest = &m->row[0];
	unsigned i;

	for(i = 1; i < m->n; i++) {
		if(m->row[i].order < oldest->order) {
			oldest = &m->row[i];
		}
	}
	return oldest;
}

static void fail_with(const struct pair *p, const char *what, unsigned number)
{
	fail_msg("%u rows, crowd %d: after \"%s\": %s %u", p->m.rows,
			(int)hook.crowd, p->done, what, number);
}

static void compare_row(
		const struct pair *p, const struct tr_alias *got, const struct row *row)
{
	struct tr_alias_key key = key_of(row->key);
	const struct tr_alias *want = &row->want;

	if(got == NULL || got->conid != want->conid || got->uses != want->uses
			|| got->created != want->created
			|| got->last_used != want->last_used || got->dir != want->dir
			|| got->port != key.port || got->transport != key.transport
			|| got->ip_len != key.ip_len
			|| memcmp(got->ip, key.ip, key.ip_len) != 0
			|| got->domain_len != key.domain.len
			|| got->local_len != key.local.len
			|| memcmp(got->names, key.domain.s, key.domain.len) != 0
			|| (key.local.len > 0
					&& memcmp(tr_alias_local(got).s, key.local.s, key.local.len)
							   != 0)) {
		fail_with(p, "a row is not as it should be, of key", row->key);
	}
}

/* Is each row in its slot, and nothing in the others? */
static void compare_slots(const struct pair *p)
{
	unsigned i, n = 0;

	for(i = 0; i < p->m.n; i++) {
		compare_row(p, tr_alias_at(p->t, p->m.row[i].slot), &p->m.row[i]);
	}
	for(i = 0; i < p->m.rows + 2; i++) {
		n += tr_alias_at(p->t, i) != NULL;
	}
	if(n != p->m.n || tr_alias_count(p->t) != p->m.n) {
		fail_with(p, "the number of rows should be", p->m.n);
	}
}

/* Are all rows of a key found, the oldest first, and in both ways? */
static void compare_searches(const struct pair *p)
{
	static struct {
		uint32_t at;
		unsigned n;
		struct tr_alias_row rows[FOUND];
		unsigned found;
	} of[KEYS_MAX];
	unsigned i, key;

	for(key = 0; key < p->m.keys; key++) {
		struct tr_alias_key k = key_of(key);

		of[key].at = tr_alias_find(p->t, &k);
		of[key].n = 0;
		of[key].found = tr_alias_rows(p->t, &k, of[key].rows, FOUND);
	}
	for(i = 0; i < p->m.n; i++) {
		const struct row *row = &p->m.row[i];

		key = row->key;
		if(of[key].at != row->slot
				|| tr_alias_conid(p->t, row->slot) != row->want.conid
				|| of[key].n >= of[key].found
				|| of[key].rows[of[key].n].slot != row->slot
				|| of[key].rows[of[key].n].conid != row->want.conid) {
			fail_with(p, "a row is not found where it should be, of key", key);
		}
		of[key].at = tr_alias_next(p->t, of[key].at);
		of[key].n++;
	}
	for(key = 0; key < p->m.keys; key++) {
		if(of[key].at != TR_ALIAS_NONE || of[key].n != of[key].found) {
			fail_with(
					p, "a row is found that should not be there, of key", key);
		}
	}
}

static void compare(const struct pair *p)
{
	compare_slots(p);
	compare_searches(p);
}

/* Where the row is that was just made: the last one of its key. */
static uint32_t slot_of(const struct pair *p, const struct tr_alias_key *key)
{
	uint32_t at = tr_alias_find(p->t, key), last = TR_ALIAS_NONE;

	for(; at != TR_ALIAS_NONE; at = tr_alias_next(p->t, at)) {
		last = at;
	}
	return last;
}

static unsigned model_rows_of(const struct model *m, int conid)
{
	unsigned i, n = 0;

	for(i = 0; i < m->n; i++) {
		n += m->row[i].want.conid == conid;
	}
	return n;
}

static void add(struct pair *p, unsigned key, int conid)
{
	struct tr_alias_key k = key_of(key);
	enum tr_alias_dir dir = rand() % 2;
	enum tr_alias_added want = TR_ALIAS_ADDED, got;
	struct tr_alias evicted;
	struct row *row;

	got = tr_alias_add(p->t, &k, dir, conid, p->now, &evicted);
	if(model_row(&p->m, key, conid) != NULL) {
		want = TR_ALIAS_THERE;
	} else if(model_rows_of(&p->m, conid) == TR_ALIAS_CONN_MAX) {
		want = TR_ALIAS_REFUSED;
	} else if(p->m.n == p->m.rows) {
		want = TR_ALIAS_EVICTED;
	}
	if(got != want) {
		fail_with(p, "adding should have come to", want);
	}
	if(want == TR_ALIAS_THERE || want == TR_ALIAS_REFUSED) {
		return;
	}
	if(want == TR_ALIAS_EVICTED) {
		row = model_oldest(&p->m);
		compare_row(p, &evicted, row);
		model_remove(&p->m, row);
	}
	row = &p->m.row[p->m.n++];
	memset(row, 0, sizeof(*row));
	row->key = key;
	row->want.conid = conid;
	row->want.dir = (uint8_t)dir;
	row->want.created = row->want.last_used = p->now;
	row->order = p->m.orders++;
	row->slot = slot_of(p, &k);
}

/* Uses any row, which no other key can. */
static void use(struct pair *p)
{
	struct row *row = &p->m.row[rand() % (int)p->m.n];
	struct tr_alias_key k = key_of(row->key), other = key_of(row->key + 1);

	if(tr_alias_use(p->t, row->slot, &other, p->now) != -1
			|| tr_alias_use(p->t, row->slot, &k, p->now) != 0) {
		fail_with(p, "a row was not used, or by the wrong key", row->key);
	}
	row->want.uses++;
	if(row->want.last_used != p->now) {
		row->want.last_used = p->now;
		row->order = p->m.orders++;
	}
}

static void drop(struct pair *p, int conid)
{
	unsigned i, gone = 0;

	for(i = p->m.n; i > 0; i--) {
		if(p->m.row[i - 1].want.conid == conid) {
			model_remove(&p->m, &p->m.row[i - 1]);
			gone++;
		}
	}
	if(tr_alias_remove(p->t, conid) != gone) {
		fail_with(p, "rows that should have gone:", gone);
	}
}

/* One operation; conids are few, so that a key has several of them and each
 * of them several keys. */
static void step(struct pair *p, int conids)
{
	unsigned key = (unsigned)rand() % p->m.keys;
	int conid = rand() % conids - 1;

	p->now += rand() % 2;
	switch(rand() % 8) {
		case 0:
			snprintf(p->done, sizeof(p->done), "connection %d closes", conid);
			drop(p, conid);
			break;
		case 1:
		case 2:
			snprintf(p->done, sizeof(p->done), "a row is used");
			if(p->m.n > 0) {
				use(p);
			}
			break;
		default:
			snprintf(p->done, sizeof(p->done), "key %u, connection %d: added",
					key, conid);
			add(p, key, conid);
	}
	compare(p);
}

static void run(unsigned rows, unsigned keys, int conids, unsigned steps)
{
	static struct pair p;
	uint8_t seed[TR_HASH_SEED_LEN] = {0};
	char *mem = malloc(tr_alias_size(rows) + 8);
	unsigned i;

	assert_non_null(mem);
	memset(&p, 0, sizeof(p));
	p.m.rows = rows;
	p.m.keys = keys;
	/* memory that begins anywhere in a line of the cache */
	seed[0] = (uint8_t)rand();
	p.t = tr_alias_init(mem + rand() % 2 * 8, rows, seed);
	for(i = 0; i < steps; i++) {
		step(&p, conids);
	}
	free(mem);
}

static void small(void **state)
{
	unsigned rows;

	(void)state;
	srand(5923);
	for(hook.crowd = SPREAD; hook.crowd <= LAST; hook.crowd++) {
		for(rows = 1; rows <= 12; rows++) {
			run(rows, 14, 5, 2000);
		}
	}
}

static void large(void **state)
{
	(void)state;
	srand(5626);
	for(hook.crowd = SPREAD; hook.crowd <= LAST; hook.crowd++) {
		run(ROWS_MAX, KEYS_MAX, 200, 1500);
		run(ROWS_MAX - 1, KEYS_MAX / 10, 200, 1000);
		run(ROWS_MAX, KEYS_MAX, 12, 1500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(small), cmocka_unit_test(large)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
