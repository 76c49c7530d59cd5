/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do names keep their numbers, and does the table end where it must? */
#include "../../modules/tls_reuse/tr_names.h"
#include "../../modules/tls_reuse/tr_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static int set_up(void **state)
{
	*state = tr_names_init(test_malloc(tr_names_size()));
	return 0;
}

static int tear_down(void **state)
{
	test_free(*state);
	return 0;
}

static void test_find(void **state)
{
	struct tr_names *names = *state;
	unsigned one = tr_names_add(names, view("one.example"), 5061);
	unsigned bare = tr_names_add(names, view("one.example"), 0);

	assert_int_equal(one, 1);
	assert_int_equal(bare, 2);
	assert_int_equal(tr_names_add(names, view("ONE.example"), 5061), one);
	assert_int_equal(tr_names_find(names, view("One.Example"), 5061), one);
	assert_int_equal(tr_names_find(names, view("one.example"), 0), bare);
	assert_int_equal(tr_names_find(names, view("one.example"), 5062), 0);
	assert_int_equal(tr_names_find(names, view("one.exampl"), 5061), 0);
	assert_int_equal(tr_names_find(names, view("one.example."), 5061), 0);
	assert_int_equal(tr_names_find(names, view(""), 0), 0);
}

static void test_sentby(void **state)
{
	struct tr_names *names = *state;
	struct tr_view got;

	assert_int_equal(tr_names_sentby(names, 1).len, 0);
	tr_names_add(names, view("one.example"), 65535);
	tr_names_add(names, view("two.example"), 0);
	assert_int_equal(tr_names_sentby(names, 0).len, 0);
	assert_int_equal(tr_names_sentby(names, 3).len, 0);
	got = tr_names_sentby(names, 1);
	assert_int_equal(got.len, 17);
	assert_memory_equal(got.s, "one.example:65535", 17);
	got = tr_names_sentby(names, 2);
	assert_int_equal(got.len, 11);
	assert_memory_equal(got.s, "two.example", 11);
}

/* A table that is full takes no more, and knows what it has. */
static void test_full(void **state)
{
	struct tr_names *names = *state;
	char text[32];
	unsigned i;

	for(i = 1; i <= TR_NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "n%u.example", i);
		assert_int_equal(tr_names_add(names, view(text), 5061), i);
	}
	assert_int_equal(tr_names_add(names, view("more.example"), 5061), 0);
	assert_int_equal(tr_names_find(names, view("more.example"), 5061), 0);
	assert_int_equal(tr_names_add(names, view("n1.example"), 5061), 1);
	assert_int_equal(tr_names_find(names, view(text), 5061), TR_NAMES_MAX);
}

static void test_refused(void **state)
{
	struct tr_names *names = *state;
	char name[TR_NAME_MAX + 1];

	memset(name, 'n', sizeof(name));
	assert_int_equal(tr_names_add(names, view(""), 1), 0);
	assert_int_equal(tr_names_add(names, view("a"), 65536), 0);
	assert_int_equal(
			tr_names_add(names, (struct tr_view){name, TR_NAME_MAX + 1}, 1), 0);
	assert_int_equal(
			tr_names_add(names, (struct tr_view){name, TR_NAME_MAX}, 65535), 1);
	assert_int_equal(tr_names_sentby(names, 1).len, TR_NAME_MAX + 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
			cmocka_unit_test_setup_teardown(test_sentby, set_up, tear_down),
			cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
			cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
