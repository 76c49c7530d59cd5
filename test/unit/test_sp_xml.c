/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a policy file become the rules that it states, and what rtpengine is
 * told, and is every mistake in it named?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../modules/sdes_policy/sp_flags.h"
#include "../../modules/sdes_policy/sp_xml.h"

#define SUITES "<suites><suite name=\"AEAD_AES_256_GCM\"/></suites>"
#define OPEN "<sdes-policy version=\"1\">" SUITES "\n"
#define CLOSE "</sdes-policy>"
#define SIDE "<side name=\"a\" srtp=\"forbid\"/>"

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

static const struct sp_allocator heap = {malloc, free};

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *sentence;
		const char *text;
		const char *want; /* how the complaint begins */
	} rows[] = {
			{"empty", "", "p:1:1: not well-formed"},
			{"cut off", "<sdes-policy", "p:1:13: not well-formed"},
			{"another document", "<a/>", "p:1:1: this element has no place"},
			{"a DTD", "<!DOCTYPE a [<!ENTITY b \"c\">]><sdes-policy/>",
					"p: has a DOCTYPE; expected none"},
			{"another version", "<sdes-policy version=\"2\"/>", "p:1:1: "},
			{"no side", OPEN CLOSE, "p:1:1: there is no <side>"},
			{"no suites", "<sdes-policy version=\"1\">" SIDE CLOSE,
					"p:1:1: there is no <suites>"},
			{"a stranger", OPEN SIDE "\n  <bar/>" CLOSE,
					"p:3:3: this element has no place here; expected"},
			{"a value that is none of ours",
					OPEN "<side name=\"a\" srtp=\"maybe\"/>" CLOSE, "p:2:1: "},
			{"a value's neighbours are told", OPEN "<side name=\"a\"/>" CLOSE,
					"p:2:1: Element side failed to validate attributes;"
					" expected <side name=\"NAME\""
					" srtp=\"require|prefer|forbid\""},
			{"an unknown suite",
					"<sdes-policy version=\"1\"><suites>\n<suite"
					" name=\"NULL_HMAC_SHA1_80\"/></suites>" SIDE CLOSE,
					"p:2:1: "},
			{"text inside",
					OPEN "<side name=\"a\" srtp=\"forbid\">x</side>" CLOSE,
					"p:2:1: "},
			{"the same side twice", OPEN SIDE "\n" SIDE CLOSE,
					"p:3:1: a side of this name is there already"},
			{"to names nobody",
					OPEN "<side name=\"a\" srtp=\"forbid\" to=\"b\"/>" CLOSE,
					"p:2:1: \"to\" names no side"},
			{"a key attribute in the pass list",
					OPEN "<pass attribute=\"Crypto\"/>" SIDE CLOSE,
					"p:2:1: an attribute that carries keys"},
			{"denied and listed",
					"<sdes-policy version=\"1\"><suites>"
					"<suite name=\"AEAD_AES_256_GCM\"/>\n"
					"<deny name=\"aead_*\"/></suites>" SIDE CLOSE,
					"p:2:1: this denies a suite"},
			{"a suite twice",
					"<sdes-policy version=\"1\"><suites>"
					"<suite name=\"AEAD_AES_256_GCM\"/>\n"
					"<suite name=\"AEAD_AES_256_GCM\"/></suites>" SIDE CLOSE,
					"p:2:1: this suite is listed twice"},
			{"an alias that is a suite's own name",
					"<sdes-policy version=\"1\"><suites>"
					"<suite name=\"AEAD_AES_256_GCM\"/>\n"
					"<alias name=\"AEAD_AES_128_GCM\""
					" of=\"AEAD_AES_256_GCM\"/></suites>" SIDE CLOSE,
					"p:2:1: an alias needs"},
	};

	(void)state;
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char words[512];
		struct sp_buf why;
		struct sp_rules *rules;

		sp_buf_init(&why, words, sizeof(words));
		rules = sp_xml_read(sp_text_of(rows[i].text), "p", &heap, &why);
		if(rules != NULL)
			fail_msg("%s: it was accepted", rows[i].sentence);
		if(strncmp(words, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("%s: want %s, got %s", rows[i].sentence, rows[i].want,
					words);
	}
}

static void rules_are_as_stated(void **state)
{
	char words[512] = "";
	struct sp_buf why;
	struct sp_rules *r;

	(void)state;
	sp_buf_init(&why, words, sizeof(words));
	r = sp_xml_read(
			SP_TEXT("<sdes-policy version=\"1\"><suites order=\"policy\">"
					"<suite name=\"AES_CM_128_HMAC_SHA1_80\"/>"
					"<suite name=\"AEAD_AES_128_GCM\"/>"
					"<alias name=\"OLD\" of=\"AEAD_AES_128_GCM\"/>"
					"<deny name=\"NULL_*\"/></suites>"
					"<key-quality zero=\"warn\" reuse=\"allow\"/>"
					"<pass attribute=\"x-y\"/>"
					"<side name=\"in\" srtp=\" prefer \" interface=\"ext\"/>"
					"<side name=\"out\" srtp=\"forbid\" to=\"in\"/>" CLOSE),
			"p", &heap, &why);
	if(r == NULL)
		fail_msg("%s", words);
	assert_int_equal(r->n_suites, 2);
	assert_int_equal(sp_rules_suite(r, 1), SP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(sp_rules_suite(r, 2), SP_AEAD_AES_128_GCM);
	assert_int_equal(sp_rules_suite(r, 3), SP_SUITE_NONE);
	assert_int_equal(r->order_policy, 1);
	assert_string_equal(r->aliases[0].name, "OLD");
	assert_int_equal(r->quality[SP_QUALITY_ZERO], SP_ACT_WARN);
	assert_int_equal(r->quality[SP_QUALITY_KNOWN], SP_ACT_REFUSE);
	assert_int_equal(r->quality[SP_QUALITY_PRINTABLE], SP_ACT_WARN);
	assert_int_equal(r->reuse, SP_ACT_ALLOW);
	assert_string_equal(r->pass[0].name, "x-y");
	assert_int_equal(r->sides[0].mode, SP_MODE_PREFER);
	assert_string_equal(r->sides[0].interface, "ext");
	assert_ptr_equal(sp_rules_next(r, &r->sides[0]), &r->sides[1]);
	assert_ptr_equal(sp_rules_next(r, &r->sides[1]), &r->sides[0]);
	free(r);
}

static void no_memory_is_a_complaint(void **state)
{
	static const struct sp_allocator none = {no_memory, free};
	char words[512];
	struct sp_buf why;

	(void)state;
	sp_buf_init(&why, words, sizeof(words));
	assert_null(sp_xml_read(SP_TEXT(OPEN SIDE CLOSE), "p", &none, &why));
	assert_string_equal(words, "p: out of memory");
}

static void rtpengine_is_told(void **state)
{
	static const struct {
		const char *sentence;
		enum sp_mode from, to;
		int answer;
		const char *version;
		const char *want;
	} rows[] = {
			{"phone calls PBX, rtpengine 10.5", SP_MODE_REQUIRE, SP_MODE_FORBID,
					0, "10.5",
					"replace-origin ICE=remove DTLS=off direction=ext"
					" direction=int RTP/AVP OSRTP-accept rtcp-mux-demux"
					" SDES-no-AEAD_AES_128_GCM"
					" SDES-no-AES_256_CM_HMAC_SHA1_80"
					" SDES-no-AES_256_CM_HMAC_SHA1_32"
					" SDES-no-AES_192_CM_HMAC_SHA1_80"
					" SDES-no-AES_192_CM_HMAC_SHA1_32"
					" SDES-no-AES_CM_128_HMAC_SHA1_32"
					" SDES-no-F8_128_HMAC_SHA1_80"
					" SDES-no-F8_128_HMAC_SHA1_32 SDES-no-NULL_HMAC_SHA1_80"
					" SDES-no-NULL_HMAC_SHA1_32"},
			{"PBX calls phone, rtpengine 12.5", SP_MODE_FORBID, SP_MODE_REQUIRE,
					0, "12.5.1",
					"replace-origin ICE=remove DTLS=off direction=ext"
					" direction=int RTP/SAVP SDES-only-AEAD_AES_256_GCM"
					" SDES-only-AES_CM_128_HMAC_SHA1_80"
					" SDES-order:AEAD_AES_256_GCM;AES_CM_128_HMAC_SHA1_80"},
			{"PBX calls a phone that may have SRTP", SP_MODE_FORBID,
					SP_MODE_PREFER, 0, "26",
					"replace-origin ICE=remove DTLS=off direction=ext"
					" direction=int RTP/AVP OSRTP-offer"
					" SDES-only-AEAD_AES_256_GCM"
					" SDES-only-AES_CM_128_HMAC_SHA1_80"
					" SDES-order:AEAD_AES_256_GCM;AES_CM_128_HMAC_SHA1_80"},
			{"an answer: rtpengine knows what was offered", SP_MODE_FORBID,
					SP_MODE_REQUIRE, 1, "26.0",
					"replace-origin ICE=remove DTLS=off"
					" SDES-only-AEAD_AES_256_GCM"
					" SDES-only-AES_CM_128_HMAC_SHA1_80"
					" SDES-order:AEAD_AES_256_GCM;AES_CM_128_HMAC_SHA1_80"},
	};
	struct sp_rules r = {.n_suites = 2, .n_sides = 2};

	(void)state;
	r.rank[SP_AEAD_AES_256_GCM] = 1;
	r.rank[SP_AES_CM_128_HMAC_SHA1_80] = 2;
	strcpy(r.sides[0].interface, "ext");
	strcpy(r.sides[1].interface, "int");
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sp_bridge bridge = {
				&r, &r.sides[0], &r.sides[1], rows[i].answer, {0, 0}};
		char flags[1024];
		struct sp_buf b;

		r.sides[0].mode = (uint8_t)rows[i].from;
		r.sides[1].mode = (uint8_t)rows[i].to;
		assert_int_equal(
				sp_version_read(sp_text_of(rows[i].version), &bridge.version),
				0);
		sp_buf_init(&b, flags, sizeof(flags));
		assert_int_equal(sp_flags(&bridge, &b), 0);
		if(strcmp(flags, rows[i].want) != 0)
			fail_msg("%s: want\n%s\ngot\n%s", rows[i].sentence, rows[i].want,
					flags);
		sp_buf_init(&b, flags, 40);
		assert_int_equal(sp_flags(&bridge, &b), -1);
	}
}

static void versions_are_read(void **state)
{
	static const char *const bad[] = {"", "x", "9.5", "10.", "10.x", "10x5"};
	struct sp_version v;

	(void)state;
	for(size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if(sp_version_read(sp_text_of(bad[i]), &v) == 0)
			fail_msg("\"%s\" was taken for a version", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(mistakes_are_named),
			cmocka_unit_test(rules_are_as_stated),
			cmocka_unit_test(no_memory_is_a_complaint),
			cmocka_unit_test(rtpengine_is_told),
			cmocka_unit_test(versions_are_read),
	};

	sp_xml_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
