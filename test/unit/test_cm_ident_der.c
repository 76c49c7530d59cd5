/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domains does this certificate name, however its bytes lie? A row
 * for each kind of string, entry and fault. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "test_cm_cert.h"
#include "test_cm_set.h"

#define END                                                                    \
	{                                                                          \
		-1, NULL, 0                                                            \
	}

/* The kinds of string that a CN may be; and that a subject may hold several
 * attributes, in one set or in many. */
static void test_cn_types(void **state)
{
	static const char long_cn[4097] = {'a'};
	static const struct {
		const char *says;
		int type;
		const char *text;
		size_t len;
		const char *want, *entries;
	} rows[] = {
			{"UTF8String", V_ASN1_UTF8STRING, "Example.com", 11,
					"cn:example.com", "ok"},
			{"PrintableString", V_ASN1_PRINTABLESTRING, "example.com", 11,
					"cn:example.com", "ok"},
			{"IA5String", V_ASN1_IA5STRING, "example.com", 11, "cn:example.com",
					"ok"},
			{"BMPString: two octets each", V_ASN1_BMPSTRING,
					"\0e\0x\0.\0c\0o\0m", 12, "cn:ex.com", "ok"},
			{"UniversalString: four", V_ASN1_UNIVERSALSTRING,
					"\0\0\0a\0\0\0.\0\0\0b", 12, "cn:a.b", "ok"},
			{"TeletexString", V_ASN1_T61STRING, "example.com", 11,
					"cn:example.com", "ok"},
			{"TeletexString, beyond ASCII", V_ASN1_T61STRING, "b\xfc.example",
					10, "no-identity", "non-ascii"},
			{"UTF8String, beyond ASCII: no A-label is made of it",
					V_ASN1_UTF8STRING, "b\xc3\xbc.example", 11, "no-identity",
					"non-ascii"},
			{"BMPString, beyond ASCII", V_ASN1_BMPSTRING, "\0b\x01\x00\0.", 6,
					"no-identity", "non-ascii"},
			{"a NUL in it", V_ASN1_UTF8STRING, "example.com\0.evil", 17,
					"no-identity", "nul"},
			{"a NUL in a BMPString", V_ASN1_BMPSTRING, "\0a\0.\0b\0\0\0c", 10,
					"no-identity", "nul"},
			{"an empty BMPString", V_ASN1_BMPSTRING, "", 0, "no-identity",
					"empty"},
			{"more than anybody would convert", V_ASN1_T61STRING, long_cn,
					sizeof(long_cn), "no-identity", "long"},
			{"an empty one", V_ASN1_UTF8STRING, "", 0, "no-identity", "empty"},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_ident_opts opts = {.common_name = 1};
		X509 *cert = test_cert_bare(NULL, NULL, NULL);
		char tokens[256] = "", got[64];
		struct cm_ident_set set;
		uint8_t *der;
		size_t len;

		test_add_cn(cert, rows[i].type, rows[i].text, rows[i].len);
		der = test_der_of(cert, &len);
		assert_int_equal(
				cm_ident_from_der(der, len, &opts, &set, note_entry, tokens),
				0);
		OPENSSL_free(der);
		print_set(got, sizeof(got), &set);
		if(strcmp(got, rows[i].want) != 0
				|| strcmp(tokens, rows[i].entries) != 0)
			fail_msg("%s: want %s (%s), got %s (%s)", rows[i].says,
					rows[i].want, rows[i].entries, got, tokens);
	}
}

/* A CN whose kind OpenSSL would not write: odd BMPString, and no text. */
static void test_cn_patched(void **state)
{
	static const char *cns[] = {"example.com", NULL};
	static const uint8_t tags[] = {V_ASN1_BMPSTRING, V_ASN1_UNIVERSALSTRING,
			V_ASN1_OCTET_STRING, V_ASN1_INTEGER};
	struct cm_ident_opts opts = {.common_name = 1};
	struct cm_ident_set set;
	size_t len, at, i;
	uint8_t *der = test_der(NULL, cns, &len);

	(void)state;
	for(at = 0; memcmp(der + at,
						"\x0c\x0b"
						"example.com",
						13)
				!= 0;
			at++)
		assert_true(at + 13 < len);
	for(i = 0; i < sizeof(tags); i++) {
		char tokens[64] = "";

		der[at] = tags[i];
		assert_int_equal(
				cm_ident_from_der(der, len, &opts, &set, note_entry, tokens),
				0);
		assert_int_equal(set.reason, CM_NO_IDENTITY);
		assert_string_equal(tokens, "malformed");
	}
	OPENSSL_free(der);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Two CNs in one set are two, and other attributes are none. */
static void test_subjects(void **state)
{
	struct cm_ident_opts opts = {.common_name = 1};
	struct cm_ident_set set;
	int set_of_one;

	(void)state;
	for(set_of_one = 0; set_of_one < 2; set_of_one++) {
		X509 *cert = test_cert_bare(NULL, NULL, NULL);
		X509_NAME *subject = X509_get_subject_name(cert);
		uint8_t *der;
		size_t len;

		X509_NAME_add_entry_by_NID(subject, NID_organizationName,
				V_ASN1_UTF8STRING, (const uint8_t *)"o.example", -1, -1, 0);
		X509_NAME_add_entry_by_NID(subject, NID_commonName, V_ASN1_UTF8STRING,
				(const uint8_t *)"a.example", -1, -1, 0);
		if(!set_of_one)
			X509_NAME_add_entry_by_NID(subject, NID_commonName,
					V_ASN1_UTF8STRING, (const uint8_t *)"b.example", -1, -1,
					-1);
		der = test_der_of(cert, &len);
		assert_int_equal(
				cm_ident_from_der(der, len, &opts, &set, NULL, NULL), 0);
		assert_int_equal(set.reason, set_of_one ? CM_OK : CM_NO_IDENTITY);
		assert_int_equal(set.entries, set_of_one ? 1 : 2);
		OPENSSL_free(der);
	}
}

/* Entries of all the other types, as bytes; and what is no list of entries,
 * which does not open the way to the CN. */
static void test_raw_san(void **state)
{
	static const struct {
		const char *says;
		const char *bytes;
		size_t len;
		int ret;
		const char *entries;
	} rows[] = {
			{"otherName", "\x30\x09\xa0\x07\x06\x01\x2a\xa0\x02\x05\x00", 11, 0,
					"type san-found"},
			{"directoryName", "\x30\x04\xa4\x02\x30\x00", 6, 0,
					"type san-found"},
			{"registeredID, then a DNS name",
					"\x30\x08\x88\x01\x2a\x82\x03"
					"a.b",
					10, 0, "ok type san-found"},
			{"an empty list", "\x30\x00", 2, 0, "san-found"},
			{"nothing", "", 0, -1, ""},
			{"no list", "\x04\x00", 2, -1, ""},
			{"a list that ends too early",
					"\x30\x05\x82\x03"
					"a",
					5, -1, ""},
			{"something behind the list", "\x30\x00\x05\x00", 4, -1, ""},
			{"an entry that reaches beyond the list",
					"\x30\x05\x82\x04"
					"a.b",
					7, -1, ""},
			{"an entry after a good one that cannot be read",
					"\x30\x06\x82\x03"
					"a.b\x82",
					8, -1, ""},
			{"an entry of no known type",
					"\x30\x05\x89\x03"
					"a.b",
					7, -1, ""},
			{"a string in parts, which DER has not",
					"\x30\x07\xa2\x05\x16\x03"
					"a.b",
					9, -1, ""},
			{"X.690 s10.1: a length of no definite form",
					"\x30\x80\x82\x03"
					"a.b\0\0",
					9, -1, ""},
			{"X.690 s10.1: a length in more octets than it needs",
					"\x30\x06\x82\x81\x03"
					"a.b",
					8, -1, ""},
	};
	static const char *cns[] = {"example.com", NULL};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_ident_opts opts = {.common_name = 1};
		X509 *cert = test_cert_bare(NULL, cns, NULL);
		struct cm_ident_set set;
		char tokens[256] = "";
		uint8_t *der;
		size_t len;
		int ret;

		test_add_raw(cert, NID_subject_alt_name, rows[i].bytes, rows[i].len);
		der = test_der_of(cert, &len);
		ret = cm_ident_from_der(der, len, &opts, &set, note_entry, tokens);
		OPENSSL_free(der);
		if(ret != rows[i].ret || strcmp(tokens, rows[i].entries) != 0
				|| (ret < 0
						&& (set.reason != CM_MALFORMED || set.count != 0
								|| set.purpose != CM_MALFORMED)))
			fail_msg("%s: want %d (%s), got %d (%s) %s", rows[i].says,
					rows[i].ret, rows[i].entries, ret, tokens,
					cm_reason_token(set.reason));
	}
}

/* A subjectAltName that cannot be read, or is there twice, refuses the whole
 * certificate, whether it comes as bytes or as OpenSSL's; and so does any
 * other extension that OpenSSL cannot read. */
static void test_broken(void **state)
{
	static const struct test_ext broken[][3] = {
			{{NID_subject_alt_name, "DER:30:05:82"}},
			{{NID_subject_alt_name, "DNS:a.example"},
					{NID_subject_alt_name, "DNS:a.example"}},
			{{NID_ext_key_usage, "DER:30:05:06"}},
			{{NID_name_constraints, "DER:02:01:00"}},
	};
	static const char *cns[] = {"example.com", NULL};
	struct cm_ident_opts opts = {.common_name = 1};
	struct cm_ident_set set;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		X509 *cert = test_cert_bare(NULL, cns, broken[i]);

		X509_sign(cert, test_key(), EVP_sha256());
		assert_int_equal(cm_ident_from_x509(cert, &opts, &set, NULL, NULL), -1);
		assert_int_equal(set.reason, CM_MALFORMED);
		assert_int_equal(set.purpose, CM_MALFORMED);
		assert_int_equal(set.count, 0);
		assert_int_equal(ERR_peek_error(), 0);
		X509_free(cert);
	}
}

/* What is not one whole certificate is none, and leaves no OpenSSL error
 * behind for the next connection. */
static void test_not_der(void **state)
{
	struct test_san san[] = {{GEN_URI, "sip:example.com", 0}, END};
	struct cm_ident_opts opts = {0};
	struct cm_ident_set set;
	size_t len, cut;
	uint8_t *der = test_der(san, NULL, &len);
	uint8_t *longer = OPENSSL_malloc(len + 1);

	(void)state;
	memcpy(longer, der, len);
	longer[len] = 0;
	assert_int_equal(
			cm_ident_from_der(longer, len + 1, &opts, &set, NULL, NULL), -1);
	for(cut = 0; cut < len; cut += 7)
		assert_int_equal(
				cm_ident_from_der(der, cut, &opts, &set, NULL, NULL), -1);
	assert_int_equal(set.reason, CM_MALFORMED);
	assert_int_equal(ERR_peek_error(), 0);
	OPENSSL_free(longer);
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
			cmocka_unit_test(test_cn_types),
			cmocka_unit_test(test_cn_patched),
			cmocka_unit_test(test_subjects),
			cmocka_unit_test(test_raw_san),
			cmocka_unit_test(test_broken),
			cmocka_unit_test(test_not_der),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
