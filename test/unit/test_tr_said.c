/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is what an INVITE's Via said known to its CANCEL, and to nobody else? */
#include "../../modules/tls_reuse/tr_said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const uint8_t seed[TR_HASH_SEED_LEN] = {1, 2, 3};

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static struct tr_domains pair_of(const char *domain, const char *local)
{
	struct tr_domains pair;

	assert_int_equal(tr_domains_set(&pair, view(domain), view(local)), 0);
	return pair;
}

static int set_up(void **state)
{
	*state = tr_said_init(test_malloc(tr_said_size()), seed);
	return 0;
}

static int tear_down(void **state)
{
	test_free(*state);
	return 0;
}

/* RFC 3261 s17.2.3: a transaction is its branch, and whom it goes to. */
static void test_whose(void **state)
{
	struct tr_domains ab = pair_of("a.example", "b.example");
	struct tr_domains a = pair_of("a.example", "");
	struct tr_domains shifted = pair_of("a.exampleb", ".example");
	struct tr_said *said = *state;
	unsigned number = 99;

	assert_int_equal(tr_said_get(said, &ab, view("z9hG4bK1"), &number), -1);
	tr_said_put(said, &ab, view("z9hG4bK1"), 7);
	assert_int_equal(tr_said_get(said, &ab, view("z9hG4bK1"), &number), 0);
	assert_int_equal(number, 7);
	assert_int_equal(tr_said_get(said, &a, view("z9hG4bK1"), &number), -1);
	assert_int_equal(
			tr_said_get(said, &shifted, view("z9hG4bK1"), &number), -1);
	assert_int_equal(tr_said_get(said, &ab, view("z9hG4bK2"), &number), -1);
	assert_int_equal(tr_said_get(said, &ab, view("z9hG4bK"), &number), -1);
}

/* "Nothing was said" is an answer, too; the last one counts. */
static void test_numbers(void **state)
{
	struct tr_domains pair = pair_of("a.example", "");
	struct tr_said *said = *state;
	unsigned number = 99;

	tr_said_put(said, &pair, view("b"), 0);
	assert_int_equal(tr_said_get(said, &pair, view("b"), &number), 0);
	assert_int_equal(number, 0);
	tr_said_put(said, &pair, view("b"), TR_SAID_NUMBER_MAX);
	assert_int_equal(tr_said_get(said, &pair, view("b"), &number), 0);
	assert_int_equal(number, TR_SAID_NUMBER_MAX);
	tr_said_put(said, &pair, view("c"), TR_SAID_NUMBER_MAX + 1);
	assert_int_equal(tr_said_get(said, &pair, view("c"), &number), -1);
}

static void test_branches(void **state)
{
	struct tr_domains pair = pair_of("a.example", "");
	char branch[TR_SAID_BRANCH_MAX + 1];
	struct tr_said *said = *state;
	struct tr_view longest = {branch, TR_SAID_BRANCH_MAX};
	struct tr_view too_long = {branch, TR_SAID_BRANCH_MAX + 1};
	unsigned number;

	memset(branch, 'b', sizeof(branch));
	tr_said_put(said, &pair, view(""), 1);
	assert_int_equal(tr_said_get(said, &pair, view(""), &number), -1);
	tr_said_put(said, &pair, too_long, 1);
	assert_int_equal(tr_said_get(said, &pair, too_long, &number), -1);
	tr_said_put(said, &pair, longest, 1);
	assert_int_equal(tr_said_get(said, &pair, longest, &number), 0);
}

/* Twice as many as there is room for: what is still known is right, and it is
 * a good part. */
static void test_evicted(void **state)
{
	struct tr_domains pair = pair_of("a.example", "b.example");
	struct tr_said *said = *state;
	unsigned i, number, known = 0;
	char branch[32];

	for(i = 0; i < 2 * TR_SAID_MAX; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		tr_said_put(said, &pair, view(branch), i & 0xffff);
		assert_int_equal(tr_said_get(said, &pair, view(branch), &number), 0);
	}
	for(i = 0; i < 2 * TR_SAID_MAX; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		if(tr_said_get(said, &pair, view(branch), &number) == 0) {
			assert_int_equal(number, i & 0xffff);
			known++;
		}
	}
	assert_in_range(known, TR_SAID_MAX / 2, TR_SAID_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(test_whose, set_up, tear_down),
			cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
			cmocka_unit_test_setup_teardown(test_branches, set_up, tear_down),
			cmocka_unit_test_setup_teardown(test_evicted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
