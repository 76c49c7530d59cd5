/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a number stand for one pair of domains as long as it must? */
#include "../../modules/tls_reuse/tr_target.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t seed[TR_HASH_SEED_LEN] = {"a seed for tests"};

static struct tr_domains pair(const char *domain, const char *local)
{
	struct tr_domains p;

	assert_int_equal(
			tr_domains_set(&p, (struct tr_view){domain, strlen(domain)},
					(struct tr_view){local, strlen(local)}),
			0);
	return p;
}

static struct tr_target_table *make(void)
{
	void *mem = malloc(tr_target_size());

	assert_non_null(mem);
	return tr_target_init(mem, seed);
}

static const struct {
	const char *about;
	const char *a[2];
	const char *b[2];
	int same;
} table[] = {
		{"a pair is itself", {"b.example", "a.example"},
				{"b.example", "a.example"}, 1},
		{"another peer domain", {"b.example", "a.example"},
				{"c.example", "a.example"}, 0},
		{"RFC 5923 s9.3: another domain of ours", {"b.example", "a.example"},
				{"b.example", "c.example"}, 0},
		{"no domain of ours", {"b.example", "a.example"}, {"b.example", ""}, 0},
		{"no domain of ours, twice", {"b.example", ""}, {"b.example", ""}, 1},
		{"a name that the other begins with", {"b.example", ""},
				{"b.example.org", ""}, 0},
		{"two names are not one", {"ab", "c"}, {"a", "bc"}, 0},
};

static void pairs(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tr_target_table *t = make();
		struct tr_domains a = pair(table[i].a[0], table[i].a[1]), out;
		struct tr_domains b = pair(table[i].b[0], table[i].b[1]);
		unsigned na = tr_target_number(t, &a, 0);
		unsigned nb = tr_target_number(t, &b, 0);

		if(tr_domains_equal(&a, &b) != table[i].same
				|| (na == nb) != table[i].same || na == 0 || nb == 0
				|| tr_target_pair(t, na, 0, &out) != 0
				|| !tr_domains_equal(&out, &a)
				|| tr_target_pair(t, nb, 0, &out) != 0
				|| !tr_domains_equal(&out, &b)) {
			fail_msg("%s: numbers %u and %u", table[i].about, na, nb);
		}
		free(t);
	}
}

static void no_such_number(void **state)
{
	struct tr_target_table *t = make();
	struct tr_domains out;

	(void)state;
	assert_int_equal(tr_target_pair(t, 0, 0, &out), -1);
	assert_int_equal(tr_target_pair(t, 1, 0, &out), -1);
	assert_int_equal(tr_target_pair(t, TR_TARGET_MAX, 0, &out), -1);
	assert_int_equal(tr_target_pair(t, TR_TARGET_MAX + 1, 0, &out), -1);
	free(t);
}

/* Names that are no names are not taken. */
static void lengths(void **state)
{
	char name[TR_NAME_MAX + 1];
	struct tr_view empty = {NULL, 0}, longest = {name, TR_NAME_MAX};
	struct tr_view over = {name, TR_NAME_MAX + 1};
	struct tr_target_table *t = make();
	struct tr_domains p, out;
	unsigned number;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(tr_domains_set(&p, empty, empty), -1);
	assert_int_equal(tr_domains_set(&p, over, empty), -1);
	assert_int_equal(tr_domains_set(&p, longest, over), -1);
	assert_int_equal(tr_domains_set(&p, longest, longest), 0);
	number = tr_target_number(t, &p, 0);
	assert_int_equal(tr_target_pair(t, number, 0, &out), 0);
	assert_memory_equal(&out, &p, sizeof(p));
	free(t);
}

#define CROWD (8 * TR_TARGET_MAX)

/* Asks for CROWD pairs, by far more than there are numbers. Returns how many
 * got none; *first is the number of the very first. */
static unsigned crowd(struct tr_target_table *t, const char *kind, int64_t now,
		unsigned *first)
{
	unsigned without = 0, i, number;
	char name[32];

	for(i = 0; i < CROWD; i++) {
		struct tr_domains p;

		snprintf(name, sizeof(name), "%s%u.example", kind, i);
		p = pair(name, "");
		number = tr_target_number(t, &p, now);
		if(i == 0 && first != NULL) {
			*first = number;
		}
		without += number == 0;
	}
	return without;
}

/* A full table gives nobody's number away until it has rested. */
static void crowded(void **state)
{
	struct tr_target_table *t = make();
	struct tr_domains out, mine = pair("a0.example", "");
	unsigned first, without;

	(void)state;
	without = crowd(t, "a", 100, &first);
	assert_in_range(without, CROWD - TR_TARGET_MAX, CROWD - 1);
	assert_int_not_equal(first, 0);
	/* one second too early */
	assert_int_equal(crowd(t, "b", 100 + TR_TARGET_KEEP, NULL), CROWD);
	assert_int_equal(tr_target_pair(t, first, 100 + TR_TARGET_KEEP, &out), 0);
	assert_true(tr_domains_equal(&out, &mine));
	/* all have rested but the one that was asked about just now */
	assert_in_range(crowd(t, "c", 101 + TR_TARGET_KEEP, NULL), TR_TARGET_MAX,
			CROWD - 1);
	assert_int_equal(tr_target_pair(t, first, 101 + TR_TARGET_KEEP, &out), 0);
	assert_true(tr_domains_equal(&out, &mine));
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pairs),
			cmocka_unit_test(no_such_number), cmocka_unit_test(lengths),
			cmocka_unit_test(crowded)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
