/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is every line of an SDP found, and every place where a key can hide?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../modules/sdes_policy/sp_sdp.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
#define AUDIO "m=audio 4000 RTP/AVP 0\r\n"
#define KEY "WpjkRMJa2SxB/MF0MKkdLG5R/VRHWLr7NgD6C7dy"
#define LINE "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY

static void lines_have_a_kind(void **state)
{
	static const struct {
		const char *sentence;
		const char *line;
		enum sp_line_kind want;
	} rows[] = {
			{"a crypto line", "a=crypto:" LINE, SP_LINE_CRYPTO},
			{"TAB after the name", "a=crypto\t:" LINE, SP_LINE_KEY},
			{"a blank after the name", "a=crypto :" LINE, SP_LINE_KEY},
			{"no colon", "a=crypto", SP_LINE_KEY},
			{"another case", "a=Crypto:" LINE, SP_LINE_KEY},
			{"a blank before the name", "a= crypto:" LINE, SP_LINE_KEY},
			{"a blank before the line", " a=crypto:" LINE, SP_LINE_KEY},
			{"a capital letter", "A=crypto:" LINE, SP_LINE_KEY},
			{"k=", "k=base64:" KEY, SP_LINE_KEY},
			{"K=", "K=base64:" KEY, SP_LINE_KEY},
			{"key-mgmt", "a=key-mgmt:mikey AQAFgM0X", SP_LINE_KEY},
			{"cryptoscale", "a=cryptoscale:1", SP_LINE_KEY},
			{"RFC 5939 acap", "a=acap:1 crypto:" LINE, SP_LINE_KEY},
			{"RFC 3407 cpar", "a=cpar: a=crypto:" LINE, SP_LINE_KEY},
			{"a key in fmtp", "a=fmtp:0 x=inline:" KEY, SP_LINE_KEY},
			{"a key in i=", "i=INLINE:" KEY, SP_LINE_KEY},
			{"a key in o=", "o=crypto 1 1 IN IP4 192.0.2.1", SP_LINE_BAD},
			{"a key in m=", "m=audio 4000 RTP/AVP inline:" KEY, SP_LINE_BAD},
			{"RFC 5939 pcfg", "a=pcfg:1 t=1 a=1", SP_LINE_UNKNOWN},
			{"an attribute nobody knows", "a=x-secret:" KEY, SP_LINE_UNKNOWN},
			{"fingerprint", "a=fingerprint:SHA-1 4A:AD", SP_LINE_DTLS},
			{"setup", "a=setup:actpass", SP_LINE_DTLS},
			{"zrtp-hash", "a=zrtp-hash:1.10 fe30", SP_LINE_DTLS},
			{"rtpmap", "a=rtpmap:0 PCMU/8000", SP_LINE_PASS},
			{"an attribute of the policy's list", "a=x-ours:1", SP_LINE_PASS},
			{"u=", "u=http://example.com/", SP_LINE_JUNK},
			{"no =", "hello", SP_LINE_JUNK},
			{"media", "m=audio 4000 RTP/AVP 0", SP_LINE_MEDIA},
	};
	static const struct sp_pass pass[] = {{"x-ours"}};

	(void)state;
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sp_walk w;
		struct sp_line l;

		sp_walk_init(&w, sp_text_of(rows[i].line), pass, 1);
		assert_int_equal(sp_walk_next(&w, &l), SP_WALK_LINE);
		if(l.kind != rows[i].want)
			fail_msg("%s: want %d, got %d", rows[i].sentence, (int)rows[i].want,
					(int)l.kind);
		assert_int_equal(sp_walk_next(&w, &l), SP_WALK_END);
	}
}

static void every_line_end_ends_a_line(void **state)
{
	static const char text[] = "v=0\ra=a\na=b\r\n\r\n\n\ra=c";
	static const unsigned numbers[] = {1, 2, 3, 7};
	struct sp_text body = {text, sizeof(text) - 1};
	struct sp_walk w;
	struct sp_line l;

	(void)state;
	sp_walk_init(&w, body, NULL, 0);
	for(size_t i = 0; i < 4; i++) {
		assert_int_equal(sp_walk_next(&w, &l), SP_WALK_LINE);
		assert_int_equal(l.whole.len, 3);
		assert_int_equal(l.number, numbers[i]);
	}
	assert_int_equal(sp_walk_next(&w, &l), SP_WALK_END);
}

static enum sp_sdp_err read_text(struct sp_text body, struct sp_sdp *sdp)
{
	static const struct sp_reading how = {{NULL, 0}, NULL, 0};

	return sp_sdp_read(body, &how, sdp);
}

static void what_is_no_sdp_is_refused_in_words(void **state)
{
	static const struct {
		const char *sentence;
		const char *body;
		enum sp_sdp_err want;
		int code;
	} rows[] = {
			{"nothing", "", SP_SDP_NO_VERSION, 400},
			{"no v=", AUDIO, SP_SDP_NO_VERSION, 400},
			{"another version", "v=1\r\n" AUDIO, SP_SDP_NO_VERSION, 400},
			{"no o=", "v=0\r\n" AUDIO, SP_SDP_NO_ORIGIN, 400},
			{"o= below m=", "v=0\r\n" AUDIO "o=- 1 1 IN IP4 192.0.2.1\r\n",
					SP_SDP_NO_ORIGIN, 400},
			{"a second SDP behind the first", HEAD AUDIO HEAD AUDIO,
					SP_SDP_TWICE, 400},
			{"no m-line", HEAD, SP_SDP_NO_MEDIA, 488},
			{"a port that is no number", HEAD "m=audio x RTP/AVP 0\r\n",
					SP_SDP_BAD_MEDIA, 400},
			{"port 65536", HEAD "m=audio 65536 RTP/AVP 0\r\n", SP_SDP_BAD_MEDIA,
					400},
			{"no format", HEAD "m=audio 4000 RTP/AVP\r\n", SP_SDP_BAD_MEDIA,
					400},
			{"no proto", HEAD "m=audio 4000\r\n", SP_SDP_BAD_MEDIA, 400},
			{"a key word in c=", HEAD "c=IN IP4 crypto\r\n" AUDIO,
					SP_SDP_KEY_WORD, 400},
			{"a control character", HEAD "a=x\001\r\n" AUDIO, SP_SDP_CONTROL,
					400},
			{"good", HEAD AUDIO, SP_SDP_OK, 200},
			{"good, LF and no final line end",
					"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0",
					SP_SDP_OK, 200},
	};
	static struct sp_sdp sdp;

	(void)state;
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum sp_sdp_err got = read_text(sp_text_of(rows[i].body), &sdp);

		if(got != rows[i].want || sp_sdp_code(got) != rows[i].code)
			fail_msg("%s: want %s, got %s", rows[i].sentence,
					sp_sdp_words(rows[i].want), sp_sdp_words(got));
	}
}

static void a_nul_octet_is_refused(void **state)
{
	static const char text[] = HEAD AUDIO "a=rtpmap:0\0a=crypto:" LINE "\r\n";
	struct sp_text body = {text, sizeof(text) - 1};
	static struct sp_sdp sdp;

	(void)state;
	assert_int_equal(read_text(body, &sdp), SP_SDP_CONTROL);
	assert_int_equal(sdp.err_line, 6);
}

static void bounds_are_refusals(void **state)
{
	static char text[SP_BODY_MAX + 100];
	static struct sp_sdp sdp;
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, text, sizeof(text));
	sp_buf_str(&b, HEAD);
	for(int i = 0; i < 60; i++) {
		sp_buf_str(&b, AUDIO);
		assert_int_equal(read_text((struct sp_text){text, b.len}, &sdp),
				i < SP_STREAMS_MAX ? SP_SDP_OK : SP_SDP_MANY_MEDIA);
	}
	sp_buf_init(&b, text, sizeof(text));
	sp_buf_str(&b, HEAD AUDIO);
	for(int i = 0; i <= SP_CRYPTOS_MAX; i++) {
		sp_buf_str(&b, "a=crypto:" LINE "\r\n");
		assert_int_equal(read_text((struct sp_text){text, b.len}, &sdp),
				i < SP_CRYPTOS_MAX ? SP_SDP_OK : SP_SDP_MANY_CRYPTO);
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, HEAD, sizeof(HEAD) - 1);
	assert_int_equal(
			read_text((struct sp_text){text, sizeof(text)}, &sdp), SP_SDP_BIG);
	assert_int_equal(read_text((struct sp_text){text, SP_BODY_MAX}, &sdp),
			SP_SDP_LONG_LINE);
}

static void facts_are_found(void **state)
{
	static struct sp_sdp sdp;
	char out[256];
	struct sp_buf b;

	(void)state;
	assert_int_equal(
			read_text(SP_TEXT(HEAD "a=crypto:" LINE "\r\nk=prompt\r\n"
								   "m=audio 4000/2 rtp/savp  0\t8\r\n"
								   "a=crypto:" LINE "\r\na=crypto:bad\r\n"
								   "a=CRYPTO:" LINE "\r\na=foo\r\n"
								   "m=image 0 udptl t38\r\n"),
					&sdp),
			SP_SDP_OK);
	assert_int_equal(sdp.hidden, 2); /* RFC 4568 s4: never at session level */
	assert_int_equal(sdp.n_streams, 2);
	assert_int_equal(sdp.dropped_lines, 1);
	assert_int_equal(sdp.streams[0].count, 2);
	assert_int_equal(sdp.streams[0].hidden, 1);
	assert_int_equal(sdp.streams[0].proto, SP_PROTO_SAVP);
	assert_int_equal(sdp.cryptos[0].err, SP_CRYPTO_OK);
	assert_int_equal(sdp.cryptos[1].err, SP_CRYPTO_BAD_TAG);
	assert_int_equal(sdp.cryptos[1].line, 9);
	assert_int_equal(sdp.streams[1].port, 0);
	assert_int_equal(sdp.streams[1].proto, SP_PROTO_OTHER);
	sp_buf_init(&b, out, sizeof(out));
	sp_stream_print(&sdp.streams[0], 4000, &b);
	assert_string_equal(out, "m=audio 4000/2 RTP/SAVP 0 8\r\n");
	sp_sdp_wipe(&sdp);
	assert_int_equal(sdp.err, SP_SDP_EMPTY);
	assert_int_equal(sdp.cryptos[0].c.key[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(lines_have_a_kind),
			cmocka_unit_test(every_line_end_ends_a_line),
			cmocka_unit_test(what_is_no_sdp_is_refused_in_words),
			cmocka_unit_test(a_nul_octet_is_refused),
			cmocka_unit_test(bounds_are_refusals),
			cmocka_unit_test(facts_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
