/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Was this said already, the last time we looked? */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_complaints.h"

/* Each word is a look; each letter in it a complaint; "-" is none. */
static const struct {
	const char *says;
	const char *looks;
	const char *want; /* what is said in each look */
} rows[] = {
		{"nothing is wrong", "- -", "- -"},
		{"what is wrong is said once", "a a a", "a - -"},
		{"what is new is said", "a ab ab", "a b -"},
		{"what comes back is said again", "a - a", "a - a"},
		{"in any order", "abc cab", "abc -"},
		{"twice in one look is twice", "aa a", "aa -"},
};

static size_t look(struct cm_complaints *c, const char *word, size_t len,
		char *out, size_t used)
{
	size_t i, before = used;

	cm_complaints_begin(c);
	for(i = 0; i < len && word[i] != '-'; i++) {
		char what[2] = {word[i], '\0'};

		if(cm_complaints_new(c, what, "is bad"))
			out[used++] = word[i];
	}
	if(used == before)
		out[used++] = '-';
	assert_int_equal(cm_complaints_end(c), 0);
	return used;
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_complaints c = {0};
		const char *word = rows[i].looks;
		char got[32];
		size_t used = 0;

		while(*word) {
			size_t len = strcspn(word, " ");

			used = look(&c, word, len, got, used);
			word += len;
			if(*word)
				got[used++] = *word++;
		}
		got[used] = '\0';
		if(strcmp(got, rows[i].want) != 0)
			fail_msg("%s: want \"%s\", got \"%s\"", rows[i].says, rows[i].want,
					got);
	}
}

/* The same file with another fault is another complaint; and where the name
 * ends and the fault begins matters. */
static void test_two_texts(void **state)
{
	struct cm_complaints c = {0};

	(void)state;
	cm_complaints_begin(&c);
	assert_int_equal(cm_complaints_new(&c, "ab", "c"), 1);
	cm_complaints_end(&c);
	cm_complaints_begin(&c);
	assert_int_equal(cm_complaints_new(&c, "a", "bc"), 1);
	assert_int_equal(cm_complaints_new(&c, "ab", "d"), 1);
	assert_int_equal(cm_complaints_new(&c, "ab", "c"), 0);
	cm_complaints_end(&c);
}

/* A thousand complaints: the first ones are said, the others counted, and no
 * memory but the struct's is touched. */
static void test_bound(void **state)
{
	struct cm_complaints c = {0};
	unsigned said = 0, round, i;
	char what[16];

	(void)state;
	for(round = 0; round < 3; round++) {
		cm_complaints_begin(&c);
		for(i = 0, said = 0; i < 1000; i++) {
			snprintf(what, sizeof(what), "%u", i);
			said += cm_complaints_new(&c, what, "is bad") != 0;
		}
		assert_int_equal(said, CM_COMPLAINTS_SAID);
		assert_int_equal(cm_complaints_end(&c),
				1000 - CM_COMPLAINTS_SAID - (round ? CM_COMPLAINTS_MAX : 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_two_texts),
			cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
