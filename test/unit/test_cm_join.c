/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do several texts read as one list? A row each; the list lies in memory
 * of exactly its size. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_join.h"

struct row {
	const char *says;
	const char *texts; /* a letter stands for itself, three times */
	const char *separator;
	size_t size;
	const char *want;
};

static const struct row rows[] = {
		{"none", "", ",", 6, ""},
		{"one", "a", ",", 80, "aaa"},
		{"several", "abc", ",", 80, "aaa,bbb,ccc"},
		{"behind a wider separator", "abc", ", ", 80, "aaa, bbb, ccc"},
		{"room for all, and for what would say that there are more", "abc", ",",
				16, "aaa,bbb,ccc"},
		{"one octet less", "abc", ",", 15, "aaa,bbb,..."},
		{"the same behind a wider one", "abc", ", ", 19, "aaa, bbb, ccc"},
		{"one octet less", "abc", ", ", 18, "aaa, bbb, ..."},
		{"no room for the second", "abc", ",", 8, "aaa,..."},
		{"nor for the first", "abc", ",", 7, "..."},
		{"nothing is added behind the dots", "abcdef", ", ", 9, "aaa, ..."},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		char *out = malloc(r->size);
		const char *c;
		size_t used = 0;

		out[0] = '\0';
		for(c = r->texts; *c; c++) {
			const char text[] = {*c, *c, *c};

			used = cm_join_add(out, r->size, used, r->separator, text, 3);
		}
		if(used != strlen(out) || strcmp(out, r->want) != 0)
			fail_msg("%s: want \"%s\", got \"%s\"", r->says, r->want, out);
		free(out);
	}
}

static void test_names(void **state)
{
	static const uint8_t packed[] = "\011a.example\011b.example";
	struct cm_names names = {packed, sizeof(packed) - 1, CM_SOURCE_DNS};
	char out[40];

	(void)state;
	assert_int_equal(cm_names_join(out, sizeof(out), &names), 19);
	assert_string_equal(out, "a.example,b.example");
	assert_int_equal(cm_names_join(out, 20, &names), 13);
	assert_string_equal(out, "a.example,...");
	names.len = 0;
	assert_int_equal(cm_names_join(out, sizeof(out), &names), 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
