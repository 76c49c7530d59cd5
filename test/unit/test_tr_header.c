/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are headers found where the core finds them? */
#include "../../modules/tls_reuse/tr_header.h"

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

/* What stands behind the first line, and its headers as "name=value|". */
static const struct {
	const char *about;
	const char *headers;
	const char *want;
} table[] = {
		{"none", "\r\n", ""},
		{"not even an empty line", "", ""},
		{"one", "A: b\r\n\r\n", "A=b|"},
		{"RFC 3261 s7.3.1: blanks around name and value",
				"A \t: \t b c \t\r\n\r\n", "A=b c|"},
		{"no blank at all", "A:b\r\n\r\n", "A=b|"},
		{"colons in a value", "A: b:c\r\n\r\n", "A=b:c|"},
		{"RFC 3261 s7.3.1: a folded value", "A: b\r\n c\r\nD: e\r\n\r\n",
				"A=b\r\n c|D=e|"},
		{"a value that begins on the second line", "A:\r\n\tb\r\nC: d\r\n\r\n",
				"A=b|C=d|"},
		{"an empty value", "A:\r\nB: \r\n\r\n", "A=|B=|"},
		{"lines that end in LF alone", "A: b\nC: d\n\nE: f\n", "A=b|C=d|"},
		{"no colon: a header without a name", "Abc\r\nD: e\r\n\r\n", "=|D=e|"},
		{"a body is no header", "A: b\r\n\r\nC: d\r\n", "A=b|"},
		{"cut off in a value", "A: b", "A=b|"},
		{"cut off in a name", "A: b\r\nC", "A=b|=|"},
};

static void test_walk(void **state)
{
	char msg[512], got[512];
	struct tr_header h;
	size_t i, n;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		snprintf(msg, sizeof(msg), "BYE sip:a SIP/2.0\r\n%s", table[i].headers);
		n = 0;
		got[0] = '\0';
		tr_header_start(view(msg), &h);
		while(tr_header_next(view(msg), &h) == 0) {
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%.*s=%.*s|",
					(int)h.name.len, h.name.s, (int)h.value.len, h.value.s);
		}
		if(strcmp(got, table[i].want) != 0) {
			fail_msg("%s: want %s, got %s", table[i].about, table[i].want, got);
		}
	}
}

static const struct {
	const char *about;
	const char *line;
	int is_call_id;
} names[] = {
		{"as RFC 3261 writes it", "Call-ID: 1\r\n", 1},
		{"RFC 3261 s7.3.1: any case", "cALL-iD: 1\r\n", 1},
		{"RFC 3261 s7.3.3: the compact form", "i: 1\r\n", 1},
		{"the compact form in capitals", "I: 1\r\n", 1},
		{"the beginning of it", "Call-I: 1\r\n", 0},
		{"more than it", "Call-IDs: 1\r\n", 0},
		{"another compact form", "v: 1\r\n", 0},
		{"CR is no hyphen, whatever its bits", "Call\rID: 1\r\n", 0},
		{"no name", ": 1\r\n", 0},
		{"no colon", "Call-ID 1\r\n", 0},
};

static void test_names(void **state)
{
	struct tr_header h;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(names) / sizeof(*names); i++) {
		h.end = 0;
		assert_int_equal(tr_header_next(view(names[i].line), &h), 0);
		if(tr_header_is(&h, "call-id", 'i') != names[i].is_call_id) {
			fail_msg("%s: %s", names[i].about, names[i].line);
		}
	}
	h.end = 0;
	assert_int_equal(tr_header_next(view("j: 1\r\n"), &h), 0);
	assert_int_equal(tr_header_is(&h, "join", '\0'), 0);
}

static const struct {
	const char *about;
	const char *msg;
	int is_sip;
} firsts[] = {
		{"a request", "BYE sip:a SIP/2.0\r\n\r\n", 1},
		{"a reply", "SIP/2.0 200 OK\r\n\r\n", 1},
		{"the core takes it in any case", "BYE sip:a sip/2.0\r\n\r\n", 1},
		{"a request of nothing but its first line", "BYE sip:a SIP/2.0", 1},
		{"a keep-alive", "\r\n\r\n", 0},
		{"nothing", "", 0},
		{"HTTP", "GET / HTTP/1.1\r\nCall-ID: 1\r\nX: SIP/2.0\r\n\r\n", 0},
		{"a version cut off", "BYE sip:a SIP/2.", 0},
};

static void test_is_sip(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(firsts) / sizeof(*firsts); i++) {
		if(tr_header_is_sip(view(firsts[i].msg)) != firsts[i].is_sip) {
			fail_msg("%s: want %d", firsts[i].about, firsts[i].is_sip);
		}
	}
}

/* len 0: to the NUL. */
static const struct {
	const char *about;
	const char *msg;
	int want;
	size_t len;
} heads[] = {
		{"a request", "BYE sip:a SIP/2.0\r\nA: b\r\n\r\n", 1, 0},
		{"RFC 3261 s25.1: HT is white space",
				"BYE sip:a SIP/2.0\r\nA:\tb\r\n\tc\r\n\r\n", 1, 0},
		{"RFC 3261 s25.1: UTF-8 may stand in texts",
				"BYE sip:a SIP/2.0\r\nSubject: \xc3\xa4\r\n\r\n", 1, 0},
		{"nothing, as of a keep-alive", "", 1, 0},
		{"no empty line", "BYE sip:a SIP/2.0\r\nA: b", 1, 0},
		{"lines that end in LF alone", "BYE sip:a SIP/2.0\nA: b\n\n", 0, 0},
		{"one line that does", "BYE sip:a SIP/2.0\r\nA: b\nC: d\r\n\r\n", 0, 0},
		{"the empty line ends in LF alone", "BYE sip:a SIP/2.0\r\nA: b\r\n\n",
				0, 0},
		{"what the body holds", "BYE sip:a SIP/2.0\r\n\r\na\rb\0c\nd\x01\x7f",
				1, 31},
		{"a body behind an LF alone", "BYE sip:a SIP/2.0\n\na\rb\0c", 0, 24},
		{"a CR in a value: the core's To and Via end there",
				"SIP/2.0 200 OK\r\nTo: <sip:a>;tag=x\rVia: y\r\n\r\n", 0, 0},
		{"a CR in the first line", "BYE sip:a SIP/2.0\rA: b\r\n\r\n", 0, 0},
		{"a CR in a name", "BYE sip:a SIP/2.0\r\nA\r: b\r\n\r\n", 0, 0},
		{"two CRs before an LF", "BYE sip:a SIP/2.0\r\nA: b\r\r\n\r\n", 0, 0},
		{"a line of a CR alone", "BYE sip:a SIP/2.0\r\n\rA: b\r\n\r\n", 0, 0},
		{"a CR between LFs", "BYE sip:a SIP/2.0\nA: b\rC: d\n\n", 0, 0},
		{"a CR at the end of all", "BYE sip:a SIP/2.0\r\nA: b\r", 0, 0},
		{"a CR where there is no empty line", "BYE sip:a SIP/2.0\r\nA: b\rC", 0,
				0},
		{"a NUL", "BYE sip:a SIP/2.0\r\nA: b\0c\r\n\r\n", 0, 29},
		{"a NUL in the first line", "BYE sip:\0 SIP/2.0\r\n\r\n", 0, 21},
		{"a vertical tab", "BYE sip:a SIP/2.0\r\nA: b\013C: d\r\n\r\n", 0, 0},
		{"an escape character", "BYE sip:a SIP/2.0\r\nA: \x1b[2J\r\n\r\n", 0,
				0},
		{"DEL", "BYE sip:a SIP/2.0\r\nA: \x7f\r\n\r\n", 0, 0},
};

static void test_is_clean(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct tr_view msg = view(heads[i].msg);
		int got;

		if(heads[i].len > 0) {
			msg.len = heads[i].len;
		}
		got = tr_header_is_clean(msg);
		if(got != heads[i].want) {
			fail_msg("%s: want %d, got %d", heads[i].about, heads[i].want, got);
		}
	}
}

/* Each octet in each place of lines of all lengths up to three words: only the
 * control characters but HT are refused, there and nowhere else. */
static void test_each_octet(void **state)
{
	char text[32];
	size_t len, at;
	unsigned c;

	(void)state;
	for(len = 1; len <= 24; len++) {
		for(at = 0; at < len; at++) {
			for(c = 0; c < 256; c++) {
				int want = (c >= ' ' && c != 0x7f) || c == '\t';
				int got;

				memset(text, c & 1 ? '\t' : 0xff, sizeof(text));
				memcpy(text + len, "\r\n\r\n\n", 5);
				text[at] = (char)c;
				got = tr_header_is_clean((struct tr_view){text, len + 5});
				if(got != want
						|| tr_header_is_clean((struct tr_view){text, len})
								   != want) {
					fail_msg("octet %u at %zu of %zu: want %d", c, at, len,
							want);
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_walk),
			cmocka_unit_test(test_names),
			cmocka_unit_test(test_is_sip),
			cmocka_unit_test(test_is_clean),
			cmocka_unit_test(test_each_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
