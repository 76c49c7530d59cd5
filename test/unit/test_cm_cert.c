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
			cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
