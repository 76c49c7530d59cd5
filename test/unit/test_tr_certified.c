/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name of our certificate is taken? */
#include "../../modules/tls_reuse/tr_certified.h"

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

/* names: of the certificate, in its order. want: "" is nobody. */
static const struct {
	const char *about;
	const char *local;
	const char *host;
	const char *names[4];
	const char *want;
	enum tr_rank rank;
} table[] = {
		{"RFC 5923 s8.1-3: the domain that it goes out for", "one.example",
				"192.0.2.1", {"two.example", "one.example"}, "one.example",
				TR_RANK_LOCAL},
		{"... before the host that stands there", "one.example", "host.example",
				{"host.example", "one.example"}, "one.example", TR_RANK_LOCAL},
		{"the host, when the certificate does not have the domain",
				"one.example", "host.example", {"two.example", "host.example"},
				"host.example", TR_RANK_HOST},
		{"the host, when there is no domain of ours", "", "host.example",
				{"two.example", "host.example"}, "host.example", TR_RANK_HOST},
		{"else the first", "one.example", "192.0.2.1",
				{"two.example", "three.example"}, "two.example", TR_RANK_FIRST},
		{"no domain, an address", "", "192.0.2.1", {"two.example"},
				"two.example", TR_RANK_FIRST},
		{"RFC 4343 s3: in any case of letters", "one.example", "HOST.example",
				{"host.Example"}, "host.Example", TR_RANK_HOST},
		{"RFC 5922 s7.2: no wildcard", "one.example", "a.one.example",
				{"*.example", "*.one.example"}, "", TR_RANK_NONE},
		{"a wildcard is passed over", "", "", {"*.example", "b.example"},
				"b.example", TR_RANK_FIRST},
		{"RFC 5922 s7.2: suffixes do not match", "one.example", "",
				{"a.one.example", "example"}, "a.one.example", TR_RANK_FIRST},
		{"a certificate that names nobody", "one.example", "host.example",
				{NULL}, "", TR_RANK_NONE},
		{"what could break a Via", "one.example", "",
				{"a;b", "a b", "", "a\r\nb"}, "", TR_RANK_NONE},
};

static void test_table(void **state)
{
	struct tr_certified c;
	struct tr_view name;
	size_t i, k;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		tr_certified_start(&c, view(table[i].local), view(table[i].host));
		for(k = 0; k < 4 && table[i].names[k] != NULL; k++) {
			if(tr_certified_look(&c, view(table[i].names[k]))) {
				break;
			}
		}
		name = tr_certified_name(&c);
		if(c.rank != table[i].rank || name.len != strlen(table[i].want)
				|| memcmp(name.s, table[i].want, name.len) != 0) {
			fail_msg("%s: want %s (%d), got %.*s (%d)", table[i].about,
					table[i].want, (int)table[i].rank, (int)name.len, name.s,
					(int)c.rank);
		}
	}
}

/* 1 is said when nothing better can come, and not before. */
static void test_enough(void **state)
{
	struct tr_certified c;

	(void)state;
	tr_certified_start(&c, view("one.example"), view("host.example"));
	assert_int_equal(tr_certified_look(&c, view("two.example")), 0);
	assert_int_equal(tr_certified_look(&c, view("host.example")), 0);
	assert_int_equal(tr_certified_look(&c, view("one.example")), 1);
	tr_certified_start(&c, view(""), view("host.example"));
	assert_int_equal(tr_certified_look(&c, view("two.example")), 0);
	assert_int_equal(tr_certified_look(&c, view("host.example")), 1);
}

static void test_longest(void **state)
{
	char name[TR_NAME_MAX + 1];
	struct tr_certified c;

	(void)state;
	memset(name, 'n', sizeof(name));
	tr_certified_start(&c, view(""), view(""));
	tr_certified_look(&c, (struct tr_view){name, TR_NAME_MAX + 1});
	assert_int_equal(c.rank, TR_RANK_NONE);
	tr_certified_look(&c, (struct tr_view){name, TR_NAME_MAX});
	assert_int_equal(tr_certified_name(&c).len, TR_NAME_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_table),
			cmocka_unit_test(test_enough),
			cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
