/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this text a DNS name? A row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_name.h"

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123"
#define L61 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1"

struct row {
	const char *says;
	const char *text;
	size_t len; /* 0: up to the NUL */
	int star;
	enum cm_reason want;
	const char *name;
};

static const struct row rows[] = {
		{"a plain name", "example.com", 0, 0, CM_OK, "example.com"},
		{"RFC 5922 s7.2-3, RFC 4343: case does not matter", "ExAmPlE.COM", 0, 0,
				CM_OK, "example.com"},
		{"one trailing dot does not change a name", "example.com.", 0, 0, CM_OK,
				"example.com"},
		{"two do", "example.com..", 0, 0, CM_LABEL_EMPTY, NULL},
		{"a single label", "pbx", 0, 0, CM_OK, "pbx"},
		{"an A-label", "xn--bcher-kva.example", 0, 0, CM_OK,
				"xn--bcher-kva.example"},
		{"an underscore, as private zones have", "_a.b_c.example", 0, 0, CM_OK,
				"_a.b_c.example"},
		{"digits and letters", "4you.3com", 0, 0, CM_OK, "4you.3com"},
		{"nothing", "", 0, 0, CM_EMPTY, NULL},
		{"a dot alone", ".", 0, 0, CM_LABEL_EMPTY, NULL},
		{"RFC 5922 s7.2-7: a leading dot is no wildcard", ".example.com", 0, 1,
				CM_LABEL_EMPTY, NULL},
		{"an empty label inside", "a..b", 0, 0, CM_LABEL_EMPTY, NULL},
		{"a NUL inside never cuts", "example.com\0.evil.org", 21, 0, CM_NUL,
				NULL},
		{"a NUL at the end", "example.com\0", 12, 0, CM_NUL, NULL},
		{"a line break", "example.com\r\n", 0, 0, CM_CONTROL, NULL},
		{"a blank", "example .com", 0, 0, CM_CONTROL, NULL},
		{"DEL", "exam\x7fple.com", 0, 0, CM_CONTROL, NULL},
		{"UTF-8",
				"b\xc3\xbc"
				"cher.example",
				0, 0, CM_NON_ASCII, NULL},
		{"a slash", "example.com/x", 0, 0, CM_CHARACTER, NULL},
		{"a percent sign", "exa%6dple.com", 0, 0, CM_CHARACTER, NULL},
		{"a hyphen in front", "-a.example", 0, 0, CM_LABEL_HYPHEN, NULL},
		{"a hyphen behind", "a-.example", 0, 0, CM_LABEL_HYPHEN, NULL},
		{"a label of 63", L63 ".example", 0, 0, CM_OK, L63 ".example"},
		{"a label of 64", L63 "x.example", 0, 0, CM_LABEL_LONG, NULL},
		{"253 octets", L63 "." L63 "." L63 "." L61, 0, 0, CM_OK,
				L63 "." L63 "." L63 "." L61},
		{"253 octets and a trailing dot", L63 "." L63 "." L63 "." L61 ".", 0, 0,
				CM_OK, L63 "." L63 "." L63 "." L61},
		{"254 octets", L63 "." L63 "." L63 "." L61 "x", 0, 0, CM_TOO_LONG,
				NULL},
		{"an IPv4 address", "192.0.2.1", 0, 0, CM_IP_LITERAL, NULL},
		{"an IPv4 address with a dot", "192.0.2.1.", 0, 0, CM_IP_LITERAL, NULL},
		{"a number alone", "12345", 0, 0, CM_IP_LITERAL, NULL},
		{"an IPv6 address", "2001:db8::1", 0, 0, CM_IP_LITERAL, NULL},
		{"an IPv6 reference", "[2001:db8::1]", 0, 0, CM_IP_LITERAL, NULL},
		{"a star where none is allowed", "*.example.com", 0, 0,
				CM_WILDCARD_PLACE, NULL},
		{"RFC 9525 s6.3: a star as leftmost label", "*.example.com", 0, 1,
				CM_OK, "*.example.com"},
		{"a star in a label", "a*.example.com", 0, 1, CM_WILDCARD_PLACE, NULL},
		{"a star further right", "a.*.com", 0, 1, CM_WILDCARD_PLACE, NULL},
		{"two stars", "*.*.com", 0, 1, CM_WILDCARD_PLACE, NULL},
		{"a star alone", "*", 0, 1, CM_WILDCARD_PLACE, NULL},
		{"a star and a dot", "*.", 0, 1, CM_WILDCARD_PLACE, NULL},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		size_t len = r->len ? r->len : strlen(r->text);
		struct cm_name name = {.len = 0};
		enum cm_reason got = cm_name_parse(r->text, len, r->star, &name);

		if(got != r->want
				|| (r->name
						&& (name.len != strlen(r->name)
								|| memcmp(name.text, r->name, name.len))))
			fail_msg("%s: want %s \"%s\", got %s \"%.*s\"", r->says,
					cm_reason_token(r->want), r->name ? r->name : "",
					cm_reason_token(got), (int)name.len, name.text);
	}
}

/* A name in canonical form is its own canonical form. */
static void test_round_trip(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_name once, twice;
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);

		if(cm_name_parse(rows[i].text, len, 1, &once) != CM_OK)
			continue;
		assert_int_equal(cm_name_parse(once.text, once.len, 1, &twice), CM_OK);
		assert_int_equal(once.len, twice.len);
		assert_memory_equal(once.text, twice.text, once.len);
	}
}

/* Every reason and source has its words, and so has what is none. */
static void test_words(void **state)
{
	int i;

	(void)state;
	for(i = -1; i <= CM_REASONS; i++) {
		assert_non_null(cm_reason_token((enum cm_reason)i));
		assert_true(strlen(cm_reason_words((enum cm_reason)i)) > 3);
		assert_true(strlen(cm_reason_clause((enum cm_reason)i)) > 3);
	}
	assert_string_equal(cm_reason_token((enum cm_reason)0), "refused");
	assert_string_equal(cm_source_name(CM_SOURCE_NONE), "");
	assert_string_equal(cm_source_name(CM_SOURCE_CN), "cn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_round_trip),
			cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
