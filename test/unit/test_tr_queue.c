/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does each request that waits come back exactly once, and in time? */
#include "../../modules/tls_reuse/tr_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 8192

static struct tr_queue queue;
static struct tr_queue_entry entries[ENTRIES];
static char texts[ENTRIES][16];

static struct tr_queue_entry *make(int i, int conid, uint32_t size)
{
	struct tr_queue_entry *e = &entries[i];

	memset(e, 0, sizeof(*e));
	snprintf(texts[i], sizeof(texts[i]), "%d", i);
	e->conid = conid;
	e->text = texts[i];
	e->len = (uint32_t)strlen(texts[i]);
	e->size = size;
	return e;
}

static int setup(void **state)
{
	(void)state;
	tr_queue_init(&queue);
	return 0;
}

static int index_of(const struct tr_queue_entry *e)
{
	return e == NULL ? -1 : (int)(e - entries);
}

static enum tr_queued add(int i, int conid, uint32_t size, int64_t now)
{
	return tr_queue_add(&queue, make(i, conid, size), now);
}

static void test_lost(void **state)
{
	int i;

	(void)state;
	for(i = 0; i < 6; i++) {
		assert_int_equal(add(i, i % 2 ? 7 : 8, 100, 0), TR_QUEUED_DONE);
	}
	assert_null(tr_queue_next(&queue));
	tr_queue_failed(&queue, 7, "why");
	assert_int_equal(tr_queue_closed(&queue, 7), 3);
	assert_int_equal(tr_queue_closed(&queue, 7), 0);
	/* RFC 3261 s18.4: in the order in which they came */
	for(i = 1; i < 6; i += 2) {
		struct tr_queue_entry *e = tr_queue_next(&queue);

		assert_int_equal(index_of(e), i);
		assert_string_equal(e->why, "why");
	}
	assert_null(tr_queue_next(&queue));
	/* nobody said why */
	assert_int_equal(tr_queue_closed(&queue, 8), 3);
	assert_null(tr_queue_next(&queue)->why);
	assert_int_equal(queue.count, 2);
	assert_int_equal(queue.octets, 200);
}

static void test_heard(void **state)
{
	(void)state;
	add(1, 7, 100, 0);
	add(2, 8, 100, 0);
	add(3, 7, 100, 0);
	assert_int_equal(index_of(tr_queue_heard(&queue, 7)), 1);
	assert_int_equal(index_of(tr_queue_heard(&queue, 7)), 3);
	assert_null(tr_queue_heard(&queue, 7));
	assert_int_equal(tr_queue_closed(&queue, 7), 0);
	assert_int_equal(tr_queue_closed(&queue, 8), 1);
	/* what is lost stays so */
	assert_null(tr_queue_heard(&queue, 8));
	assert_int_equal(index_of(tr_queue_next(&queue)), 2);
}

static void test_comes_after_the_end(void **state)
{
	(void)state;
	tr_queue_failed(&queue, 7, "first");
	tr_queue_closed(&queue, 7);
	tr_queue_failed(&queue, 8, "other");
	tr_queue_closed(&queue, 8);
	assert_int_equal(add(1, 7, 100, 0), TR_QUEUED_DONE);
	assert_int_equal(tr_queue_closed(&queue, 7), 1);
	assert_string_equal(tr_queue_next(&queue)->why, "first");
}

/* So many endings later it is not known any more why; the request is answered
 * nevertheless. */
static void test_end_forgotten(void **state)
{
	int i;

	(void)state;
	tr_queue_failed(&queue, 7, "why");
	for(i = 0; i < TR_QUEUE_ENDS; i++) {
		tr_queue_failed(&queue, 100 + i, "other");
	}
	add(1, 7, 100, 0);
	assert_int_equal(tr_queue_closed(&queue, 7), 1);
	assert_null(tr_queue_next(&queue)->why);
}

/* RFC 3261 s17.1.1.2, s17.1.2.2: timers B and F */
static void test_expires(void **state)
{
	(void)state;
	add(1, 7, 100, 1000);
	add(2, 8, 100, 1001);
	add(3, 9, 100, 1000 + TR_QUEUE_MS);
	tr_queue_closed(&queue, 9); /* is to be answered, however late */
	assert_null(tr_queue_expired(&queue, 1000 + TR_QUEUE_MS - 1));
	assert_int_equal(index_of(tr_queue_expired(&queue, 1000 + TR_QUEUE_MS)), 1);
	assert_null(tr_queue_expired(&queue, 1000 + TR_QUEUE_MS));
	assert_int_equal(index_of(tr_queue_expired(&queue, 99000)), 2);
	assert_null(tr_queue_expired(&queue, 99000));
	assert_int_equal(index_of(tr_queue_next(&queue)), 3);
	assert_int_equal(queue.count, 0);
}

static void test_late(void **state)
{
	struct tr_queue_late late[3];

	(void)state;
	add(1, 7, 100, 1000);
	add(2, 8, 100, 1001);
	add(3, 7, 100, 1002);
	add(4, 9, 100, 1003);
	add(5, 6, 100, 1003);
	tr_queue_closed(&queue, 6); /* does not wait */
	assert_int_equal(tr_queue_late(&queue, 1002, 3, late, 3), 0);
	assert_int_equal(tr_queue_late(&queue, 1003, 3, late, 3), 1);
	assert_int_equal(late[0].conid, 7);
	assert_int_equal(late[0].ms, 3);
	assert_int_equal(tr_queue_late(&queue, 1005, 3, late, 3), 2);
	assert_int_equal(late[1].conid, 8);
	assert_int_equal(late[1].ms, 4);
	assert_int_equal(tr_queue_late(&queue, 1006, 3, late, 3), 3);
	assert_int_equal(tr_queue_late(&queue, 1006, 3, late, 2), 2);
}

/* A retransmission is answered once, with the request itself. */
static void test_twice(void **state)
{
	(void)state;
	add(1, 7, 100, 0);
	make(2, 7, 100);
	entries[2].text = entries[1].text;
	entries[2].len = entries[1].len;
	assert_int_equal(tr_queue_add(&queue, &entries[2], 1), TR_QUEUED_TWICE);
	entries[2].conid = 7 + TR_QUEUE_BUCKETS; /* in the same bucket */
	assert_int_equal(tr_queue_add(&queue, &entries[2], 1), TR_QUEUED_DONE);
	assert_int_equal(tr_queue_closed(&queue, 7), 1);
	assert_int_equal(tr_queue_closed(&queue, 7 + TR_QUEUE_BUCKETS), 1);
}

static void test_bound_of_one_connection(void **state)
{
	int i;

	(void)state;
	for(i = 0; i < TR_QUEUE_CONN_MAX; i++) {
		assert_int_equal(add(i, 7, 100, 0), TR_QUEUED_DONE);
	}
	assert_int_equal(add(i, 7, 1, 0), TR_QUEUED_FULL);
	assert_int_equal(add(i, 8, 1, 0), TR_QUEUED_DONE);
	assert_int_equal(tr_queue_closed(&queue, 7), TR_QUEUE_CONN_MAX);

	assert_int_equal(add(100, 9, TR_QUEUE_CONN_OCTETS, 0), TR_QUEUED_DONE);
	assert_int_equal(add(101, 9, 1, 0), TR_QUEUED_FULL);
	assert_int_equal(add(102, 10, TR_QUEUE_CONN_OCTETS + 1, 0), TR_QUEUED_FULL);
	assert_int_equal(add(103, 11, UINT32_MAX, 0), TR_QUEUED_FULL);
}

/* Of all together; also of those that are still to be answered. */
static void test_bound_of_all(void **state)
{
	const int conns = TR_QUEUE_OCTETS / TR_QUEUE_CONN_OCTETS;
	int i;

	(void)state;
	for(i = 0; i < conns; i++) {
		assert_int_equal(
				add(i, 100 + i, TR_QUEUE_CONN_OCTETS, 0), TR_QUEUED_DONE);
	}
	assert_int_equal(queue.octets, TR_QUEUE_OCTETS);
	assert_int_equal(add(i, 1, 1, 0), TR_QUEUED_FULL);
	tr_queue_closed(&queue, 100);
	assert_int_equal(add(i, 1, 1, 0), TR_QUEUED_FULL);
	assert_int_equal(index_of(tr_queue_next(&queue)), 0);
	assert_int_equal(add(i, 1, 1, 0), TR_QUEUED_DONE);
}

/* --- against a plain list ------------------------------------------------- */

enum place { FREE, WAITS, LOST };

static struct {
	enum place place;
	int conid;
	int64_t since;
} model[ENTRIES];

static void comes_back(struct tr_queue_entry *e, enum place from)
{
	int i = index_of(e);

	if(i < 0 || model[i].place != from) {
		fail_msg("entry %d comes back from place %d, not %d", i,
				i < 0 ? -1 : (int)model[i].place, (int)from);
	}
	model[i].place = FREE;
}

static unsigned count(enum place place, int conid)
{
	unsigned n = 0;
	int i;

	for(i = 0; i < ENTRIES; i++) {
		n += model[i].place == place && (conid == 0 || model[i].conid == conid);
	}
	return n;
}

static void random_step(int64_t now)
{
	int conid = 1 + rand() % 40, i = rand() % ENTRIES;
	struct tr_queue_entry *e;
	unsigned want, got = 0;

	switch(rand() % 8) {
		case 0:
			want = count(WAITS, conid);
			assert_int_equal(tr_queue_closed(&queue, conid), want);
			for(i = 0; i < ENTRIES; i++) {
				if(model[i].place == WAITS && model[i].conid == conid) {
					model[i].place = LOST;
				}
			}
			break;
		case 1:
			want = count(WAITS, conid);
			for(; (e = tr_queue_heard(&queue, conid)) != NULL; got++) {
				assert_int_equal(e->conid, conid);
				comes_back(e, WAITS);
			}
			assert_int_equal(got, want);
			break;
		case 2:
			while((e = tr_queue_expired(&queue, now)) != NULL) {
				assert_true(now - model[index_of(e)].since >= TR_QUEUE_MS);
				comes_back(e, WAITS);
			}
			break;
		case 3:
			if((e = tr_queue_next(&queue)) != NULL) {
				comes_back(e, LOST);
			} else {
				assert_int_equal(count(LOST, 0), 0);
			}
			break;
		default:
			if(model[i].place == FREE
					&& add(i, conid, 500, now) == TR_QUEUED_DONE) {
				model[i].place = WAITS;
				model[i].conid = conid;
				model[i].since = now;
			}
			break;
	}
}

static void test_random(void **state)
{
	int i;

	(void)state;
	srand(5923);
	memset(model, 0, sizeof(model));
	for(i = 0; i < 20000; i++) {
		random_step(i * 20);
		assert_int_equal(queue.octets, queue.count * 500);
	}
	assert_int_equal(queue.count, count(WAITS, 0) + count(LOST, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(test_lost, setup),
			cmocka_unit_test_setup(test_heard, setup),
			cmocka_unit_test_setup(test_comes_after_the_end, setup),
			cmocka_unit_test_setup(test_end_forgotten, setup),
			cmocka_unit_test_setup(test_expires, setup),
			cmocka_unit_test_setup(test_late, setup),
			cmocka_unit_test_setup(test_twice, setup),
			cmocka_unit_test_setup(test_bound_of_one_connection, setup),
			cmocka_unit_test_setup(test_bound_of_all, setup),
			cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
