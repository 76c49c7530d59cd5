/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are the keys of a file those that stand in it, and is what is wrong with it
 * told by its line? */
#include "../../modules/tls_reuse/tr_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define A "0123456789abcdef"
#define B "fedcba9876543210"
#define C "a third one, longer"
#define D "a fourth one, as long as is needed"

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static const struct {
	const char *about;
	const char *text;
	enum tr_keys want;
	unsigned line; /* at fault */
	const char *key[TR_KEYS_MAX];
} table[] = {
		{"one line", A "\n", TR_KEYS_OK, 0, {A}},
		{"without its end", A, TR_KEYS_OK, 0, {A}},
		{"as other systems end it", A "\r\n" B "\r\n", TR_KEYS_OK, 0, {A, B}},
		{"blanks at the end do not count", A " \t \n" B "\t", TR_KEYS_OK, 0,
				{A, B}},
		{"blanks inside and in front do", "  " A "\n" C "\n", TR_KEYS_OK, 0,
				{"  " A, C}},
		{"four, in their order", D "\n" C "\n" B "\n" A "\n", TR_KEYS_OK, 0,
				{D, C, B, A}},
		{"blank lines and comments do not count",
				"\n# new\n" B "\n\n \t\r\n#" C "\n" A "\n\n", TR_KEYS_OK, 0,
				{B, A}},
		{"other character sets", "schl\303\274ssel, lang genug", TR_KEYS_OK, 0,
				{"schl\303\274ssel, lang genug"}},
		{"the same comment twice", "#\n#\n" A, TR_KEYS_OK, 0, {A}},
		{"a key begins like another", A "\n" A "0\n", TR_KEYS_OK, 0,
				{A, A "0"}},
		{"an empty file", "", TR_KEYS_NONE, 0, {0}},
		{"only comments and blanks", "# none\n\n  \n", TR_KEYS_NONE, 0, {0}},
		{"a key in a comment", "#" A "\n", TR_KEYS_NONE, 0, {0}},
		{"one octet too few", "0123456789abcde\n", TR_KEYS_SHORT, 1, {0}},
		{"... because blanks do not count", "0123456789abcde \n", TR_KEYS_SHORT,
				1, {0}},
		{"the second is too short", "# old and new\n" A "\nnew\n",
				TR_KEYS_SHORT, 3, {0}},
		{"the same twice", A "\n" B "\n\n" A "\n", TR_KEYS_TWICE, 4, {0}},
		{"the same but for blanks at its end", A "\n" A " \n", TR_KEYS_TWICE, 2,
				{0}},
		{"five", A "\n" B "\n" C "\n" D "\nand a fifth one of 16\n",
				TR_KEYS_MANY, 5, {0}},
		{"the same as one of four", A "\n" B "\n" C "\n" D "\n" B,
				TR_KEYS_TWICE, 5, {0}},
		{"a control character", A "\n0123456789\001abcdef\n", TR_KEYS_CONTROL,
				2, {0}},
		{"in a comment, too", "# \033[2J\n" A, TR_KEYS_CONTROL, 1, {0}},
		{"a CR that ends no line", A "\r" B "\n", TR_KEYS_CONTROL, 1, {0}},
		{"DEL", A "\177\n", TR_KEYS_CONTROL, 1, {0}},
};

static int is_wanted(const struct tr_secrets *got, size_t row)
{
	unsigned i;

	for(i = 0; i < TR_KEYS_MAX && table[row].key[i] != NULL; i++) {
		struct tr_view want = view(table[row].key[i]);

		if(i >= got->n || got->secret[i].len != want.len
				|| memcmp(got->secret[i].s, want.s, want.len) != 0
				|| got->id[i] != tr_keys_id(want)) {
			return 0;
		}
	}
	return got->n == i;
}

static void test_table(void **state)
{
	struct tr_secrets got;
	unsigned line;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		enum tr_keys result = tr_keys_read(view(table[i].text), &got, &line);

		if(result != table[i].want || !is_wanted(&got, i)
				|| (result != TR_KEYS_OK && line != table[i].line)) {
			fail_msg("%s: want '%s' in line %u, got '%s' in line %u, %u keys",
					table[i].about, tr_keys_words(table[i].want), table[i].line,
					tr_keys_words(result), line, got.n);
		}
	}
}

static void test_nul(void **state)
{
	static const char text[] = A "\n0123456789\0abcdefgh\n";
	struct tr_secrets got;
	unsigned line;

	(void)state;
	assert_int_equal(
			tr_keys_read((struct tr_view){text, sizeof(text) - 1}, &got, &line),
			TR_KEYS_CONTROL);
	assert_int_equal(line, 2);
	assert_int_equal(got.n, 0);
}

/* Tokens name their key by 16 bits: of some 300 keys two have the same, and a
 * file must not hold both. */
static void test_same_id(void **state)
{
	static unsigned first[1 << 16]; /* number + 1 of the first of each id */
	char one[32], two[32], text[100];
	struct tr_secrets got;
	unsigned n = 0, line;
	uint16_t id;

	(void)state;
	do {
		snprintf(two, sizeof(two), "the key of number %u", n++);
		id = tr_keys_id(view(two));
		if(first[id] == 0) {
			first[id] = n;
			continue;
		}
		break;
	} while(n < 10000);
	assert_true(n < 10000);
	snprintf(one, sizeof(one), "the key of number %u", first[id] - 1);
	snprintf(text, sizeof(text), "%s\n" A "\n%s\n", one, two);
	assert_int_equal(tr_keys_read(view(text), &got, &line), TR_KEYS_SAME_ID);
	assert_int_equal(line, 3);
	assert_int_equal(got.n, 0);
}

/* The value of the parameter is one key, whatever is in it. */
static void test_single(void **state)
{
	struct tr_secrets got;

	(void)state;
	assert_int_equal(tr_keys_single(view("#" A), &got), TR_KEYS_OK);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.secret[0].len, 17);
	assert_int_equal(got.id[0], tr_keys_id(view("#" A)));
	assert_int_equal(
			tr_keys_single(view("0123456789abcde"), &got), TR_KEYS_SHORT);
	assert_int_equal(got.n, 0);
}

/* Tokens of an edge that is upgraded stay known: the number never changes. */
static void test_id(void **state)
{
	(void)state;
	/* printf 'tls-edge key id' | openssl dgst -sha256 -hmac 0123456789abcdef */
	assert_int_equal(tr_keys_id(view(A)), 0x3f00);
}

static void test_words(void **state)
{
	int i, j;

	(void)state;
	for(i = TR_KEYS_NONE; i <= TR_KEYS_OK; i++) {
		for(j = TR_KEYS_NONE; j < i; j++) {
			assert_string_not_equal(tr_keys_words((enum tr_keys)i),
					tr_keys_words((enum tr_keys)j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_table),
			cmocka_unit_test(test_nul),
			cmocka_unit_test(test_same_id),
			cmocka_unit_test(test_single),
			cmocka_unit_test(test_id),
			cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
