/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a certificate come to its verdict? The lines, and that they print
 * nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_explain.h"
#include "test_cm_cert.h"

struct lines {
	size_t used;
	char text[8192];
};

static void add_line(void *arg, const char *line)
{
	struct lines *l = arg;

	assert_true(strlen(line) < CM_LINE_MAX);
	l->used += (size_t)snprintf(
			l->text + l->used, sizeof(l->text) - l->used, "%s\n", line);
	assert_true(l->used < sizeof(l->text));
}

static const struct test_san san[] = {{GEN_DNS, "example.com", 0},
		{GEN_URI, "sip:bob@example.com", 0}, {GEN_URI, "sip:a\\\"\r\nb\xff", 0},
		{GEN_IPADD, "\xc0\x00\x02\x01", 4}, {GEN_EMAIL, "a@b", 0},
		{-1, NULL, 0}};

static void test_list(void **state)
{
	struct cm_ident_opts opts = {0};
	static struct lines l;
	size_t len;
	uint8_t *der = test_der(san, NULL, &len);

	(void)state;
	memset(&l, 0, sizeof(l));
	assert_int_equal(cm_explain_list(der, len, &opts, add_line, &l), CM_OK);
	assert_string_equal(l.text,
			"refused URI \"sip:bob@example.com\": userinfo: the URI has a "
			"user part: it names a person, not a domain (RFC 5922 s7.1)\n"
			"refused URI \"sip:a\\x5c\"\\x0d\\x0ab\\xff\": control: a control "
			"character or blank in the name (RFC 5280 s4.2.1.6)\n"
			"accepted dNSName \"example.com\" (RFC 5922 s7.1)\n"
			"refused iPAddress \"192.0.2.1\": type: an entry of this type is "
			"never a SIP domain identity (RFC 5922 s7.1)\n"
			"refused rfc822Name \"a@b\": type: an entry of this type is "
			"never a SIP domain identity (RFC 5922 s7.1)\n"
			"purposes: no extendedKeyUsage (RFC 5924 s5)\n"
			"key: good for a TLS server and for a client "
			"(RFC 5280 s4.2.1.3)\n");
	OPENSSL_free(der);
	memset(&l, 0, sizeof(l));
	assert_int_equal(
			cm_explain_list((const uint8_t *)"x", 1, &opts, add_line, &l),
			CM_MALFORMED);
	assert_string_equal(l.text, "refused certificate: the certificate cannot "
								"be read (RFC 5280 s4.1)\n");
}

static void test_check(void **state)
{
	static const struct {
		const char *says, *domain;
		int64_t now;
		enum cm_reason want;
		const char *in;
	} rows[] = {
			{"a match", "Example.COM", 1780000000, CM_OK,
					"10. match \"Example.COM\": one of the identities is this "
					"domain (RFC 5922 s7.2)\n"},
			{"no match", "foo.example.com", 1780000000, CM_NO_MATCH,
					"10. no match \"foo.example.com\": none of"},
			{"no domain", "", 1780000000, CM_DOMAIN_BAD,
					"10. no match \"\": the "
					"domain asked for is no host name"},
			{"its time is told", "example.com", 1780000000, CM_OK,
					"6. valid from 2026-01-01 00:00:00 UTC to 2027-01-01 "
					"00:00:00 "
					"UTC, which is now"},
			{"before its time", "example.com", 0, CM_NOT_YET, "still to come"},
			{"RFC 5922 s7.1: which is no match", "example.com", 1767225599,
					CM_NOT_YET,
					"10. no match \"example.com\": the certificate is not "
					"valid "
					"yet (RFC 5280 s4.1.2.5)\n"},
			{"RFC 5280 s4.1.2.5: from its first second on", "example.com",
					1767225600, CM_OK, "10. match"},
			{"to its last", "example.com", 1798761600, CM_OK, "10. match"},
			{"after its time", "example.com", 1798761601, CM_EXPIRED,
					"is past"},
			{"RFC 5922 s7.1: no match, either", "example.com", 1798761601,
					CM_EXPIRED,
					"10. no match \"example.com\": the certificate has expired "
					"(RFC 5280 s4.1.2.5)\n"},
			{"whatever its names", "foo.example.com", 1798761601, CM_EXPIRED,
					"10. no match \"foo.example.com\": the certificate has"},
			{"its identities are counted", "example.com", 1780000000, CM_OK,
					"9. 1 identity from 5 entries, source: dns"},
	};
	struct cm_ident_opts ident = {0};
	struct cm_match_opts match = {0};
	static struct lines l;
	size_t len, i;
	uint8_t *der = test_der(san, NULL, &len);

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum cm_reason got;

		memset(&l, 0, sizeof(l));
		got = cm_explain_check(der, len, rows[i].domain, strlen(rows[i].domain),
				&ident, &match, rows[i].now, add_line, &l);
		if(got != rows[i].want || !strstr(l.text, rows[i].in))
			fail_msg("%s: want %s, got %s:\n%s", rows[i].says,
					cm_reason_token(rows[i].want), cm_reason_token(got),
					l.text);
	}
	OPENSSL_free(der);
}

/* The step of RFC 5924 is told in words, whichever way it goes. */
static void test_purposes(void **state)
{
	static const struct {
		const char *says;
		struct test_ext exts[3];
		enum cm_eku mode;
		enum cm_reason want;
		const char *in[2];
	} rows[] = {
			{"no extension", {{0}}, CM_EKU_TLS, CM_OK,
					{"3. purposes: no extendedKeyUsage: accepted with eku=tls "
					 "(RFC 5924 s5)\n",
							"4. key: good for a TLS server and for a client "
							"(RFC 5280 s4.2.1.3)\n5. 1 identity from 1 entry, "
							"source: dns (RFC 5922 s7.1)\n"}},
			{"RFC 5924 s5: eku=sip wants it", {{0}}, CM_EKU_SIP, CM_PURPOSE,
					{"purposes: no extendedKeyUsage: refused with eku=sip ",
							"6. no match \"example.com\": the certificate's "
							"purposes do not allow this use of it (RFC 5924 "
							"s5, RFC 5280 s4.2.1.12)\n"}},
			{"all names",
					{{NID_ext_key_usage, "1.3.6.1.5.5.7.3.20,codeSigning"}},
					CM_EKU_SIP, CM_OK,
					{"purposes: id-kp-sipDomain, codeSigning: accepted with "
					 "eku=sip",
							"6. match"}},
			{"an empty list", {{NID_ext_key_usage, "DER:30:00"}}, CM_EKU_TLS,
					CM_PURPOSE,
					{"purposes: an empty extendedKeyUsage: refused with "
					 "eku=tls",
							"6. no match"}},
			{"a list that does not count", {{NID_ext_key_usage, "DER:30:00"}},
					CM_EKU_ANY, CM_OK,
					{"an empty extendedKeyUsage: accepted with eku=any",
							"6. match"}},
			{"a server's key", {{NID_key_usage, "keyEncipherment"}}, CM_EKU_TLS,
					CM_OK,
					{"key: good for a TLS server, not for a client",
							"6. match"}},
			{"a client's key", {{NID_netscape_cert_type, "client"}}, CM_EKU_TLS,
					CM_OK,
					{"key: good for a TLS client, not for a server",
							"6. match"}},
			{"a CA's key", {{NID_key_usage, "keyCertSign"}}, CM_EKU_TLS,
					CM_PURPOSE,
					{"key: good for neither side of TLS", "6. no match"}},
			{"what OpenSSL cannot read", {{NID_name_constraints, "DER:02:00"}},
					CM_EKU_ANY, CM_MALFORMED,
					{"1. no match \"example.com\": the certificate cannot be "
					 "read (RFC 5280 s4.1)\n",
							""}},
	};
	static const struct test_san dns[] = {
			{GEN_DNS, "example.com", 0}, {-1, NULL, 0}};
	struct cm_match_opts match = {0};
	static struct lines l;
	size_t len, i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_ident_opts ident = {.eku = rows[i].mode};
		uint8_t *der =
				test_der_of(test_cert_bare(dns, NULL, rows[i].exts), &len);
		enum cm_reason got;

		memset(&l, 0, sizeof(l));
		got = cm_explain_check(der, len, "example.com", 11, &ident, &match,
				1780000000, add_line, &l);
		if(got != rows[i].want || !strstr(l.text, rows[i].in[0])
				|| !strstr(l.text, rows[i].in[1]))
			fail_msg("%s: want %s, got %s:\n%s", rows[i].says,
					cm_reason_token(rows[i].want), cm_reason_token(got),
					l.text);
		OPENSSL_free(der);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

static void test_printable(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(cm_printable(out, sizeof(out), "abc", 3), "abc");
	assert_string_equal(cm_printable(out, sizeof(out), "123456789012345", 15),
			"123456789012345");
	assert_string_equal(cm_printable(out, sizeof(out), "1234567890123456", 16),
			"123456789012...");
	assert_string_equal(cm_printable(out, sizeof(out), "\0\0\0\0\0", 5),
			"\\x00\\x00\\x00...");
	assert_string_equal(cm_printable(out, sizeof(out), "", 0), "");
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
			cmocka_unit_test(test_list),
			cmocka_unit_test(test_check),
			cmocka_unit_test(test_purposes),
			cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
