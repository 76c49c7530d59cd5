/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What are the parts of this certificate? Those that OpenSSL finds, too. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_cert.h"
#include "test_cm_cert.h"

static const uint8_t oid_san[] = {0x55, 0x1d, 0x11};
static const uint8_t oid_eku[] = {0x55, 0x1d, 0x25};

static const struct test_san san[] = {
		{GEN_DNS, "example.com", 0}, {-1, NULL, 0}};

static void test_parts(void **state)
{
	static const struct test_ext exts[] = {
			{NID_basic_constraints, "critical,CA:FALSE"}, {0, NULL}};
	static const char *cns[] = {"a", NULL};
	size_t len;
	uint8_t *der = test_der_of(test_cert_bare(san, cns, exts), &len);
	struct cm_cert cert;
	struct cm_der value;

	(void)state;
	assert_int_equal(cm_cert_parse(der, len, &cert), 0);
	assert_int_equal(cert.not_before, 1767225600);
	assert_int_equal(cert.not_after, 1798761600);
	assert_true(cm_der_is(&cert.subject,
			"\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
			"a",
			12));
	assert_int_equal(
			cm_cert_extension(&cert, oid_san, sizeof(oid_san), &value), 0);
	assert_true(cm_der_is(&value,
			"\x30\x0d\x82\x0b"
			"example.com",
			15));
	assert_int_equal(
			cm_cert_extension(&cert, oid_eku, sizeof(oid_eku), &value), 1);
	OPENSSL_free(der);
}

/* No extensions at all, as in a certificate of version 1; unique identifiers,
 * which nobody has; an extension that is there twice. */
static void test_optional(void **state)
{
	X509 *v1 = test_cert_bare(NULL, NULL, NULL);
	X509 *twice = test_cert_bare(san, NULL, NULL);
	struct cm_cert cert;
	struct cm_der value;
	uint8_t *der;
	size_t len;

	(void)state;
	X509_set_version(v1, X509_VERSION_1);
	der = test_der_of(v1, &len);
	assert_int_equal(cm_cert_parse(der, len, &cert), 0);
	assert_int_equal(cert.extensions.len, 0);
	assert_int_equal(
			cm_cert_extension(&cert, oid_san, sizeof(oid_san), &value), 1);
	OPENSSL_free(der);

	test_add_raw(twice, NID_subject_alt_name, "\x30\x00", 2);
	der = test_der_of(twice, &len);
	assert_int_equal(cm_cert_parse(der, len, &cert), 0);
	assert_int_equal(
			cm_cert_extension(&cert, oid_san, sizeof(oid_san), &value), -1);
	OPENSSL_free(der);
}

/* The two forms of time, and that no third is taken (RFC 5280 s4.1.2.5). */
static void test_times(void **state)
{
	static const struct {
		const char *says;
		int type;
		const char *text;
		int64_t want; /* -1: refused */
	} rows[] = {
			{"UTCTime", V_ASN1_UTCTIME, "260101000000Z", 1767225600},
			{"RFC 5280 s4.1.2.5.1: 49 is 2049", V_ASN1_UTCTIME, "491231235959Z",
					2524607999},
			{"RFC 5280 s4.1.2.5.1: 50 is 1950", V_ASN1_UTCTIME, "500101000000Z",
					-631152000},
			{"GeneralizedTime", V_ASN1_GENERALIZEDTIME, "20260101000000Z",
					1767225600},
			{"RFC 5280 s4.1.2.5: no end in sight", V_ASN1_GENERALIZEDTIME,
					"99991231235959Z", 253402300799},
			{"a leap day", V_ASN1_UTCTIME, "280229000000Z", 1835395200},
			{"no seconds", V_ASN1_UTCTIME, "2601010000Z", -1},
			{"another zone", V_ASN1_UTCTIME, "260101000000+0100", -1},
			{"no zone", V_ASN1_UTCTIME, "2601010000000", -1},
			{"fractions", V_ASN1_GENERALIZEDTIME, "20260101000000.5Z", -1},
			{"letters", V_ASN1_UTCTIME, "26O101000000Z", -1},
			{"a thirteenth month", V_ASN1_UTCTIME, "261301000000Z", -1},
			{"no month", V_ASN1_UTCTIME, "260001000000Z", -1},
			{"a day too many", V_ASN1_UTCTIME, "260132000000Z", -1},
			{"a minute too many", V_ASN1_UTCTIME, "260101006000Z", -1},
			{"a second too many", V_ASN1_UTCTIME, "260101000060Z", -1},
			{"the last second of a day", V_ASN1_UTCTIME, "260101235959Z",
					1767311999},
			{"the year 2000", V_ASN1_UTCTIME, "000101000000Z", 946684800},
			{"letters for a year", V_ASN1_UTCTIME, "2x0101000000Z", -1},
			{"letters for minutes", V_ASN1_UTCTIME, "2601010000:0Z", -1},
			{"letters for a century", V_ASN1_GENERALIZEDTIME, "a0260101000000Z",
					-1},
			{"letters for a year", V_ASN1_GENERALIZEDTIME, "20b60101000000Z",
					-1},
			{"no day", V_ASN1_UTCTIME, "260100000000Z", -1},
			{"hour 24", V_ASN1_UTCTIME, "260101240000Z", -1},
			{"the one form with the other's length", V_ASN1_UTCTIME,
					"20260101000000Z", -1},
			{"no time", V_ASN1_OCTET_STRING, "260101000000Z", -1},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *x509 = test_cert_bare(NULL, NULL, NULL);
		ASN1_TIME *t = X509_getm_notAfter(x509);
		struct cm_cert cert;
		uint8_t *der;
		size_t len;
		int got;

		ASN1_STRING_set(t, rows[i].text, (int)strlen(rows[i].text));
		t->type = rows[i].type;
		der = test_der_of(x509, &len);
		got = cm_cert_parse(der, len, &cert);
		if(rows[i].want == -1 ? got != -1
							  : got != 0 || cert.not_after != rows[i].want)
			fail_msg("%s: got %d, %lld", rows[i].says, got,
					(long long)cert.not_after);
		OPENSSL_free(der);
	}
}

/* --- by hand -------------------------------------------------------------- */

#define TIMES                                                                  \
	"\x17\x0d"                                                                 \
	"260101000000Z"                                                            \
	"\x17\x0d"                                                                 \
	"270101000000Z"
#define HEAD                                                                   \
	"\x02\x01\x01"                                                             \
	"\x30\x00"                                                                 \
	"\x30\x00"
#define VALID "\x30\x1e" TIMES
#define TAIL                                                                   \
	"\x30\x00"                                                                 \
	"\x30\x00"
#define EXT "\x30\x07\x06\x03\x55\x1d\x11\x04\x00"

/* A certificate of elements written by hand: everything it may have, and
 * nothing it may not (RFC 5280 s4.1). */
static void test_by_hand(void **state)
{
#define ROW(says, want, tbs)                                                   \
	{                                                                          \
		says, want, tbs, sizeof(tbs) - 1                                       \
	}
	static const struct {
		const char *says;
		int want;
		const char *tbs;
		size_t len;
	} rows[] = {
			ROW("the least", 0, HEAD VALID TAIL),
			ROW("with its version", 0, "\xa0\x03\x02\x01\x02" HEAD VALID TAIL),
			ROW("unique identifiers", 0,
					HEAD VALID TAIL "\x81\x01\x00\x82\x01\x00"),
			ROW("one extension", 0, HEAD VALID TAIL "\xa3\x0b\x30\x09" EXT),
			ROW("no extension in the list", 0,
					HEAD VALID TAIL "\xa3\x02\x30\x00"),
			ROW("a critical one", 0,
					HEAD VALID TAIL
					"\xa3\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x11"
					"\x01\x01\xff\x04\x00"),
			ROW("critical, in two octets", -1,
					HEAD VALID TAIL
					"\xa3\x0f\x30\x0d\x30\x0b\x06\x03\x55\x1d\x11"
					"\x01\x02\xff\xff\x04\x00"),
			ROW("an extension without a value", -1,
					HEAD VALID TAIL
					"\xa3\x09\x30\x07\x30\x05\x06\x03\x55\x1d\x11"),
			ROW("an extension without a name", -1,
					HEAD VALID TAIL "\xa3\x06\x30\x04\x30\x02\x04\x00"),
			ROW("an extension with something behind its value", -1,
					HEAD VALID TAIL
					"\xa3\x0d\x30\x0b\x30\x09\x06\x03\x55\x1d\x11"
					"\x04\x00\x05\x00"),
			ROW("something among the extensions", -1,
					HEAD VALID TAIL "\xa3\x04\x30\x02\x05\x00"),
			ROW("something behind the list", -1,
					HEAD VALID TAIL "\xa3\x04\x30\x00\x05\x00"),
			ROW("something behind the extensions", -1,
					HEAD VALID TAIL "\xa3\x02\x30\x00\x05\x00"),
			ROW("something in their place", -1, HEAD VALID TAIL "\x05\x00"),
			ROW("no list of extensions", -1,
					HEAD VALID TAIL "\xa3\x02\x05\x00"),
			ROW("no validity", -1, HEAD TAIL),
			ROW("half of it", -1,
					HEAD "\x30\x0f\x17\x0d"
						 "260101000000Z" TAIL),
			ROW("three times in it", -1, HEAD "\x30\x20" TIMES "\x05\x00" TAIL),
			ROW("no serial number", -1, "\x30\x00\x30\x00" VALID TAIL),
			ROW("no issuer", -1, "\x02\x01\x01\x30\x00" VALID TAIL),
			ROW("no key", -1, HEAD VALID "\x30\x00"),
			ROW("nothing", -1, ""),
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* SEQUENCE { SEQUENCE tbs, SEQUENCE {}, BIT STRING {} } */
		size_t n = rows[i].len, at = 4;
		uint8_t *der = OPENSSL_malloc(n + 8 + 2);
		struct cm_cert cert;
		int got;

		assert_true(n + 6 < 0x80);
		der[0] = der[2] = 0x30;
		der[1] = (uint8_t)(n + 6);
		der[3] = (uint8_t)n;
		memcpy(der + at, rows[i].tbs, n);
		memcpy(der + at + n, "\x30\x00\x03\x00\x05\x00", 6);
		got = cm_cert_parse(der, n + 8, &cert);
		if(got != rows[i].want)
			fail_msg("%s: want %d, got %d", rows[i].says, rows[i].want, got);
		/* one element too many, inside and behind it */
		der[1] = (uint8_t)(n + 8);
		assert_int_equal(cm_cert_parse(der, n + 10, &cert), -1);
		der[1] = (uint8_t)(n + 6);
		assert_int_equal(cm_cert_parse(der, n + 10, &cert), -1);
		/* and one too few */
		der[1] = (uint8_t)(n + 4);
		assert_int_equal(cm_cert_parse(der, n + 6, &cert), -1);
		OPENSSL_free(der);
	}
}

/* Of every octet of a certificate changed, and every length cut: never more
 * than the bytes that are there, and never a certificate of the wrong length.
 */
static void test_hostile(void **state)
{
	size_t len, i;
	uint8_t *der = test_der(san, NULL, &len);
	struct cm_cert cert;
	struct cm_der value;
	int bit;

	(void)state;
	for(i = 0; i < len; i++) {
		uint8_t *cut = OPENSSL_malloc(i ? i : 1); /* for the sanitizer */

		memcpy(cut, der, i);
		assert_int_equal(cm_cert_parse(cut, i, &cert), -1);
		OPENSSL_free(cut);
		for(bit = 1; bit < 256; bit <<= 1) {
			der[i] ^= (uint8_t)bit;
			if(cm_cert_parse(der, len, &cert) == 0)
				cm_cert_extension(&cert, oid_san, sizeof(oid_san), &value);
			der[i] ^= (uint8_t)bit;
		}
	}
	OPENSSL_free(der);
}

static int cleanup(void **state)
{
	(void)state;
	EVP_PKEY_free(test_key());
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_parts),
			cmocka_unit_test(test_optional),
			cmocka_unit_test(test_times),
			cmocka_unit_test(test_by_hand),
			cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
