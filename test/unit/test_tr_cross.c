/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a message name its dialogs as the other side does, and comes back? */
#include "../../modules/tls_reuse/tr_cross.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define FIRST "NOTIFY sip:1@10.99.1.2 SIP/2.0\r\n"
#define TAIL "X: 1@10.99.1.2\r\n\r\nCall-ID: 1@10.99.1.2\r\n"
/* The Call-ID 1@10.99.1.2, its token, and how they look in a URI. */
#define ID "1@10.99.1.2"
#define TOKEN "tc1-zKkvZHwOBrmi5Z65-S2FuyiQZwsm5q2XMs-m"
#define ESCAPED "1%4010.99.1.2"

static struct tr_inside inside;
static struct tr_callid_keys keys;

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* Headers on one side, and on the other; crossing goes both ways. */
static const struct {
	const char *about;
	const char *from;
	const char *to;
} table[] = {
		{"RFC 3261 s20.8", "Call-ID: " ID "\r\n", "Call-ID: " TOKEN "\r\n"},
		{"RFC 3261 s7.3.3: the compact form, blanks", "i \t:" ID "  \r\n",
				"i \t:" TOKEN "  \r\n"},
		{"RFC 3261 s7.3.1: a value on the next line",
				"A: b\r\nCALL-ID:\r\n " ID "\r\nC: d\r\n",
				"A: b\r\nCALL-ID:\r\n " TOKEN "\r\nC: d\r\n"},
		{"two Call-IDs, malformed: each of them",
				"Call-ID: " ID "\r\nCall-ID: 2\r\ni: " TOKEN "\r\n",
				"Call-ID: " TOKEN "\r\nCall-ID: 2\r\ni: " ID "\r\n"},
		{"RFC 3891 s6.1: Replaces",
				"Replaces: " ID ";to-tag=1;from-tag=2\r\nCall-ID: 3\r\n",
				"Replaces: " TOKEN ";to-tag=1;from-tag=2\r\nCall-ID: 3\r\n"},
		{"RFC 3911 s7.1: Join, a blank before the semicolon",
				"Join: " ID " ;to-tag=1\r\n", "Join: " TOKEN " ;to-tag=1\r\n"},
		{"RFC 4538 s7: Target-Dialog",
				"Target-Dialog: " ID ";local-tag=1;remote-tag=2\r\n",
				"Target-Dialog: " TOKEN ";local-tag=1;remote-tag=2\r\n"},
		{"RFC 3261 s20.21: In-Reply-To is a list",
				"In-Reply-To: a@b, " ID " ,," ID "\r\nB: c\r\n",
				"In-Reply-To: a@b, " TOKEN " ,," TOKEN "\r\nB: c\r\n"},
		{"RFC 3261 s19.1.1: Replaces in the URI of Refer-To",
				"Refer-To: \"a\" <sip:a@b?Replaces=" ESCAPED
				"%3Bto-tag%3D1%3bfrom-tag%3D2&Require=replaces>\r\nC: d\r\n",
				"Refer-To: \"a\" <sip:a@b?Replaces=" TOKEN
				"%3Bto-tag%3D1%3bfrom-tag%3D2&Require=replaces>\r\nC: d\r\n"},
		{"the compact form, a second header, a semicolon not escaped",
				"r: <sip:a@b?x=y&replaces=" ESCAPED ";to-tag=1>\r\n",
				"r: <sip:a@b?x=y&replaces=" TOKEN ";to-tag=1>\r\n"},
		{"nothing behind it", "r: sip:a@b?Replaces=" ESCAPED "\r\n",
				"r: sip:a@b?Replaces=" TOKEN "\r\n"},
};

static void cross_as(
		const char *about, const char *from, const char *to, unsigned *changed)
{
	char msg[2048], want[2048];
	struct tr_crossed crossed;
	struct tr_text text = {msg, 0, sizeof(msg) - 1};

	text.len = (size_t)sprintf(msg, "%s%s%s", FIRST, from, TAIL);
	sprintf(want, "%s%s%s", FIRST, to, TAIL);
	if(tr_cross(&inside, &keys, &text, &crossed) != TR_CROSS_DONE) {
		fail_msg("%s: not changed", about);
	}
	msg[text.len] = '\0';
	if(strcmp(msg, want) != 0) {
		fail_msg("%s:\nwant %s\ngot %s", about, want, msg);
	}
	*changed = crossed.hidden + crossed.shown;
}

static void test_both_ways(void **state)
{
	unsigned there, back;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		cross_as(table[i].about, table[i].from, table[i].to, &there);
		cross_as(table[i].about, table[i].to, table[i].from, &back);
		assert_int_equal(there, back);
	}
}

static const struct {
	const char *about;
	const char *headers;
	enum tr_cross want;
} others[] = {
		{"no Call-ID", "A: " ID "\r\n", TR_CROSS_SAME},
		{"a Call-ID without an inside host", "Call-ID: 1@a\r\n", TR_CROSS_SAME},
		{"an empty Call-ID", "Call-ID:\r\n", TR_CROSS_SAME},
		{"a header with a longer name", "X-Call-ID: " ID "\r\n", TR_CROSS_SAME},
		{"a tag that looks like it", "Replaces: 1;to-tag=" ID "\r\n",
				TR_CROSS_SAME},
		{"Refer-To without Replaces", "Refer-To: <sip:" ID ">\r\n",
				TR_CROSS_SAME},
		{"Refer-To with an empty one", "Refer-To: <sip:a?Replaces=>\r\n",
				TR_CROSS_SAME},
		{"a percent sign at the end", "Refer-To: <sip:a?Replaces=1%4>\r\n",
				TR_CROSS_SAME},
		{"a folded Call-ID cannot be hidden", "Call-ID: 1\r\n @10.99.1.2\r\n",
				TR_CROSS_REFUSED},
		{"nor one with a control character",
				"Refer-To: <sip:a?Replaces=%0d%4010.99.1.2>\r\n",
				TR_CROSS_REFUSED},
};

static void test_others(void **state)
{
	char msg[2048], before[2048];
	struct tr_crossed crossed;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct tr_text text = {msg, 0, sizeof(msg)};

		text.len =
				(size_t)sprintf(msg, "%s%s%s", FIRST, others[i].headers, TAIL);
		memcpy(before, msg, text.len);
		if(tr_cross(&inside, &keys, &text, &crossed) != others[i].want) {
			fail_msg("%s: not %d", others[i].about, others[i].want);
		}
		if(others[i].want == TR_CROSS_SAME
				&& memcmp(before, msg, text.len) != 0) {
			fail_msg("%s: changed", others[i].about);
		}
	}
}

static void test_no_hosts(void **state)
{
	static const struct tr_inside none;
	char msg[] = FIRST "Call-ID: " TOKEN "\r\n" TAIL;
	struct tr_text text = {msg, sizeof(msg) - 1, sizeof(msg)};
	struct tr_crossed crossed;

	(void)state;
	assert_int_equal(tr_cross(&none, &keys, &text, &crossed), TR_CROSS_SAME);
}

static void test_no_room(void **state)
{
	static const char from[] = FIRST "Call-ID: " ID "\r\n" TAIL;
	char msg[sizeof(from) + sizeof(TOKEN) - sizeof(ID)];
	struct tr_text text = {msg, sizeof(from) - 1, sizeof(msg) - 1};
	struct tr_crossed crossed;

	(void)state;
	memcpy(msg, from, sizeof(from) - 1);
	assert_int_equal(tr_cross(&inside, &keys, &text, &crossed), TR_CROSS_DONE);
	assert_int_equal(text.len, text.cap);
	memcpy(msg, from, sizeof(from) - 1);
	text.len = sizeof(from) - 1;
	text.cap--;
	assert_int_equal(
			tr_cross(&inside, &keys, &text, &crossed), TR_CROSS_REFUSED);
}

static void test_long_in_uri(void **state)
{
	static char msg[8192];
	struct tr_text text = {msg, 0, sizeof(msg)};
	struct tr_crossed crossed;

	(void)state;
	text.len = (size_t)sprintf(
			msg, "%sRefer-To: <sip:a?Replaces=%04000d>\r\n", FIRST, 1);
	assert_int_equal(
			tr_cross(&inside, &keys, &text, &crossed), TR_CROSS_REFUSED);
}

static int make_inside(void **state)
{
	struct tr_secrets secrets;

	(void)state;
	tr_keys_single(view("0123456789abcdef"), &secrets);
	tr_callid_init(&keys, &secrets, NULL);
	tr_inside_add(&inside, view("10.99.1.2"));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_both_ways),
			cmocka_unit_test(test_others),
			cmocka_unit_test(test_no_hosts),
			cmocka_unit_test(test_no_room),
			cmocka_unit_test(test_long_in_uri),
	};

	return cmocka_run_group_tests(tests, make_inside, NULL);
}
