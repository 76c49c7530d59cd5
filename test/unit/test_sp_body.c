/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is the SDP of a SIP message found, and nothing else taken for one?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../modules/sdes_policy/sp_body.h"

#define START "INVITE sip:a@b SIP/2.0\r\nCall-ID: x\r\n"
#define KEY "inline:WpjkRMJa2SxB/MF0MKkdLG5R/VRHWLr7NgD6C7dy"

static void bodies_are_told_apart(void **state)
{
	static const struct {
		const char *sentence;
		const char *message; /* behind START */
		enum sp_body_kind want;
		int code;
	} rows[] = {
			{"no body", "\r\n", SP_BODY_NONE, 200},
			{"SDP", "Content-Type: application/sdp\r\n\r\nv=0\r\n", SP_BODY_SDP,
					200},
			{"another case, parameters and blanks",
					"CONTENT-TYPE :\tApplication/SDP ; x=y\r\n\r\nv=0\r\n",
					SP_BODY_SDP, 200},
			{"RFC 3261 s7.3.3: the compact form",
					"c: application/sdp\r\n\r\nv=0\r\n", SP_BODY_SDP, 200},
			{"no Content-Type", "\r\nv=0\r\n", SP_BODY_REFUSED, 400},
			{"two of them",
					"c: text/plain\r\nContent-Type: application/sdp\r\n\r\nv",
					SP_BODY_REFUSED, 400},
			{"an encoded body",
					"Content-Encoding: gzip\r\nc: application/sdp\r\n\r\nx",
					SP_BODY_REFUSED, 415},
			{"its compact form", "e: deflate\r\nc: application/sdp\r\n\r\nx",
					SP_BODY_REFUSED, 415},
			{"identity is no encoding",
					"e: identity\r\nc: application/sdp\r\n\r\nx", SP_BODY_SDP,
					200},
			{"multipart with SDP",
					"c: multipart/mixed;boundary=x\r\n\r\n--x\r\n"
					"Content-Type: application/sdp\r\n\r\nv=0\r\n--x--",
					SP_BODY_REFUSED, 415},
			{"message/sipfrag with a key",
					"c: message/sipfrag\r\n\r\nSIP/2.0 200\r\na=CRYPTO:1",
					SP_BODY_REFUSED, 415},
			{"message/sipfrag of a transfer",
					"c: message/sipfrag\r\n\r\nSIP/2.0 200 OK\r\n",
					SP_BODY_OTHER, 200},
			{"prose about cryptography",
					"c: text/plain\r\n\r\nWe spoke of crypto, inline: no.",
					SP_BODY_OTHER, 200},
			{"a key in a text", "c: text/plain\r\n\r\nmy key: " KEY,
					SP_BODY_REFUSED, 415},
			{"a key line in a text", "c: text/plain\r\n\r\n  A=Crypto:1",
					SP_BODY_REFUSED, 415},
			{"DTMF", "c: application/dtmf-relay\r\n\r\nSignal=1\r\n",
					SP_BODY_OTHER, 200},
			{"a length that fits",
					"c: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
					SP_BODY_SDP, 200},
			{"line ends behind the body",
					"c: application/sdp\r\nl: 3\r\n\r\nv=0\r\n\r\n",
					SP_BODY_SDP, 200},
			{"something else behind the body",
					"c: application/sdp\r\nl: 3\r\n\r\nv=0a=crypto:1",
					SP_BODY_REFUSED, 400},
			{"a body that is cut off", "c: application/sdp\r\nl: 30\r\n\r\nv=0",
					SP_BODY_REFUSED, 400},
			{"a body behind length 0", "l: 0\r\n\r\na=crypto:1",
					SP_BODY_REFUSED, 400},
	};

	(void)state;
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sp_body_verdict got;
		struct sp_body_facts facts;
		struct sp_text headers;
		char text[512];
		struct sp_buf b;

		sp_buf_init(&b, text, sizeof(text));
		sp_buf_str(&b, START);
		sp_buf_str(&b, rows[i].message);
		assert_int_equal(sp_body_find(sp_text_of(text), &facts, &headers), 0);
		got = sp_body_judge(&facts);
		if(got.kind != rows[i].want || got.code != rows[i].code)
			fail_msg("%s: want %d %d, got %d %d (%s)", rows[i].sentence,
					(int)rows[i].want, rows[i].code, (int)got.kind, got.code,
					got.words);
	}
}

static void headers_must_end(void **state)
{
	struct sp_body_facts facts;
	struct sp_text headers;

	(void)state;
	assert_int_equal(sp_body_find(SP_TEXT(START "c: x"), &facts, &headers), -1);
	assert_int_equal(sp_body_find(SP_TEXT(START), &facts, &headers), -1);
}

static void a_key_in_a_header_is_seen(void **state)
{
	(void)state;
	assert_int_equal(sp_text_has_key(SP_TEXT("X-Key: " KEY "\r\n")), 1);
	assert_int_equal(
			sp_text_has_key(SP_TEXT("Warning: 399 e \"send a=crypto\"\r\n")),
			0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(bodies_are_told_apart),
			cmocka_unit_test(headers_must_end),
			cmocka_unit_test(a_key_in_a_header_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
