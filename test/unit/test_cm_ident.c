/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domains does this certificate name? RFC 5922 s7.1, a row each. */

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

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123"
#define N253                                                                   \
	L63 "." L63 "." L63                                                        \
		".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1"

struct row {
	const char *says;
	struct test_san san[6]; /* san[0].text NULL: no subjectAltName at all */
	const char *cns[3];
	int common_name;
	const char *want;    /* "source:name,name" or the reason's token */
	const char *entries; /* the token of each entry, as it is walked */
};

static const struct row rows[] = {
		{"RFC 5922 s7.1-6: a sip: URI", {{GEN_URI, "sip:example.com", 0}, END},
				{0}, 0, "uri:example.com", "ok"},
		{"RFC 5922 s7.1: scheme tokens are case insensitive",
				{{GEN_URI, "SiP:Example.COM", 0}, END}, {0}, 0,
				"uri:example.com", "ok"},
		{"RFC 5922 s7.1-4: other schemes MUST NOT be accepted",
				{{GEN_URI, "sips:example.com", 0},
						{GEN_URI, "https://example.com", 0},
						{GEN_URI, "im:example.com", 0}, {GEN_URI, "sip", 0},
						END},
				{0}, 0, "no-identity", "scheme scheme scheme scheme"},
		{"RFC 5922 s7.1-5: a userpart MUST NOT be accepted",
				{{GEN_URI, "sip:bob@example.com", 0},
						{GEN_URI, "sip:@example.com", 0},
						{GEN_URI, "sip:example.com;x=a@b.example", 0}, END},
				{0}, 0, "no-identity", "userinfo userinfo userinfo"},
		{"port, parameters and headers are cut off",
				{{GEN_URI, "sip:a.example:5061", 0},
						{GEN_URI, "sip:b.example;transport=tls", 0},
						{GEN_URI, "sip:c.example:5061;lr?x=y", 0}, END},
				{0}, 0, "uri:a.example,b.example,c.example", "ok ok ok"},
		{"a port that is none refuses the URI",
				{{GEN_URI, "sip:a.example:", 0},
						{GEN_URI, "sip:a.example:sip", 0},
						{GEN_URI, "sip:a.example:65536", 0},
						{GEN_URI, "sip:a.example:5061x", 0}, END},
				{0}, 0, "no-identity", "port port port port"},
		{"an address is no domain",
				{{GEN_URI, "sip:192.0.2.1", 0},
						{GEN_URI, "sip:192.0.2.1:5061", 0},
						{GEN_URI, "sip:[2001:db8::1]:5061", 0},
						{GEN_URI, "sip:[2001:db8::1", 0},
						{GEN_IPADD, "\xc0\x00\x02\x01", 4}, END},
				{0}, 0, "no-identity", "ip ip ip ip type"},
		{"a dot behind an address makes it no name",
				{{GEN_URI, "sip:192.0.2.1.", 0},
						{GEN_URI, "sip:192.0.2.1.:5061", 0},
						{GEN_DNS, "192.0.2.1.", 0}, {GEN_DNS, "2001:db8::1", 0},
						END},
				{0}, 0, "no-identity", "ip ip ip ip"},
		{"what is no URI of SIP's",
				{{GEN_URI, "sip://example.com", 0},
						{GEN_URI, "sip:example.com/x", 0},
						{GEN_URI, "sip: example.com", 0}, {GEN_URI, "", 0},
						END},
				{0}, 0, "no-identity", "character character control empty"},
		{"an escaped @ is none, and no part of a host",
				{{GEN_URI, "sip:bob%40example.com", 0}, END}, {0}, 0,
				"no-identity", "character"},
		{"a URI with a trailing dot",
				{{GEN_URI, "sip:example.com.:5061", 0}, END}, {0}, 0,
				"uri:example.com", "ok"},
		{"two trailing dots",
				{{GEN_URI, "sip:example.com..", 0}, {GEN_DNS, "a.example..", 0},
						END},
				{0}, 0, "no-identity", "label-empty label-empty"},
		{"a leading dot",
				{{GEN_URI, "sip:.example.com", 0}, {GEN_DNS, ".example.com", 0},
						END},
				{0}, 0, "no-identity", "label-empty label-empty"},
		{"RFC 1035 s2.3.4: labels of 63 and 64 octets",
				{{GEN_URI, "sip:" L63 ".example", 0},
						{GEN_URI, "sip:" L63 "x.example", 0}, END},
				{0}, 0, "uri:" L63 ".example", "ok label-long"},
		{"RFC 1035 s2.3.4: names of 253 and 254 octets",
				{{GEN_DNS, N253, 0}, {GEN_DNS, N253 ".", 0},
						{GEN_DNS, N253 "x", 0}, END},
				{0}, 0, "dns:" N253 "," N253, "ok ok long"},
		{"an empty host", {{GEN_URI, "sip:", 0}, {GEN_URI, "sip:;lr", 0}, END},
				{0}, 0, "no-identity", "empty empty"},
		{"NUL, control and foreign bytes refuse the whole URI",
				{{GEN_URI, "sip:example.com\0.evil.org", 25},
						{GEN_URI, "sip:example.com\n", 0},
						{GEN_URI,
								"sip:b\xc3\xbc"
								"cher.example",
								0},
						{GEN_URI, "sip:example.com;a=\0", 19}, END},
				{0}, 0, "no-identity", "nul control non-ascii nul"},
		{"an escape in the host", {{GEN_URI, "sip:exa%6dple.com", 0}, END}, {0},
				0, "no-identity", "character"},
		{"a star in a URI is no wildcard",
				{{GEN_URI, "sip:*.example.com", 0}, END}, {0}, 0, "no-identity",
				"wildcard"},
		{"RFC 5922 s7.1-7: DNS names if no sip: URI is found",
				{{GEN_DNS, "Example.com", 0}, {GEN_DNS, "b.example", 0}, END},
				{0}, 0, "dns:example.com,b.example", "ok ok"},
		{"RFC 5922 s7.1-7: and only if, in whatever order they stand",
				{{GEN_DNS, "example.com", 0}, {GEN_URI, "sip:a.example", 0},
						END},
				{0}, 0, "uri:a.example", "ok uri-found"},
		{"a refused URI does not keep DNS names out",
				{{GEN_URI, "sip:bob@example.com", 0},
						{GEN_DNS, "example.com", 0}, END},
				{0}, 0, "dns:example.com", "userinfo ok"},
		{"a wildcard DNS name is kept as it stands",
				{{GEN_DNS, "*.example.com", 0}, END}, {0}, 0,
				"dns:*.example.com", "ok"},
		{"RFC 5280 s7.2: international names are A-labels",
				{{GEN_DNS, "xn--bcher-kva.example", 0},
						{GEN_DNS,
								"b\xc3\xbc"
								"cher.example",
								0},
						{GEN_DNS,
								"b\xfc"
								"cher.example",
								0},
						END},
				{0}, 0, "dns:xn--bcher-kva.example", "ok non-ascii non-ascii"},
		{"a DNS name that is a URI",
				{{GEN_DNS, "sip:example.com", 0},
						{GEN_DNS, "a.example:5061", 0}, END},
				{0}, 0, "no-identity", "ip ip"},
		{"a NUL in a DNS name", {{GEN_DNS, "good.example\0.evil", 18}, END},
				{0}, 0, "no-identity", "nul"},
		{"an empty DNS name", {{GEN_DNS, "", 0}, END}, {0}, 0, "no-identity",
				"empty"},
		{"an address as DNS name", {{GEN_DNS, "192.0.2.1", 0}, END}, {0}, 0,
				"no-identity", "ip"},
		{"RFC 5922 s7.1-3: other types never",
				{{GEN_EMAIL, "bob@example.com", 0}, END}, {0}, 0, "no-identity",
				"type"},
		{"RFC 5922 s7.1-8: the CN only when asked for", {{0, NULL, 0}},
				{"example.com"}, 0, "no-identity", "cn-off"},
		{"RFC 5922 s7.1-9: common_name=1", {{0, NULL, 0}}, {"Example.com"}, 1,
				"cn:example.com", "ok"},
		{"RFC 5922 s7.1-8: the CN only if there is no subjectAltName",
				{{GEN_EMAIL, "bob@example.com", 0}, END}, {"example.com"}, 1,
				"no-identity", "type san-found"},
		{"an empty subjectAltName is one", {END}, {"example.com"}, 1,
				"no-identity", "san-found"},
		{"RFC 5922 s7.1-8: nor if all it holds is refused",
				{{GEN_DNS, "192.0.2.1", 0}, END}, {"example.com"}, 1,
				"no-identity", "ip san-found"},
		{"RFC 5922 s7.1-9: several CNs refuse", {{0, NULL, 0}},
				{"a.example", "b.example"}, 1, "no-identity",
				"several-cn several-cn"},
		{"a CN with a star", {{0, NULL, 0}}, {"*.example.com"}, 1,
				"no-identity", "wildcard"},
		{"a CN that is a person", {{0, NULL, 0}}, {"Bob Smith"}, 1,
				"no-identity", "control"},
		{"no name at all", {{0, NULL, 0}}, {NULL}, 1, "no-identity", ""},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const struct test_san *san =
				r->san[0].text || r->san[0].type < 0 ? r->san : NULL;
		struct cm_ident_opts opts = {.common_name = r->common_name};
		char tokens[256] = "", got[1024];
		struct cm_ident_set set;
		uint8_t *der;
		size_t len;

		der = test_der(san, r->cns, &len);
		assert_non_null(der);
		assert_int_equal(
				cm_ident_from_der(der, len, &opts, &set, note_entry, tokens),
				0);
		OPENSSL_free(der);
		print_set(got, sizeof(got), &set);
		if(strcmp(got, r->want) != 0 || strcmp(tokens, r->entries) != 0)
			fail_msg("%s: want %s (%s), got %s (%s)", r->says, r->want,
					r->entries, got, tokens);
	}
}

/* Validity and fingerprint are the certificate's. */
static void test_facts(void **state)
{
	struct test_san san[] = {{GEN_URI, "sip:example.com", 0}, END};
	struct cm_ident_opts opts = {0};
	struct cm_ident_set set;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len;
	X509 *cert = test_cert(san, NULL);

	(void)state;
	assert_int_equal(cm_ident_from_x509(cert, &opts, &set, NULL, NULL), 0);
	assert_int_equal(set.not_before, 1767225600);
	assert_int_equal(set.not_after, 1798761600);
	X509_digest(cert, EVP_sha256(), digest, &digest_len);
	assert_memory_equal(set.fingerprint, digest, CM_FINGERPRINT_LEN);
	X509_free(cert);
}

/* Thousands of entries are bounded, counted and told. */
static void test_many(void **state)
{
	static struct test_san san[3001];
	static char text[3000][32];
	struct cm_ident_opts opts = {0};
	static char tokens[65536];
	struct cm_ident_set set;
	uint8_t *der;
	size_t len;
	int i;

	(void)state;
	for(i = 0; i < 3000; i++) {
		snprintf(text[i], sizeof(text[i]), "sip:d%d.example", i);
		san[i] = (struct test_san){GEN_URI, text[i], 0};
	}
	san[3000].type = -1;
	der = test_der(san, NULL, &len);
	assert_int_equal(
			cm_ident_from_der(der, len, &opts, &set, note_entry, tokens), 0);
	OPENSSL_free(der);
	assert_int_equal(set.count, CM_IDENT_MAX);
	assert_int_equal(set.entries, 3000);
	assert_true(set.packed_len <= CM_PACKED_MAX);
	assert_non_null(strstr(tokens, "too-many"));
}

/* The bound in octets, with the longest names there are. */
static void test_long_names(void **state)
{
	static struct test_san san[41];
	struct cm_ident_opts opts = {0};
	static char text[40][260];
	static char tokens[1024];
	struct cm_ident_set set;
	struct cm_names names;
	size_t offset = 0, len;
	uint8_t *der;
	unsigned n = 0;
	int i;

	(void)state;
	for(i = 0; i < 40; i++) {
		snprintf(text[i], sizeof(text[i]), "sip:%c%s", 'a' + i % 26, N253 + 1);
		san[i] = (struct test_san){GEN_URI, text[i], 0};
	}
	san[40].type = -1;
	der = test_der(san, NULL, &len);
	assert_int_equal(
			cm_ident_from_der(der, len, &opts, &set, note_entry, tokens), 0);
	OPENSSL_free(der);
	/* 254 octets each */
	assert_int_equal(set.count, CM_PACKED_MAX / 254);
	assert_int_equal(set.entries, 40);
	assert_non_null(strstr(tokens, "too-many"));
	names = cm_ident_names(&set);
	while(cm_names_next(&names, &offset, &len))
		n++;
	assert_int_equal(n, set.count);
}

/* RFC 5922 s7.1-2: the verdict on its purposes is part of what it says. */
static void test_purpose(void **state)
{
	static const struct test_ext exts[] = {{NID_ext_key_usage, "serverAuth"},
			{NID_key_usage, "keyEncipherment"}, {0, NULL}};
	struct cm_ident_opts opts = {.eku = CM_EKU_TLS};
	struct cm_ident_set set;
	size_t len;
	uint8_t *der = test_der_of(test_cert_bare(NULL, NULL, exts), &len);

	(void)state;
	cm_ident_from_der(der, len, &opts, &set, NULL, NULL);
	assert_int_equal(set.purpose, CM_PURPOSE);
	opts.peer_is_server = 1;
	cm_ident_from_der(der, len, &opts, &set, NULL, NULL);
	assert_int_equal(set.purpose, CM_OK);
	opts.eku = CM_EKU_SIP;
	cm_ident_from_der(der, len, &opts, &set, NULL, NULL);
	assert_int_equal(set.purpose, CM_PURPOSE);
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
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_facts),
			cmocka_unit_test(test_many),
			cmocka_unit_test(test_long_names),
			cmocka_unit_test(test_purpose),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
