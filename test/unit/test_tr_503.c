/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a sender get the 503 that he can match with his request? */
#include "../../modules/tls_reuse/tr_503.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define VIA "Via: SIP/2.0/TLS edge.test;branch=z9hG4bK1;i=3\r\n"
#define PBX "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2\r\n"
#define FROM "From: \"A\" <sip:a@one.test>;tag=f\r\n"
#define TO "To: <sip:b@two.test>\r\n"
#define ID "Call-ID: 1@a\r\n"
#define CSEQ "CSeq: 1 INVITE\r\n"
#define REST FROM TO ID CSEQ
#define BEGIN "INVITE sip:b@two.test SIP/2.0\r\n"

#define TAGGED "To: <sip:b@two.test>;tag=tr503-e3beb6ab1ab7ebff\r\n"
#define STATUS "SIP/2.0 503 Connection Failed\r\n"
#define END                                                                    \
	"Warning: 399 edge.test \"it is \\\"so\\\"\"\r\nContent-Length: 0\r\n\r\n"
#define ANSWER FROM TAGGED ID CSEQ END

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* want: the 503, NULL: there is none. */
static const struct {
	const char *about;
	const char *request;
	const char *want;
} table[] = {
		{"RFC 3261 s8.2.6.2: Via, From, To, Call-ID and CSeq; a tag in To",
				BEGIN VIA REST "Content-Length: 0\r\n\r\n", STATUS VIA ANSWER},
		{"RFC 3261 s8.2.6.2: all Vias in their order",
				BEGIN VIA PBX REST "\r\n", STATUS VIA PBX ANSWER},
		{"Vias that others stand between are found",
				BEGIN VIA FROM PBX TO ID CSEQ "\r\n", STATUS VIA PBX ANSWER},
		{"RFC 3261 s7.3.1: several values in one header",
				BEGIN "Via: SIP/2.0/TLS edge.test;branch=z9hG4bK1, SIP/2.0/UDP "
					  "10.0.0.2\r\n" FROM
					  "To: <sip:b@two.test>;tag=t\r\n" ID CSEQ "\r\n",
				STATUS
				"Via: SIP/2.0/TLS edge.test;branch=z9hG4bK1, SIP/2.0/UDP "
				"10.0.0.2\r\n" FROM
				"To: <sip:b@two.test>;tag=t\r\n" ID CSEQ END},
		{"RFC 3261 s7.3.3: compact forms, in any case of letters",
				BEGIN "v: SIP/2.0/TLS edge.test;branch=z9hG4bK1\r\n"
					  "V:SIP/2.0/UDP 10.0.0.2\r\nF: <sip:a@one.test>;tag=f\r\n"
					  "t: <sip:b@two.test>\r\nI: 1@a\r\ncseq: 1 INVITE\r\n\r\n",
				STATUS "v: SIP/2.0/TLS edge.test;branch=z9hG4bK1\r\n"
					   "V:SIP/2.0/UDP 10.0.0.2\r\nF: <sip:a@one.test>;tag=f\r\n"
					   "t: <sip:b@two.test>;tag=tr503-e3beb6ab1ab7ebff\r\n"
					   "I: 1@a\r\ncseq: 1 INVITE\r\n" END},
		{"RFC 3261 s7.3.1: folded lines",
				BEGIN
				"Via: SIP/2.0/TLS edge.test\r\n ;branch=z9hG4bK1\r\n" PBX FROM
				"To:\r\n <sip:b@two.test>\r\n\t;x=y\r\n" ID CSEQ "\r\n",
				STATUS
				"Via: SIP/2.0/TLS edge.test\r\n ;branch=z9hG4bK1\r\n" PBX FROM
				"To:\r\n <sip:b@two.test>\r\n\t;x=y;tag=tr503-"
				"e3beb6ab1ab7ebff\r\n" ID CSEQ END},
		{"RFC 3261 s20.39: a tag that is there stays",
				BEGIN VIA FROM "To: <sip:b@two.test>;tag=t\r\n" ID CSEQ "\r\n",
				STATUS VIA FROM "To: <sip:b@two.test>;tag=t\r\n" ID CSEQ END},
		{"RFC 3261 s20.10: without brackets a parameter is the header's",
				BEGIN VIA FROM "To: sip:b@two.test;TAG = t\r\n" ID CSEQ "\r\n",
				STATUS VIA FROM "To: sip:b@two.test;TAG = t\r\n" ID CSEQ END},
		{"a tag in the URI is none",
				BEGIN VIA FROM "To: <sip:b@two.test;tag=u>\r\n" ID CSEQ "\r\n",
				STATUS VIA FROM "To: <sip:b@two.test;tag=u>"
								";tag=tr503-e3beb6ab1ab7ebff\r\n" ID CSEQ END},
		{"a tag in the display name is none",
				BEGIN VIA FROM "To: \"\\\";tag=n\" <sip:b@two.test>\r\n" ID CSEQ
							   "\r\n",
				STATUS VIA FROM "To: \"\\\";tag=n\" <sip:b@two.test>"
								";tag=tr503-e3beb6ab1ab7ebff\r\n" ID CSEQ END},
		{"a parameter that only begins like it, and one without a value",
				BEGIN VIA FROM "To: <sip:b@two.test>;tags=1;tag;ta\r\n" ID CSEQ
							   "\r\n",
				STATUS VIA FROM "To: <sip:b@two.test>;tags=1;tag;ta"
								";tag=tr503-e3beb6ab1ab7ebff\r\n" ID CSEQ END},
		{"without a branch the tag is that of the Via",
				BEGIN "Via: SIP/2.0/TLS edge.test\r\n" REST "\r\n",
				STATUS
				"Via: SIP/2.0/TLS edge.test\r\n" FROM
				"To: <sip:b@two.test>;tag=tr503-75d1224b00d692db\r\n" ID CSEQ
						END},
		{"of what is there twice the core reads the first",
				BEGIN VIA REST "To: <sip:c@two.test>\r\nCall-ID: 2\r\n\r\n",
				STATUS VIA ANSWER},
		{"only the head is read", BEGIN VIA REST "\r\nVia: none\r\n\r\n\x01",
				STATUS VIA ANSWER},
		{"the head alone", BEGIN VIA REST, STATUS VIA ANSWER},
		{"the head without its last line end",
				BEGIN VIA FROM TO ID "CSeq: 1 INVITE",
				STATUS VIA FROM TAGGED ID "CSeq: 1 INVITE\r\n" END},
		{"a CANCEL that somebody sent us",
				"CANCEL sip:b@two.test SIP/2.0\r\n" VIA PBX REST "\r\n",
				STATUS VIA PBX ANSWER},
		{"the same with its Vias hidden in ours",
				"CANCEL sip:b@two.test SIP/2.0\r\n"
				"Via: SIP/2.0/TLS edge.test;branch=z9hG4bK1;tv=V7c0\r\n" REST
				"\r\n",
				STATUS "Via: SIP/2.0/TLS "
					   "edge.test;branch=z9hG4bK1;tv=V7c0\r\n" ANSWER},
		{"a method that we do not know",
				"NEW sip:b@two.test SIP/2.0\r\n" VIA REST "\r\n",
				STATUS VIA ANSWER},

		{"a CANCEL of our own",
				"CANCEL sip:b@two.test SIP/2.0\r\n" VIA REST "\r\n", NULL},
		{"RFC 3261 s17: an ACK has no response",
				"ACK sip:b@two.test SIP/2.0\r\n" VIA PBX REST "\r\n", NULL},
		{"a response has none either", "SIP/2.0 200 OK\r\n" VIA REST "\r\n",
				NULL},
		{"nothing", "", NULL},
		{"a keep-alive", "\r\n\r\n", NULL},
		{"no line end", "INVITE sip:b@two.test SIP/2.0", NULL},
		{"no URI", "INVITE SIP/2.0\r\n" VIA REST "\r\n", NULL},
		{"a blank in the URI", "INVITE sip:b two SIP/2.0\r\n" VIA REST "\r\n",
				NULL},
		{"another protocol", "GET / HTTP/1.1\r\n" VIA REST "\r\n", NULL},
		{"no Via", BEGIN REST "\r\n", NULL},
		{"no From", BEGIN VIA TO ID CSEQ "\r\n", NULL},
		{"no To", BEGIN VIA FROM ID CSEQ "\r\n", NULL},
		{"no Call-ID", BEGIN VIA FROM TO CSEQ "\r\n", NULL},
		{"no CSeq", BEGIN VIA FROM TO ID "\r\n", NULL},
		{"an empty one", BEGIN VIA FROM "To: \r\n" ID CSEQ "\r\n", NULL},
		{"they stand in the body", BEGIN VIA "\r\n" REST "\r\n", NULL},
		{"RFC 3261 s7: a line that ends in LF alone",
				BEGIN VIA REST "X: y\n\r\n", NULL},
		{"a control character", BEGIN VIA REST "X: \x01y\r\n\r\n", NULL},
};

static const struct tr_503 what = {.phrase = {"Connection Failed", 17},
		.host = {"edge.test", 9},
		.why = {"it is \"so\"", 10}};

static void test_table(void **state)
{
	char out[2048], again[2048];
	size_t i, len, len2;
	const char *want;
	struct tr_view head;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		want = table[i].want != NULL ? table[i].want : "";
		len = 0;
		if(tr_503_make(&what, view(table[i].request), out, sizeof(out), &len)
				!= (want[0] != '\0' ? 0 : -1)) {
			fail_msg("%s: %s", table[i].about,
					want[0] != '\0' ? "refused" : "not refused");
		}
		if(len != strlen(want) || memcmp(out, want, len) != 0) {
			fail_msg("%s: want\n%s\ngot\n%.*s", table[i].about, want, (int)len,
					out);
		}
		/* what is kept of it gives the same */
		head = tr_503_head(view(table[i].request));
		len2 = 0;
		tr_503_make(&what, head, again, sizeof(again), &len2);
		if(len2 != len || memcmp(again, out, len) != 0) {
			fail_msg("%s: its head gives\n%.*s", table[i].about, (int)len2,
					again);
		}
	}
}

static void test_head(void **state)
{
	const char *text = BEGIN VIA REST "\r\nbody";
	struct tr_view head = tr_503_head(view(text));

	(void)state;
	assert_ptr_equal(head.s, text);
	assert_int_equal(head.len, strlen(text) - 6);
	assert_int_equal(tr_503_head(view("SIP/2.0 200 OK\r\n" VIA "\r\n")).len, 0);
	assert_int_equal(
			tr_503_head(view("ACK sip:b SIP/2.0\r\n" VIA PBX "\r\n")).len, 0);
}

/* Room for one octet less: nothing is written, not even a part. */
static void test_room(void **state)
{
	const char *want = STATUS VIA PBX ANSWER;
	const struct tr_view request = view(BEGIN VIA PBX REST "\r\n");
	char out[1024];
	size_t cap, i, len;

	(void)state;
	for(cap = 0; cap < strlen(want); cap++) {
		memset(out, '#', sizeof(out));
		len = 77;
		assert_int_equal(tr_503_make(&what, request, out, cap, &len), -1);
		assert_int_equal(len, 77);
		for(i = 0; i < sizeof(out); i++) {
			assert_int_equal(out[i], '#');
		}
	}
	assert_int_equal(tr_503_make(&what, request, out, cap, &len), 0);
	assert_int_equal(len, cap);
	assert_int_equal(out[cap], '#');
}

/* RFC 3261 s20.43, s25.1: no text can end its line, its quotes or its word. */
static const struct {
	const char *about;
	struct tr_503 what;
	const char *first;
	const char *warning;
} words[] = {
		{"a name instead of a host",
				{{"Gone", 4}, {"tls-edge", 8}, {"it's gone", 9}},
				"SIP/2.0 503 Gone\r\n",
				"Warning: 399 tls-edge \"it's gone\"\r\n"},
		{"an IPv6 address", {{"Gone", 4}, {"[2001:db8::1]", 13}, {"x", 1}},
				"SIP/2.0 503 Gone\r\n", "Warning: 399 [2001:db8::1] \"x\"\r\n"},
		{"quotes and backslashes", {{"\"", 1}, {"a", 1}, {"a\"b\\c\\\"", 7}},
				"SIP/2.0 503 \"\r\n",
				"Warning: 399 a \"a\\\"b\\\\c\\\\\\\"\"\r\n"},
		{"line ends", {{"a\r\nX: y", 7}, {"a\r\nX: y", 7}, {"a\r\nX: y", 7}},
				"SIP/2.0 503 a??X: y\r\n",
				"Warning: 399 a--X:-y \"a??X: y\"\r\n"},
		{"NUL, DEL, and no UTF-8",
				{{"a\0b\x7f\xff", 5}, {"a\0b\x7f\xff", 5}, {"a\0b\x7f\xff", 5}},
				"SIP/2.0 503 a?b??\r\n", "Warning: 399 a-b-- \"a?b??\"\r\n"},
		{"nothing to say", {{"", 0}, {"a", 1}, {"", 0}}, "SIP/2.0 503 \r\n",
				"Warning: 399 a \"\"\r\n"},
};

static void test_words(void **state)
{
	const struct tr_view request = view(BEGIN VIA REST "\r\n");
	char out[1024];
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(words) / sizeof(*words); i++) {
		assert_int_equal(tr_503_make(&words[i].what, request, out,
								 sizeof(out) - 1, &len),
				0);
		out[len] = '\0';
		if(strncmp(out, words[i].first, strlen(words[i].first)) != 0
				|| strstr(out, words[i].warning) == NULL) {
			fail_msg("%s: got\n%s", words[i].about, out);
		}
	}
}

/* The ACK to a 503 has its To (RFC 3261 s17.1.1.3). */
static const struct {
	const char *about;
	const char *request;
	int want;
} acks[] = {
		{"to a 503 of ours",
				"ACK sip:b@two.test SIP/2.0\r\n" VIA FROM TAGGED ID
				"CSeq: 1 ACK\r\n\r\n",
				1},
		{"in compact form",
				"ACK sip:b SIP/2.0\r\nv:SIP/2.0/TLS e;branch=z9hG4bK1\r\n"
				"t:b;tag=tr503-e3beb6ab1ab7ebff;x\r\n\r\n",
				1},
		{"to a 503 that the next hop made in the same way: RFC 3261 s17.1.1.3",
				"ACK sip:b SIP/2.0\r\n" VIA
				"To: <sip:b>;tag=tr503-0123456789abcdef\r\n\r\n",
				0},
		{"without a Via",
				"ACK sip:b SIP/2.0\r\n"
				"To: <sip:b>;tag=tr503-e3beb6ab1ab7ebff\r\n\r\n",
				0},
		{"to another answer",
				"ACK sip:b SIP/2.0\r\n" VIA FROM "To: <sip:b>;tag=t\r\n\r\n",
				0},
		{"a tag that only begins so",
				"ACK sip:b SIP/2.0\r\n" VIA
				"To: <sip:b>;tag=tr503-e3beb6ab1ab7ebf\r\n\r\n",
				0},
		{"a longer one",
				"ACK sip:b SIP/2.0\r\n" VIA
				"To: <sip:b>;tag=tr503-e3beb6ab1ab7ebff0\r\n\r\n",
				0},
		{"no tag", "ACK sip:b SIP/2.0\r\n" VIA TO "\r\n", 0},
		{"no To", "ACK sip:b SIP/2.0\r\n" VIA "\r\n", 0},
		{"another method",
				"BYE sip:b@two.test SIP/2.0\r\n" VIA FROM TAGGED ID CSEQ "\r\n",
				0},
		{"a response", STATUS VIA ANSWER, 0},
		{"cut off", "ACK ", 0},
		{"nothing", "", 0},
};

static void test_acks(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(acks) / sizeof(*acks); i++) {
		if(tr_503_is_acked_by(view(acks[i].request)) != acks[i].want) {
			fail_msg("%s: want %d", acks[i].about, acks[i].want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_table),
			cmocka_unit_test(test_head),
			cmocka_unit_test(test_room),
			cmocka_unit_test(test_words),
			cmocka_unit_test(test_acks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
