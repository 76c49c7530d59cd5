/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a key's place found among others, when its line is full, and when others
 * have gone? */
#include "../../modules/tls_reuse/tr_index.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys that the tables name by a letter. A print's upper half says where its
 * line is: 0 the first one, all ones the last. */
#define FIRST(n)                                                               \
	{                                                                          \
		0, n                                                                   \
	}
#define LAST(n)                                                                \
	{                                                                          \
		0, 0xffffffff00000000 | n                                              \
	}
static const uint64_t keys[][2] = {
		FIRST(1),               /* a */
		FIRST(2),               /* b */
		FIRST(3),               /* c */
		FIRST(4),               /* d */
		FIRST(5),               /* e */
		FIRST(6),               /* f */
		FIRST(7),               /* g */
		FIRST(8),               /* h */
		FIRST(9),               /* i */
		LAST(1),                /* j */
		LAST(2),                /* k */
		LAST(3),                /* l */
		LAST(4),                /* m */
		LAST(5),                /* n */
		{0x400000, 1},          /* o: as a, but for the first half */
		{0x80000000, 1},        /* p: the same */
		{0, 0x8000000000000001} /* q: as a, but in the middle */
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* +a puts a in, -a takes it out. want: what is found at last; each letter's
 * row is its number, its connection that less three. */
static const struct {
	const char *about;
	unsigned rows;
	const char *script;
	const char *want;
} table[] = {
		{"nothing is in an empty index", 1, "", ""},
		{"what was put in", 1, "+a", "a"},
		{"... and taken out", 1, "+a -a", ""},
		{"the first half of the hash tells keys apart", 8, "+a +o +p", "aop"},
		{"... and the middle of the second", 8, "+q", "q"},
		{"a line has four places", 8, "+a +b +c +d", "abcd"},
		{"the fifth is in the next line", 8, "+a +b +c +d +e", "abcde"},
		{"... and comes back when there is a place", 8, "+a +b +c +d +e -a",
				"bcde"},
		{"the one after the next line, too", 8, "+a +b +c +d +e +f +g +h +i -b",
				"acdefghi"},
		{"... when a line between is no longer full", 8,
				"+a +b +c +d +e +f +g +h +i -f", "abcdeghi"},
		{"behind the last line comes the first", 8, "+j +k +l +m +n", "jklmn"},
		{"... in which others belong, who move on", 8,
				"+j +k +l +m +n +a +b +c +d +e", "abcdejklmn"},
		{"... and come back", 8, "+j +k +l +m +n +a +b +c +d +e -n -j",
				"abcdeklm"},
		{"one that belongs in the next line stays there", 8,
				"+j +k +l +m +a -j", "aklm"},
		{"all come, all go", 8, "+a +b +c +d +e +f +g -a -b -c -d -e -f -g",
				""},
};

static void put(struct tr_index *x, size_t key)
{
	struct tr_index_place *place = tr_index_put(x, keys[key]);

	tr_index_set(place, (uint32_t)key, (int)key - 3, key % 2 == 0);
}

/* The letters of the keys that are found; a wrong row is a question mark. */
static void found(const struct tr_index *x, char text[KEYS + 1])
{
	size_t i;

	for(i = 0; i < KEYS; i++) {
		const struct tr_index_place *place = tr_index_find(x, keys[i]);

		if(place == NULL) {
			continue;
		}
		*text++ = tr_index_row(place) == i && place->conid == (int)i - 3
								  && ((place->word & TR_INDEX_MORE) != 0)
											 == (i % 2 == 0)
						  ? (char)('a' + i)
						  : '?';
	}
	*text = '\0';
}

static void scripts(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		void *mem = malloc(tr_index_size(table[i].rows));
		struct tr_index x;
		const char *at;
		char got[KEYS + 1];

		assert_non_null(mem);
		tr_index_init(&x, mem, table[i].rows);
		for(at = table[i].script; *at != '\0'; at += at[2] == ' ' ? 3 : 2) {
			if(*at == '+') {
				put(&x, (size_t)(at[1] - 'a'));
			} else {
				tr_index_take(
						&x, tr_index_find(&x, keys[(size_t)(at[1] - 'a')]));
			}
		}
		found(&x, got);
		free(mem);
		if(strcmp(got, table[i].want) != 0) {
			fail_msg("%s: %s: got \"%s\", want \"%s\"", table[i].about,
					table[i].script, got, table[i].want);
		}
	}
}

/* Is a place told anew whose it is, and keeps it its key? */
static void told_anew(void **state)
{
	struct tr_index x;
	struct tr_index_place *place;
	void *mem = malloc(tr_index_size(1));

	(void)state;
	assert_non_null(mem);
	tr_index_init(&x, mem, 1);
	put(&x, 14);
	tr_index_set(tr_index_find(&x, keys[14]), TR_INDEX_ROW, -7, 0);
	place = tr_index_find(&x, keys[14]);
	assert_non_null(place);
	assert_int_equal(tr_index_row(place), TR_INDEX_ROW);
	assert_int_equal(place->conid, -7);
	assert_int_equal(place->word & TR_INDEX_MORE, 0);
	assert_null(tr_index_find(&x, keys[0]));
	free(mem);
}

/* Does a search end, and each key come back to the line where it belongs, at
 * any filling? */
static void at_random(void **state)
{
	unsigned rows, round, n;

	(void)state;
	srand(64);
	for(rows = 1; rows <= KEYS; rows++) {
		char in[KEYS] = {0}, want[KEYS + 1], got[KEYS + 1], *to;
		void *mem = malloc(tr_index_size(rows) + 8);
		struct tr_index x;
		size_t key;

		assert_non_null(mem);
		tr_index_init(&x, (char *)mem + rows % 2 * 8, rows);
		for(n = round = 0; round < 3000; round++) {
			key = (size_t)rand() % KEYS;
			if(in[key]) {
				tr_index_take(&x, tr_index_find(&x, keys[key]));
				n--;
			} else if(n == rows) {
				continue;
			} else {
				put(&x, key);
				n++;
			}
			in[key] = !in[key];
			for(to = want, key = 0; key < KEYS; key++) {
				if(in[key]) {
					*to++ = (char)('a' + key);
				}
			}
			*to = '\0';
			found(&x, got);
			if(strcmp(got, want) != 0) {
				fail_msg("%u rows, round %u: got \"%s\", want \"%s\"", rows,
						round, got, want);
			}
		}
		free(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(scripts),
			cmocka_unit_test(told_anew), cmocka_unit_test(at_random)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
