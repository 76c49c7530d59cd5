/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name is meant by a domain that somebody gave? A row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_domain.h"

/* 57 times the same letter, and its A-label of 63 octets */
#define U8 "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"
#define U57 U8 U8 U8 U8 U8 U8 U8 "\u00fc"
#define A8 "aaaaaaaa"
#define A57 "xn--tda" A8 A8 A8 A8 A8 A8 A8

struct row {
	const char *says;
	const char *text;
	size_t len;       /* 0: up to the NUL */
	const char *want; /* the name, or the reason's token behind a "!" */
};

static const struct row rows[] = {
		{"ASCII is a name as any other", "Example.COM.", 0, "example.com"},
		{"nothing", "", 0, "!empty"},
		{"an address is no domain", "192.0.2.1", 0, "!ip"},
		{"RFC 5922 s7.2-7: no pattern", "*.example.com", 0, "!wildcard"},
		{"a NUL in ASCII", "example.com\0.evil", 17, "!nul"},
		{"a blank in ASCII", "example .com", 0, "!control"},

		{"RFC 5922 s7.2-4, RFC 5280 s7.2: U-labels become A-labels",
				"b\u00fccher.example", 0, "xn--bcher-kva.example"},
		{"capitals", "B\u00dcCHER.Example", 0, "xn--bcher-kva.example"},
		{"RFC 5891 s4.1: NFC, however it was typed", "bu\u0308cher.example", 0,
				"xn--bcher-kva.example"},
		{"IDNA2008 keeps the sharp s", "fa\u00df.de", 0, "xn--fa-hia.de"},
		{"IDNA2008 keeps the final sigma", "\u03b2\u03cc\u03bb\u03bf\u03c2.com",
				0, "xn--nxasmm1c.com"},
		{"UTS 46: the ideographic full stop is a dot",
				"\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", 0,
				"xn--r8jz45g.xn--zckzah"},
		{"UTS 46: so are the wide and the narrow one", "a\uff0eb\uff61example",
				0, "a.b.example"},
		{"UTS 46: wide letters",
				"\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.com", 0,
				"example.com"},
		{"from right to left", "\u05d0\u05d1.example", 0, "xn--4dbc.example"},
		{"a trailing dot does not change a name", "b\u00fccher.example.", 0,
				"xn--bcher-kva.example"},
		{"an ideographic one neither", "b\u00fccher.example\u3002", 0,
				"xn--bcher-kva.example"},
		{"two do", "b\u00fccher.example..", 0, "!label-empty"},
		{"an A-label beside a U-label", "xn--bcher-kva.b\u00fccher", 0,
				"xn--bcher-kva.xn--bcher-kva"},
		{"an underscore, as private zones have", "_sip.b\u00fccher", 0,
				"_sip.xn--bcher-kva"},

		{"RFC 5891 s5.3: ASCII is not looked into, even if it is no A-label",
				"xn--a.example", 0, "xn--a.example"},
		{"beside a U-label it is", "xn--a.b\u00fccher", 0, "!domain"},
		{"a U-label that pretends to be an A-label", "xn--\u00fc.example", 0,
				"!domain"},
		{"RFC 5891 s4.2.3.1: hyphens in third and fourth place",
				"ab--\u00fc.example", 0, "!domain"},

		{"RFC 3629 s3: a byte that begins nothing", "a\x80.example", 0,
				"!domain"},
		{"RFC 3629 s3: a character cut off", "example\xc3", 0, "!domain"},
		{"RFC 3629 s3: overlong",
				"a\xc0\xae"
				"example",
				0, "!domain"},
		{"RFC 3629 s3: a surrogate", "a\xed\xa0\x80.example", 0, "!domain"},
		{"RFC 3629 s3: beyond Unicode", "a\xf4\x90\x80\x80.example", 0,
				"!domain"},
		{"a NUL never cuts", "b\u00fccher.example\0.evil", 20, "!nul"},
		{"nor before the first foreign byte", "a\0.b\u00fccher", 10, "!nul"},
		{"a line break", "b\u00fccher.example\r\n", 0, "!control"},
		{"a blank", "b\u00fccher. example", 0, "!control"},
		{"UTS 46 makes a blank of this one", "exam\u00a0ple.com", 0,
				"!control"},
		{"a control character beyond ASCII", "b\u00fccher\xc2\x85.example", 0,
				"!domain"},
		{"a mark that turns the writing round", "b\u00fccher\u202e.example", 0,
				"!domain"},
		{"both ways in one label", "\u05d0a.example", 0, "!domain"},
		{"a combining mark in front", "\u0308a.example", 0, "!domain"},
		{"a joiner where there is nothing to join", "a\u200db.example", 0,
				"!domain"},
		{"RFC 5892 s2: a symbol is no letter", "\u2603.example", 0, "!domain"},
		{"what looks like a slash", "example.com\u2215.evil", 0, "!domain"},
		{"what UTS 46 makes a slash of", "example.com\uff0f.evil", 0,
				"!character"},
		{"a wide address", "\uff11\uff19\uff12.0.2.1", 0, "!ip"},
		{"a wide star", "\uff0a.b\u00fccher.example", 0, "!wildcard"},
		{"a star", "*.b\u00fccher.example", 0, "!wildcard"},
		{"a port", "b\u00fccher.example:5061", 0, "!ip"},
		{"nothing is left of it", "\u00ad", 0, "!empty"},
		{"a dot alone", "\u3002", 0, "!label-empty"},
		{"RFC 1035 s2.3.4: an A-label of 63 octets", U57, 0, A57},
		{"one of 64", U57 "\u00fc", 0, "!domain"},
		{"more than 253 octets", U57 "." U57 "." U57 "." U57, 0, "!domain"},
};

static void print(
		char *out, size_t size, enum cm_reason r, const struct cm_name *name)
{
	if(r == CM_OK)
		snprintf(out, size, "%.*s", (int)name->len, name->text);
	else
		snprintf(out, size, "!%s", cm_reason_token(r));
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		size_t len = r->len ? r->len : strlen(r->text);
		struct cm_name name = {.len = 0};
		char got[300];

		print(got, sizeof(got), cm_domain_parse(r->text, len, &name), &name);
		if(strcmp(got, r->want) != 0)
			fail_msg("%s: want %s, got %s", r->says, r->want, got);
	}
}

/* What came out goes in and comes out the same. */
static void test_round_trip(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_name once, twice;
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);

		if(cm_domain_parse(rows[i].text, len, &once) != CM_OK)
			continue;
		assert_int_equal(cm_domain_parse(once.text, once.len, &twice), CM_OK);
		assert_int_equal(once.len, twice.len);
		assert_memory_equal(once.text, twice.text, once.len);
	}
}

/* Nothing is handed to libidn2 beyond a bound, however it begins. */
static void test_bound(void **state)
{
	static char text[CM_DOMAIN_MAX + 1];
	struct cm_name name;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "\u00fc", 2);
	assert_int_equal(
			cm_domain_parse(text, CM_DOMAIN_MAX + 1, &name), CM_TOO_LONG);
	assert_int_equal(
			cm_domain_parse(text, CM_DOMAIN_MAX, &name), CM_DOMAIN_BAD);
	text[CM_DOMAIN_MAX] = '\0';
	assert_int_equal(
			cm_domain_parse(text, CM_DOMAIN_MAX + 1, &name), CM_TOO_LONG);
	/* nor is a text in ASCII gone through to its end, whoever asks for it */
	memset(text, ' ', sizeof(text));
	assert_int_equal(
			cm_domain_parse(text, CM_DOMAIN_MAX + 1, &name), CM_TOO_LONG);
	assert_int_equal(cm_domain_parse(text, CM_DOMAIN_MAX, &name), CM_CONTROL);
}

/* A domain in ASCII, not judged yet: "" where there is none. */
static void test_ascii(void **state)
{
	static char long_text[CM_DOMAIN_MAX + 1];
	static const struct {
		const char *says, *text, *want;
		enum cm_reason reason;
	} cases[] = {
			{"ASCII stays as it stands", "Example.COM.", "Example.COM.", CM_OK},
			{"even if it is no name", "not a name", "not a name", CM_OK},
			{"nothing stays nothing", "", "", CM_OK},
			{"RFC 5922 s7.2-4: U-labels become A-labels",
					"B\u00fccher.example.", "xn--bcher-kva.example.", CM_OK},
			{"UTS 46 makes a star of this one: it is judged later",
					"\uff0a.b\u00fccher.example", "*.xn--bcher-kva.example",
					CM_OK},
			{"no UTF-8", "b\xfc.example", "", CM_DOMAIN_BAD},
			{"no letter", "\u2603.example", "", CM_DOMAIN_BAD},
			{"a blank beside a letter", "b\u00fc cher", "", CM_CONTROL},
			{"nothing is left of it", "\u00ad", "", CM_EMPTY},
			{"too long to be looked at", long_text, "", CM_TOO_LONG},
	};
	size_t i;

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	for(i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		size_t len = text == long_text ? sizeof(long_text) : strlen(text);
		struct cm_ascii ascii;
		enum cm_reason r = cm_domain_ascii(text, len, &ascii);

		if(r != cases[i].reason || ascii.len != strlen(cases[i].want)
				|| memcmp(ascii.text, cases[i].want, ascii.len) != 0)
			fail_msg("%s: want %s \"%s\", got %s \"%.*s\"", cases[i].says,
					cm_reason_token(cases[i].reason), cases[i].want,
					cm_reason_token(r), (int)ascii.len, ascii.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_round_trip),
			cmocka_unit_test(test_bound),
			cmocka_unit_test(test_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
