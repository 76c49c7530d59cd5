/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is one of these identities this domain? A row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../modules/cert_match/cm_domain.h"
#include "../../modules/cert_match/cm_match.h"

struct row {
	const char *says;
	const char *names; /* comma list, in canonical form */
	enum cm_source source;
	int wildcard;
	const char *domain;
	enum cm_reason want;
};

#define URI CM_SOURCE_URI
#define DNS CM_SOURCE_DNS
#define CN CM_SOURCE_CN

static const struct row rows[] = {
		{"RFC 5922 s7.2-5: the same name", "example.com", URI, 0, "example.com",
				CM_OK},
		{"RFC 5922 s7.2-3: case insensitive", "example.com", URI, 0,
				"EXAMPLE.com", CM_OK},
		{"a trailing dot on the domain", "example.com", URI, 0, "example.com.",
				CM_OK},
		{"the last of several", "a.example,b.example,c.example", DNS, 0,
				"c.example", CM_OK},
		{"none of several", "a.example,b.example", DNS, 0, "d.example",
				CM_NO_MATCH},
		{"RFC 5922 s7.2-6: no suffixes", "example.com", URI, 0,
				"foo.example.com", CM_NO_MATCH},
		{"nor the other way", "foo.example.com", URI, 0, "example.com",
				CM_NO_MATCH},
		{"a prefix", "example.com", URI, 0, "example.co", CM_NO_MATCH},
		{"RFC 5922 s7.2-7: no wildcards", "*.example.com", DNS, 0,
				"foo.example.com", CM_NO_MATCH},
		{"RFC 5922 s7.2-7: a domain asked for is no pattern", "*.example.com",
				DNS, 0, "*.example.com", CM_DOMAIN_BAD},
		{"wildcard=1 does not make it one", "*.example.com", DNS, 1,
				"*.example.com", CM_DOMAIN_BAD},
		{"wildcard=1: one label", "*.example.com", DNS, 1, "foo.example.com",
				CM_OK},
		{"RFC 9525 s6.3: not two labels", "*.example.com", DNS, 1,
				"a.b.example.com", CM_NO_MATCH},
		{"RFC 9525 s6.3: not none", "*.example.com", DNS, 1, "example.com",
				CM_NO_MATCH},
		{"wildcard=1: a name that only ends alike", "*.example.com", DNS, 1,
				"foo.bexample.com", CM_NO_MATCH},
		{"wildcard=1: as long, and not the same", "*.example.com", DNS, 1,
				"foo.exampel.com", CM_NO_MATCH},
		{"wildcard=1: not before a shorter name", "*.example.com", DNS, 1,
				"foo.example.co", CM_NO_MATCH},
		{"wildcard=1: not before a longer name", "*.example.co", DNS, 1,
				"foo.example.com", CM_NO_MATCH},
		{"wildcard=1: a label alone has nothing to stand behind a star",
				"*.com", DNS, 1, "com", CM_NO_MATCH},
		{"wildcard=1: not from a URI", "*.example.com", URI, 1,
				"foo.example.com", CM_NO_MATCH},
		{"wildcard=1: not from a CN", "*.example.com", CN, 1, "foo.example.com",
				CM_NO_MATCH},
		{"wildcard=1: names without a star still match", "a.example", DNS, 1,
				"a.example", CM_OK},
		{"no identities at all", "", DNS, 0, "example.com", CM_NO_IDENTITY},
		{"an address is no domain", "example.com", URI, 0, "192.0.2.1",
				CM_DOMAIN_BAD},
		{"nothing is no domain", "example.com", URI, 0, "", CM_DOMAIN_BAD},
		{"RFC 5922 s7.2-4, RFC 5280 s7.2: U-labels become A-labels",
				"xn--bcher-kva.example", URI, 0, "B\u00fccher.example", CM_OK},
		{"and are compared whole", "bucher.example", URI, 0,
				"b\u00fccher.example", CM_NO_MATCH},
		{"an A-label that is asked for", "xn--bcher-kva.example", URI, 0,
				"XN--BCHER-KVA.example", CM_OK},
		{"wildcard=1: a star stands for an A-label, too", "*.example", DNS, 1,
				"b\u00fccher.example", CM_OK},
		{"what is no UTF-8 is no domain", "example.com", URI, 0,
				"b\xfc.example", CM_DOMAIN_BAD},
};

static size_t pack(uint8_t *to, const char *list)
{
	size_t used = 0;

	while(*list) {
		size_t len = strcspn(list, ",");

		to[used] = (uint8_t)len;
		memcpy(to + used + 1, list, len);
		used += len + 1;
		list += len + (list[len] == ',');
	}
	return used;
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct cm_match_opts opts = {r->wildcard};
		uint8_t packed[256];
		struct cm_peer peer = {1, 1, CM_OK, CM_OK, {packed, 0, r->source}};
		struct cm_ascii ascii;
		enum cm_reason got;

		peer.names.len = pack(packed, r->names);
		cm_domain_ascii(r->domain, strlen(r->domain), &ascii);
		got = cm_decide(&peer, ascii.text, ascii.len, &opts);
		if(got != r->want)
			fail_msg("%s: want %s, got %s", r->says, cm_reason_token(r->want),
					cm_reason_token(got));
	}
}

/* What comes before any comparison. */
static void test_decide(void **state)
{
	static const uint8_t packed[] = "\011a.example";
	struct cm_match_opts opts = {0};
	struct cm_peer peer = {0};

	(void)state;
	/* RFC 5922 s7.4-1: zeroed memory, and a peer without certificate, refuse */
	assert_int_equal(
			cm_decide(&peer, "a.example", 9, &opts), CM_NO_CERTIFICATE);
	peer.has_cert = 1;
	peer.ident_reason = CM_OK;
	peer.names.packed = packed;
	peer.names.len = 10;
	/* RFC 5922 s7.1-1: an identity counts only in a valid certificate */
	assert_int_equal(cm_decide(&peer, "a.example", 9, &opts), CM_NOT_VERIFIED);
	peer.verified = 1;
	/* RFC 5922 s7.1-2, RFC 5924 s5-1: extendedKeyUsage MUST be checked; who
	 * forgets to is refused */
	assert_int_equal(cm_decide(&peer, "a.example", 9, &opts), CM_REFUSED);
	peer.purpose = CM_PURPOSE;
	assert_int_equal(cm_decide(&peer, "a.example", 9, &opts), CM_PURPOSE);
	peer.purpose = CM_OK;
	assert_int_equal(cm_decide(&peer, "a.example", 9, &opts), CM_OK);
	/* RFC 5922 s7.3: no identities found, not authenticated */
	peer.ident_reason = CM_NO_IDENTITY;
	assert_int_equal(cm_decide(&peer, "a.example", 9, &opts), CM_NO_IDENTITY);
	peer.ident_reason = CM_MALFORMED;
	assert_int_equal(cm_decide(&peer, "a.example", 9, &opts), CM_MALFORMED);
}

/* It is asked under a lock: what is not ASCII is no matter of its. */
static void test_decide_ascii(void **state)
{
	static const uint8_t packed[] = "\025xn--bcher-kva.example";
	struct cm_match_opts opts = {0};
	struct cm_peer peer = {1, 1, CM_OK, CM_OK, {packed, 22, CM_SOURCE_URI}};

	(void)state;
	assert_int_equal(
			cm_decide(&peer, "xn--bcher-kva.example", 21, &opts), CM_OK);
	assert_int_equal(
			cm_decide(&peer, "b\u00fccher.example", 15, &opts), CM_DOMAIN_BAD);
	/* what cm_domain_ascii() leaves of a domain that is none */
	assert_int_equal(cm_decide(&peer, "", 0, &opts), CM_DOMAIN_BAD);
}

/* A packing that does not add up ends the walk, within its bounds. */
static void test_bad_packing(void **state)
{
	static const uint8_t packed[] = {3, 'a', '.', 'b', 9, 'x'};
	struct cm_names names = {packed, sizeof(packed), CM_SOURCE_DNS};
	size_t offset = 0, len = 0;

	(void)state;
	assert_non_null(cm_names_next(&names, &offset, &len));
	assert_int_equal(len, 3);
	assert_null(cm_names_next(&names, &offset, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_decide),
			cmocka_unit_test(test_decide_ascii),
			cmocka_unit_test(test_bad_packing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
