/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does sp_crypto read an a=crypto line as RFC 4568 s9 says, and print it so
 * that it reads the same?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../modules/sdes_policy/sp_base64.h"
#include "../../modules/sdes_policy/sp_crypto.h"
#include "../../modules/sdes_policy/sp_quality.h"

#define K30 "WpjkRMJa2SxB/MF0MKkdLG5R/VRHWLr7NgD6C7dy"
#define GCM128 "f5kCtUTn0j+c8Y6/7ZW99W1s2qma+0tAWqcZ/g"
#define GCM256 "wTAEg2YzlMg+VHBRvzOcw8KIYy74ufPr5YI+slU+u+hkWXZwZfPJI/ziGjM"
#define CM256 "06Og0CVpWiEdebD+Bt7NIlycxdmybGw0dZylCXy2BIZJ22ZzCzry0kF9vE3uew"
#define CM192 "06Og0CVpWiEdebD+Bt7NIlycxdmybGw0dZylCXy2BIZJ22ZzCzk"
#define S80 "1 AES_CM_128_HMAC_SHA1_80 inline:" K30

struct row {
	const char *sentence;
	const char *value;
	enum sp_crypto_err want;
	const char *print; /* NULL: as it was read */
};

static const struct row rows[] = {
		/* suites, RFC 4568 s6.2, RFC 6188 s4, RFC 7714 s14.2 */
		{"CM-128 with an 80-bit tag", S80, SP_CRYPTO_OK, NULL},
		{"CM-128 with a 32-bit tag", "2 AES_CM_128_HMAC_SHA1_32 inline:" K30,
				SP_CRYPTO_OK, NULL},
		{"F8", "3 F8_128_HMAC_SHA1_80 inline:" K30, SP_CRYPTO_OK, NULL},
		{"GCM-128 unpadded", "1 AEAD_AES_128_GCM inline:" GCM128, SP_CRYPTO_OK,
				NULL},
		{"GCM-128 padded is as long as CM-128 in characters",
				"1 AEAD_AES_128_GCM inline:" GCM128 "==", SP_CRYPTO_OK,
				"1 AEAD_AES_128_GCM inline:" GCM128},
		{"a padded GCM-128 key under CM-128 is too short",
				"1 AES_CM_128_HMAC_SHA1_80 inline:" GCM128 "==",
				SP_CRYPTO_BAD_LENGTH, NULL},
		{"a CM-128 key under GCM-128 is too long",
				"1 AEAD_AES_128_GCM inline:" K30, SP_CRYPTO_BAD_LENGTH, NULL},
		{"GCM-256", "1 AEAD_AES_256_GCM inline:" GCM256, SP_CRYPTO_OK, NULL},
		{"GCM-256 padded", "1 AEAD_AES_256_GCM inline:" GCM256 "=",
				SP_CRYPTO_OK, "1 AEAD_AES_256_GCM inline:" GCM256},
		{"CM-256", "1 AES_256_CM_HMAC_SHA1_80 inline:" CM256, SP_CRYPTO_OK,
				NULL},
		{"CM-192", "1 AES_192_CM_HMAC_SHA1_32 inline:" CM192, SP_CRYPTO_OK,
				NULL},
		{"a draft name is an alias",
				"3 AES_CM_256_HMAC_SHA1_80 inline:" CM256 "==", SP_CRYPTO_OK,
				"3 AES_256_CM_HMAC_SHA1_80 inline:" CM256},
		{"RFC 4568 s4: values are case-insensitive",
				"1 aes_cm_128_hmac_sha1_80 INLINE:" K30, SP_CRYPTO_OK, S80},
		{"a NULL suite is not registered", "1 NULL_HMAC_SHA1_80 inline:" K30,
				SP_CRYPTO_UNKNOWN_SUITE, NULL},
		{"a suite with a hyphen", "1 AES-128 inline:" K30, SP_CRYPTO_BAD_SUITE,
				NULL},
		/* tags, RFC 4568 s4.1 and s9.1 */
		{"tag 0 is legal", "0 AES_CM_128_HMAC_SHA1_80 inline:" K30,
				SP_CRYPTO_OK, NULL},
		{"nine digits are legal",
				"999999999 AES_CM_128_HMAC_SHA1_80 inline:" K30, SP_CRYPTO_OK,
				NULL},
		{"RFC 4568 s4.1: leading zeroes MUST NOT be used",
				"01 AES_CM_128_HMAC_SHA1_80 inline:" K30, SP_CRYPTO_BAD_TAG,
				NULL},
		{"ten digits", "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" K30,
				SP_CRYPTO_BAD_TAG, NULL},
		{"99999999999999 does not wrap",
				"99999999999999 AES_CM_128_HMAC_SHA1_80 inline:" K30,
				SP_CRYPTO_BAD_TAG, NULL},
		{"a negative tag", "-1 AES_CM_128_HMAC_SHA1_80 inline:" K30,
				SP_CRYPTO_BAD_TAG, NULL},
		{"letters in the tag", "1abc AES_CM_128_HMAC_SHA1_80 inline:" K30,
				SP_CRYPTO_BAD_TAG, NULL},
		{"nothing at all", "", SP_CRYPTO_BAD_TAG, NULL},
		/* blanks, RFC 4568 s9.1 */
		{"1*WSP: several blanks and TABs",
				"1 \t AES_CM_128_HMAC_SHA1_80\t inline:" K30, SP_CRYPTO_OK,
				S80},
		{"a blank before the tag", " " S80, SP_CRYPTO_BAD_TAG, NULL},
		{"a blank at the end", S80 " ", SP_CRYPTO_TRAILING, NULL},
		{"two fields only", "1 inline:" K30, SP_CRYPTO_BAD_SUITE, NULL},
		{"tag alone", "1", SP_CRYPTO_NO_SUITE, NULL},
		{"no key", "1 AES_CM_128_HMAC_SHA1_80", SP_CRYPTO_NO_KEY, NULL},
		/* key, RFC 4568 s6.1 */
		{"another key method", "1 AES_CM_128_HMAC_SHA1_80 uri:" K30,
				SP_CRYPTO_BAD_METHOD, NULL},
		{"two keys", S80 "|1:4;inline:" K30 "|2:4", SP_CRYPTO_TWO_KEYS, NULL},
		{"an empty key", "1 AES_CM_128_HMAC_SHA1_80 inline:",
				SP_CRYPTO_BAD_LENGTH, NULL},
		{"one character short",
				"1 AES_CM_128_HMAC_SHA1_80 inline:"
				"WpjkRMJa2SxB/MF0MKkdLG5R/VRHWLr7NgD6C7d",
				SP_CRYPTO_BAD_BASE64, NULL},
		{"a character that is not base64",
				"1 AES_CM_128_HMAC_SHA1_80 inline:"
				"WpjkRMJa2SxB/MF0MKkdLG5R/VRHWLr7NgD6C7-_",
				SP_CRYPTO_BAD_BASE64, NULL},
		{"padding in the middle",
				"1 AES_CM_128_HMAC_SHA1_80 inline:"
				"WpjkRMJa2SxB/MF0MKkdLG5R/VRHWL==NgD6C7dy",
				SP_CRYPTO_BAD_BASE64, NULL},
		{"half a padding", "1 AEAD_AES_128_GCM inline:" GCM128 "=",
				SP_CRYPTO_BAD_BASE64, NULL},
		{"left-over bits that are not zero",
				"1 AEAD_AES_256_GCM inline:"
				"wTAEg2YzlMg+VHBRvzOcw8KIYy74ufPr5YI+slU+u+hkWXZwZfPJI/ziGjN",
				SP_CRYPTO_BAD_BASE64, NULL},
		/* lifetime, RFC 4568 s6.1 and s6.2 */
		{"Grandstream's 2^32", S80 "|2^32", SP_CRYPTO_OK, NULL},
		{"Teams: lifetime and MKI", S80 "|2^31|1:1", SP_CRYPTO_OK, NULL},
		{"2^48 is the cap", S80 "|2^48", SP_CRYPTO_OK, NULL},
		{"2^49 is above it", S80 "|2^49", SP_CRYPTO_BAD_LIFETIME, NULL},
		{"a decimal lifetime", S80 "|1048576", SP_CRYPTO_OK, NULL},
		{"2^48 in decimal", S80 "|281474976710656", SP_CRYPTO_OK, NULL},
		{"one more", S80 "|281474976710657", SP_CRYPTO_BAD_LIFETIME, NULL},
		{"non-zero", S80 "|0", SP_CRYPTO_BAD_LIFETIME, NULL},
		{"no leading zeroes", S80 "|020", SP_CRYPTO_BAD_LIFETIME, NULL},
		{"no leading zeroes behind 2^", S80 "|2^020", SP_CRYPTO_BAD_LIFETIME,
				NULL},
		{"an empty lifetime", S80 "|", SP_CRYPTO_BAD_LIFETIME, NULL},
		{"two lifetimes", S80 "|2^20|2^20", SP_CRYPTO_BAD_KEY_FIELDS, NULL},
		/* MKI, RFC 4568 s6.1 */
		{"an MKI without lifetime", S80 "|1066:4", SP_CRYPTO_OK, NULL},
		{"length 128", S80 "|1:128", SP_CRYPTO_OK, NULL},
		{"length 129", S80 "|1:129", SP_CRYPTO_BAD_MKI, NULL},
		{"length 0", S80 "|1:0", SP_CRYPTO_BAD_MKI, NULL},
		{"no length", S80 "|1:", SP_CRYPTO_BAD_MKI, NULL},
		{"MKI 0 is not positive", S80 "|0:4", SP_CRYPTO_BAD_MKI, NULL},
		{"leading zeroes in the MKI", S80 "|01:4", SP_CRYPTO_BAD_MKI, NULL},
		{"an MKI that does not fit", S80 "|256:1", SP_CRYPTO_BAD_MKI, NULL},
		{"a lifetime behind the MKI", S80 "|1:4|2^20", SP_CRYPTO_BAD_KEY_FIELDS,
				NULL},
		/* session parameters, RFC 4568 s6.3 */
		{"WSH", S80 " WSH=64", SP_CRYPTO_OK, NULL},
		{"WSH below its minimum", S80 " WSH=63", SP_CRYPTO_PARAM_BAD, NULL},
		{"FEC_ORDER=FEC_SRTP", S80 " FEC_ORDER=FEC_SRTP", SP_CRYPTO_OK, NULL},
		{"both, in any order and case", S80 " wsh=128  Fec_Order=fec_srtp",
				SP_CRYPTO_OK, S80 " FEC_ORDER=FEC_SRTP WSH=128"},
		{"FEC_ORDER=SRTP_FEC", S80 " FEC_ORDER=SRTP_FEC", SP_CRYPTO_PARAM_LOST,
				NULL},
		{"KDR", S80 " KDR=1", SP_CRYPTO_PARAM_LOST, NULL},
		{"FEC_KEY", S80 " FEC_KEY=inline:" K30, SP_CRYPTO_PARAM_LOST, NULL},
		{"UNENCRYPTED_SRTP", S80 " UNENCRYPTED_SRTP", SP_CRYPTO_PARAM_UNSAFE,
				NULL},
		{"UNENCRYPTED_SRTCP", S80 " UNENCRYPTED_SRTCP", SP_CRYPTO_PARAM_UNSAFE,
				NULL},
		{"UNAUTHENTICATED_SRTP", S80 " unauthenticated_srtp",
				SP_CRYPTO_PARAM_UNSAFE, NULL},
		{"RFC 4568 s6.3.7: unknown MUST be invalid", S80 " FOO=1",
				SP_CRYPTO_PARAM_UNKNOWN, NULL},
		{"RFC 4568 s6.3.7: -FOO MAY be ignored", S80 " -FOO=1", SP_CRYPTO_OK,
				S80},
		{"a lone dash", S80 " -", SP_CRYPTO_PARAM_BAD, NULL},
};

static const struct sp_alias alias_rows[] = {
		{"AES_CM_256_HMAC_SHA1_80", SP_AES_256_CM_HMAC_SHA1_80}};
static const struct sp_aliases aliases = {alias_rows, 1};

static void lines_read_as_they_should(void **state)
{
	(void)state;
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const char *want = r->print != NULL ? r->print : r->value;
		char out[512];
		struct sp_crypto c, again;
		struct sp_buf b;
		enum sp_crypto_err got =
				sp_crypto_read(sp_text_of(r->value), &aliases, &c, NULL);

		if(got != r->want)
			fail_msg("%s: want \"%s\", got \"%s\"", r->sentence,
					sp_crypto_words(r->want), sp_crypto_words(got));
		if(got != SP_CRYPTO_OK) {
			assert_int_equal(c.key_len, 0);
			continue;
		}
		sp_buf_init(&b, out, sizeof(out));
		sp_crypto_print(&c, &b);
		if(strcmp(out, want) != 0)
			fail_msg("%s: want %s, got %s", r->sentence, want, out);
		assert_int_equal(sp_crypto_read(sp_text_of(out), NULL, &again, NULL),
				SP_CRYPTO_OK);
		c.from_draft = 0;
		if(memcmp(&c, &again, sizeof(c)) != 0)
			fail_msg("%s: it does not read back the same", r->sentence);
	}
}

static void a_failed_line_still_tells_its_tag(void **state)
{
	struct sp_crypto c;

	(void)state;
	sp_crypto_read(sp_text_of("7 FOO inline:" K30), NULL, &c, NULL);
	assert_int_equal(c.has_tag, 1);
	assert_int_equal(c.tag, 7);
}

static void the_offset_says_where(void **state)
{
	struct sp_crypto c;
	size_t at;

	(void)state;
	sp_crypto_read(sp_text_of(S80 " FOO WSH=64"), NULL, &c, &at);
	assert_int_equal(at, sizeof(S80 " FOO ") - 1);
}

static void a_key_cut_to_a_shorter_suite_is_the_same_key(void **state)
{
	struct sp_crypto a, b, other;

	(void)state;
	sp_crypto_read(sp_text_of("1 AES_256_CM_HMAC_SHA1_80 inline:" CM256), NULL,
			&a, NULL);
	sp_crypto_read(sp_text_of("2 AES_192_CM_HMAC_SHA1_80 inline:" CM192), NULL,
			&b, NULL);
	sp_crypto_read(sp_text_of(S80), NULL, &other, NULL);
	assert_int_equal(sp_crypto_same_key(&a, &b), 1);
	assert_int_equal(sp_crypto_same_key(&a, &other), 0);
	sp_crypto_wipe(&other);
	assert_int_equal(sp_crypto_same_key(&other, &other), 0);
}

/* RFC 4568 s6.1: a master key MUST be a cryptographically random number. */
static void keys_are_judged(void **state)
{
	static const struct {
		const char *sentence;
		const char *key;
		enum sp_quality want;
	} keys[] = {
			{"Zoiper's is random", K30, SP_QUALITY_GOOD},
			{"zeros", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					SP_QUALITY_ZERO},
			{"one octet over and over",
					"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
					SP_QUALITY_REPEATED},
			{"four octets over and over",
					"AQIDBAECAwQBAgMEAQIDBAECAwQBAgMEAQIDBAEC",
					SP_QUALITY_REPEATED},
			{"RFC 4568 s4", "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
					SP_QUALITY_KNOWN},
			{"RFC 4568 s4.5", "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
					SP_QUALITY_KNOWN},
			{"RFC 4568 s4.5", "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj",
					SP_QUALITY_KNOWN},
			{"RFC 4568 s6.1", "YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2",
					SP_QUALITY_KNOWN},
			{"RFC 4568 s7.3", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
					SP_QUALITY_KNOWN},
			{"RFC 4568 s7.3", "MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm",
					SP_QUALITY_KNOWN},
			{"RFC 4568 s7.3", "QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5",
					SP_QUALITY_KNOWN},
			{"Aastra's is printable",
					"cUYqLlpLMDtefkpjW1F4ZjdMS08lMz0sM191RGNQ",
					SP_QUALITY_PRINTABLE},
			{"Yealink's is hex digits",
					"NGY5YTJjN2UxYjNkNWY4MDkxYTJiM2M0ZDVlNmY3",
					SP_QUALITY_ASCII_HEX},
	};

	(void)state;
	for(size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct sp_crypto c = {.suite = SP_AES_CM_128_HMAC_SHA1_80};
		int n = sp_base64_decode(sp_text_of(keys[i].key), c.key, sizeof(c.key));

		assert_int_equal(n, 30);
		c.key_len = (uint8_t)n;
		if(sp_quality_of(&c) != keys[i].want)
			fail_msg("%s: want %d, got %d", keys[i].sentence, (int)keys[i].want,
					(int)sp_quality_of(&c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(lines_read_as_they_should),
			cmocka_unit_test(a_failed_line_still_tells_its_tag),
			cmocka_unit_test(the_offset_says_where),
			cmocka_unit_test(a_key_cut_to_a_shorter_suite_is_the_same_key),
			cmocka_unit_test(keys_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
