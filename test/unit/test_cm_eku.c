/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May this certificate be used for SIP over TLS? A row each; and that nothing
 * but purposes is judged more kindly than by OpenSSL. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "../../modules/cert_match/cm_eku.h"
#include "test_cm_cert.h"

#define EKU NID_ext_key_usage
#define KU NID_key_usage
#define NS NID_netscape_cert_type
#define BC NID_basic_constraints
#define SIP "1.3.6.1.5.5.7.3.20"

#define OK CM_OK
#define NO CM_PURPOSE
#define BAD CM_MALFORMED

struct row {
	const char *says;
	struct test_ext exts[4];
	enum cm_reason tls, sip, any;
};

/* the peer's own certificate, whichever side of TLS it stands on */
static const struct row leaves[] = {
		{"RFC 5924 s5-3: no extension is a matter of local policy", {{0}}, OK,
				NO, OK},
		{"RFC 5924 s5-4: sipDomain MUST be acceptable", {{EKU, SIP}}, OK, OK,
				OK},
		{"RFC 5924 s5-5: anyExtendedKeyUsage is a matter of local policy",
				{{EKU, "anyExtendedKeyUsage"}}, OK, OK, OK},
		{"since 2026 public CAs issue serverAuth only", {{EKU, "serverAuth"}},
				OK, NO, OK},
		{"clientAuth only", {{EKU, "clientAuth"}}, OK, NO, OK},
		{"what the others are does not matter",
				{{EKU, "codeSigning,emailProtection," SIP}}, OK, OK, OK},
		{"RFC 5924 s4-1, s5-2, s5-6: only for one of the purposes indicated",
				{{EKU, "codeSigning,emailProtection,1.2.3.4"}}, NO, NO, OK},
		{"a neighbour of sipDomain", {{EKU, "1.3.6.1.5.5.7.3.21"}}, NO, NO, OK},
		{"sipDomain and one number more", {{EKU, SIP ".1"}}, NO, NO, OK},
		{"critical or not", {{EKU, "critical," SIP}}, OK, OK, OK},
		{"an empty list allows nothing", {{EKU, "DER:30:00"}}, NO, NO, OK},
		{"a list that cannot be read", {{EKU, "DER:30:05:06"}}, BAD, BAD, BAD},
		{"a list of something else", {{EKU, "DER:30:03:02:01:01"}}, BAD, BAD,
				BAD},
		{"RFC 5280 s4.2: an extension that stands there twice",
				{{EKU, SIP}, {EKU, SIP}}, BAD, BAD, BAD},
		{"RFC 5280 s4.2.1.12: keyUsage is processed independently",
				{{EKU, SIP}, {KU, "keyCertSign"}}, NO, NO, NO},
		{"a key that may sign", {{EKU, SIP}, {KU, "digitalSignature"}}, OK, OK,
				OK},
		{"a key that may agree", {{EKU, SIP}, {KU, "keyAgreement"}}, OK, OK,
				OK},
		{"RFC 5280 s4.2.1.3: an empty keyUsage is none", {{KU, "DER:03:01:00"}},
				BAD, BAD, BAD},
		{"a Netscape type for both sides", {{EKU, SIP}, {NS, "client,server"}},
				OK, OK, OK},
		{"a Netscape type for mail", {{EKU, SIP}, {NS, "email"}}, NO, NO, NO},
		{"a CA that shows its own certificate",
				{{EKU, SIP}, {BC, "CA:TRUE"},
						{KU, "digitalSignature,keyCertSign"}},
				OK, OK, OK},
		{"a purpose that is none", {{EKU, "DER:30:02:06:00"}}, BAD, BAD, BAD},
		{"something behind the list",
				{{EKU, "DER:30:0a:06:08:2b:06:01:05:05:07:03:14:05:00"}}, BAD,
				BAD, BAD},
		{"X.690 s8.6: the bits of a keyUsage",
				{{EKU, SIP}, {KU, "DER:03:02:07:80"}}, OK, OK, OK},
		{"in more octets than one", {{EKU, SIP}, {KU, "DER:03:03:00:80:00"}},
				OK, OK, OK},
		{"in more than two", {{EKU, SIP}, {KU, "DER:03:04:00:80:00:01"}}, OK,
				OK, OK},
		{"a bit that is not among them", {{KU, "DER:03:02:07:40"}}, BAD, BAD,
				BAD},
		{"a bit of the second octet alone", {{EKU, SIP}, {KU, "decipherOnly"}},
				NO, NO, NO},
		{"which is not among them, either", {{KU, "DER:03:03:07:00:40"}}, BAD,
				BAD, BAD},
		{"more unused bits than there are", {{KU, "DER:03:02:08:80"}}, BAD, BAD,
				BAD},
		{"unused bits of none", {{KU, "DER:03:01:01"}}, BAD, BAD, BAD},
		{"not even how many are unused", {{KU, "DER:03:00"}}, BAD, BAD, BAD},
		{"no BIT STRING", {{KU, "DER:04:02:07:80"}}, BAD, BAD, BAD},
		{"something behind it", {{KU, "DER:03:02:07:80:05:00"}}, BAD, BAD, BAD},
		{"keyUsage twice", {{KU, "digitalSignature"}, {KU, "digitalSignature"}},
				BAD, BAD, BAD},
		{"a Netscape type that cannot be read", {{NS, "DER:04:02:06:c0"}}, BAD,
				BAD, BAD},
		{"an empty one allows nothing", {{EKU, SIP}, {NS, "DER:03:01:00"}}, NO,
				NO, NO},
};

/* what only OpenSSL sees */
static const struct row unread[] = {
		{"any other extension that cannot be read", {{BC, "DER:30:05:06"}}, BAD,
				BAD, BAD},
		{"any other that stands there twice",
				{{BC, "CA:FALSE"}, {BC, "CA:FALSE"}}, BAD, BAD, BAD},
};

/* the same, where the side matters: as a client */
static const struct row clients[] = {
		{"RFC 5280 s4.2.1.12: keyEncipherment is no client's",
				{{EKU, SIP}, {KU, "keyEncipherment"}}, NO, NO, NO},
		{"a Netscape type for servers", {{NS, "server"}}, NO, NO, NO},
		{"a Netscape type for clients", {{NS, "client"}}, OK, NO, OK},
};

static const struct row servers[] = {
		{"RFC 5280 s4.2.1.12: keyEncipherment is a server's",
				{{EKU, SIP}, {KU, "keyEncipherment"}}, OK, OK, OK},
		{"a Netscape type for clients", {{NS, "client"}}, NO, NO, NO},
		{"a Netscape type for servers", {{NS, "server"}}, OK, NO, OK},
};

static const struct row cas[] = {
		{"a CA without the extension restricts nothing", {{BC, "CA:TRUE"}}, OK,
				OK, OK},
		{"a CA restricted to serverAuth",
				{{BC, "CA:TRUE"}, {EKU, "serverAuth"}}, OK, NO, OK},
		{"a CA restricted to sipDomain", {{BC, "CA:TRUE"}, {EKU, SIP}}, OK, OK,
				OK},
		{"a CA restricted to nothing",
				{{BC, "CA:TRUE"}, {EKU, "anyExtendedKeyUsage"}}, OK, OK, OK},
		{"a CA restricted to mail", {{BC, "CA:TRUE"}, {EKU, "emailProtection"}},
				NO, NO, OK},
		{"RFC 5280 s4.2.1.9: no basicConstraints, no CA", {{EKU, "serverAuth"}},
				NO, NO, NO},
		{"RFC 5280 s4.2.1.9: basicConstraints that say no", {{BC, "CA:FALSE"}},
				NO, NO, NO},
		{"RFC 5280 s4.2.1.3: a CA's key must be one to sign certificates",
				{{BC, "CA:TRUE"}, {KU, "cRLSign"}}, NO, NO, NO},
		{"a Netscape type alone makes no CA", {{NS, "sslCA"}}, NO, NO, NO},
		{"what cannot be read", {{BC, "CA:TRUE"}, {EKU, "DER:30:05:06"}}, BAD,
				BAD, BAD},
};

enum part { CLIENT = 0, SERVER, CA };

static enum cm_reason judge(X509 *cert, enum cm_eku mode, enum part part)
{
	if(part == CA)
		return cm_eku_ca(cert, mode);
	return cm_eku_leaf(cert, mode, part == SERVER);
}

/* The same from the certificate's bytes, without OpenSSL's opinion. */
static void check_parts(const struct row *r, X509 *x509, enum part part)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x509, &der);
	struct cm_cert cert;

	assert_int_equal(cm_cert_parse(der, (size_t)len, &cert), 0);
	if(cm_eku_judge(&cert, CM_EKU_TLS, part == SERVER) != r->tls
			|| cm_eku_judge(&cert, CM_EKU_SIP, part == SERVER) != r->sip
			|| cm_eku_judge(&cert, CM_EKU_ANY, part == SERVER) != r->any)
		fail_msg("%s: not the same from its bytes", r->says);
	OPENSSL_free(der);
}

static void check_rows(const struct row *rows, size_t n, enum part part)
{
	size_t i;

	for(i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		X509 *cert = test_cert_bare(NULL, NULL, r->exts);
		enum cm_reason tls, sip, any;

		X509_sign(cert, test_key(), EVP_sha256());
		ERR_clear_error();
		tls = judge(cert, CM_EKU_TLS, part);
		sip = judge(cert, CM_EKU_SIP, part);
		any = judge(cert, CM_EKU_ANY, part);
		if(tls != r->tls || sip != r->sip || any != r->any)
			fail_msg("%s: want %s %s %s, got %s %s %s", r->says,
					cm_reason_token(r->tls), cm_reason_token(r->sip),
					cm_reason_token(r->any), cm_reason_token(tls),
					cm_reason_token(sip), cm_reason_token(any));
		assert_int_equal(ERR_peek_error(), 0);
		if(part != CA && rows != unread)
			check_parts(r, cert, part);
		X509_free(cert);
	}
}

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static void test_rows(void **state)
{
	(void)state;
	check_rows(ROWS(leaves), CLIENT);
	check_rows(ROWS(leaves), SERVER);
	check_rows(ROWS(unread), CLIENT);
	check_rows(ROWS(clients), CLIENT);
	check_rows(ROWS(servers), SERVER);
	check_rows(ROWS(cas), CA);
}

/* Apart from purposes, no certificate is taken that OpenSSL's own check would
 * not take, and of leaves none is refused that it would. */
static void test_as_openssl(void **state)
{
	static const char *usages[] = {NULL, "digitalSignature", "nonRepudiation",
			"keyEncipherment", "dataEncipherment", "keyAgreement",
			"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
			"digitalSignature,keyCertSign"};
	static const char *types[] = {NULL, "client", "server", "client,server",
			"email", "objsign", "sslCA", "emailCA"};
	static const char *basics[] = {NULL, "CA:TRUE", "CA:FALSE"};
	size_t u, t, b;

	(void)state;
	for(u = 0; u < sizeof(usages) / sizeof(usages[0]); u++)
		for(t = 0; t < sizeof(types) / sizeof(types[0]); t++)
			for(b = 0; b < sizeof(basics) / sizeof(basics[0]); b++) {
				struct test_ext exts[5] = {{EKU, "serverAuth,clientAuth"}, {0}};
				size_t n = 1;
				X509 *cert;

				if(usages[u])
					exts[n++] = (struct test_ext){KU, usages[u]};
				if(types[t])
					exts[n++] = (struct test_ext){NS, types[t]};
				if(basics[b])
					exts[n++] = (struct test_ext){BC, basics[b]};
				cert = test_cert_bare(NULL, NULL, exts);
				X509_sign(cert, test_key(), EVP_sha256());
				assert_int_equal(cm_eku_leaf(cert, CM_EKU_TLS, 0) == CM_OK,
						X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0)
								== 1);
				assert_int_equal(cm_eku_leaf(cert, CM_EKU_TLS, 1) == CM_OK,
						X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0)
								== 1);
				if(cm_eku_ca(cert, CM_EKU_TLS) == CM_OK)
					assert_int_equal(X509_check_purpose(
											 cert, X509_PURPOSE_SSL_CLIENT, 1),
							1);
				X509_free(cert);
			}
}

/* --- a chain, judged as a verify callback of ours would ------------------- */

static int verify(int ok, X509_STORE_CTX *ctx)
{
	const enum cm_eku *mode = X509_STORE_CTX_get_app_data(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	enum cm_reason r;

	if(!ok && X509_STORE_CTX_get_error(ctx) != X509_V_ERR_INVALID_PURPOSE)
		return 0;
	r = X509_STORE_CTX_get_error_depth(ctx) == 0 ? cm_eku_leaf(cert, *mode, 0)
												 : cm_eku_ca(cert, *mode);
	X509_STORE_CTX_set_error(
			ctx, r == CM_OK ? X509_V_OK : X509_V_ERR_INVALID_PURPOSE);
	return r == CM_OK;
}

static X509 *issue(
		const char *name, const char *issuer, const struct test_ext *exts)
{
	const char *cns[] = {name, NULL};
	X509 *cert = test_cert_bare(NULL, cns, exts);
	X509_NAME *by = X509_NAME_new();

	X509_NAME_add_entry_by_NID(by, NID_commonName, V_ASN1_UTF8STRING,
			(const unsigned char *)issuer, -1, -1, 0);
	X509_set_issuer_name(cert, by);
	X509_NAME_free(by);
	X509_sign(cert, test_key(), EVP_sha256());
	return cert;
}

/* The chain root - middle - leaf as that of a client: X509_V_OK or why not. */
static int chain(const struct test_ext *leaf_exts,
		const struct test_ext *middle_exts, time_t now, enum cm_eku *mode)
{
	static const struct test_ext ca[] = {{BC, "critical,CA:TRUE"}, {0}};
	X509 *root = issue("root", "root", ca);
	X509 *middle = issue("middle", "root", middle_exts);
	X509 *leaf = issue("leaf", "middle", leaf_exts);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *sent = sk_X509_new_null();
	int error;

	sk_X509_push(sent, middle);
	X509_STORE_add_cert(store, root);
	X509_STORE_CTX_init(ctx, store, leaf, sent);
	X509_STORE_CTX_set_default(ctx, "ssl_client");
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), now);
	if(mode) {
		X509_STORE_CTX_set_app_data(ctx, mode);
		X509_STORE_CTX_set_verify_cb(ctx, verify);
	}
	error = X509_verify_cert(ctx) == 1 ? X509_V_OK
									   : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(sent);
	X509_free(leaf);
	X509_free(middle);
	X509_free(root);
	return error;
}

#define NOW 1780000000 /* 2026 */

static void test_chains(void **state)
{
	static const struct {
		const char *says;
		struct test_ext leaf[3], middle[3];
		time_t now;
		enum cm_eku mode;
		int stock, ours;
	} rows[] = {
			{"a peer that calls us with a public certificate of 2026",
					{{EKU, "serverAuth"}},
					{{BC, "critical,CA:TRUE"}, {EKU, "serverAuth"}}, NOW,
					CM_EKU_TLS, X509_V_ERR_INVALID_PURPOSE, X509_V_OK},
			{"RFC 5924 s5: sipDomain only", {{EKU, SIP}},
					{{BC, "critical,CA:TRUE"}}, NOW, CM_EKU_SIP,
					X509_V_ERR_INVALID_PURPOSE, X509_V_OK},
			{"RFC 5924 s4-2: eku=sip refuses what OpenSSL takes",
					{{EKU, "clientAuth"}}, {{BC, "critical,CA:TRUE"}}, NOW,
					CM_EKU_SIP, X509_V_OK, X509_V_ERR_INVALID_PURPOSE},
			{"a leaf for mail stays refused", {{EKU, "emailProtection"}},
					{{BC, "critical,CA:TRUE"}}, NOW, CM_EKU_TLS,
					X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_INVALID_PURPOSE},
			{"a CA for mail stays refused", {{EKU, "serverAuth"}},
					{{BC, "critical,CA:TRUE"}, {EKU, "emailProtection"}}, NOW,
					CM_EKU_TLS, X509_V_ERR_INVALID_PURPOSE,
					X509_V_ERR_INVALID_PURPOSE},
			{"what is no CA stays none, even where purposes do not count",
					{{EKU, "serverAuth"}}, {{EKU, "serverAuth"}}, NOW,
					CM_EKU_ANY, X509_V_ERR_INVALID_PURPOSE,
					X509_V_ERR_INVALID_CA},
			{"an unknown critical extension stays refused",
					{{EKU, "serverAuth"}, {NID_netscape_comment, "critical,x"}},
					{{BC, "critical,CA:TRUE"}}, NOW, CM_EKU_TLS,
					X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
					X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
			{"what is past stays past", {{EKU, "serverAuth"}},
					{{BC, "critical,CA:TRUE"}}, NOW + 40000000, CM_EKU_TLS,
					X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_CERT_HAS_EXPIRED},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum cm_eku mode = rows[i].mode;
		int stock = chain(rows[i].leaf, rows[i].middle, rows[i].now, NULL);
		int ours = chain(rows[i].leaf, rows[i].middle, rows[i].now, &mode);

		if(stock != rows[i].stock || ours != rows[i].ours)
			fail_msg("%s: stock: %s; ours: %s", rows[i].says,
					X509_verify_cert_error_string(stock),
					X509_verify_cert_error_string(ours));
	}
	ERR_clear_error();
}

/* --- words ---------------------------------------------------------------- */

static void test_print(void **state)
{
	static const struct {
		const char *says;
		struct test_ext exts[3];
		size_t size;
		int want;
		const char *text;
	} rows[] = {
			{"no extension", {{0}}, 80, -1, ""},
			{"an empty one", {{EKU, "DER:30:00"}}, 80, 0, ""},
			{"one that cannot be read", {{EKU, "DER:30:01"}}, 80, -2, ""},
			{"one that is there twice", {{EKU, SIP}, {EKU, SIP}}, 80, -2, ""},
			{"names, and a number where there is none",
					{{EKU, "serverAuth,clientAuth," SIP
						   ",anyExtendedKeyUsage,1.2.3.4"}},
					80, 5,
					"serverAuth, clientAuth, id-kp-sipDomain, "
					"anyExtendedKeyUsage, 1.2.3.4"},
			{"what does not fit", {{EKU, "serverAuth,clientAuth,codeSigning"}},
					29, 3, "serverAuth, clientAuth, ..."},
			{"not even one", {{EKU, "serverAuth"}}, 5, 1, "..."},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len;
		uint8_t *der =
				test_der_of(test_cert_bare(NULL, NULL, rows[i].exts), &len);
		struct cm_cert cert;
		char text[80];
		int got;

		assert_int_equal(cm_cert_parse(der, len, &cert), 0);
		got = cm_eku_print(&cert, text, rows[i].size);

		if(got != rows[i].want || strcmp(text, rows[i].text) != 0)
			fail_msg("%s: want %d \"%s\", got %d \"%s\"", rows[i].says,
					rows[i].want, rows[i].text, got, text);
		OPENSSL_free(der);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

static void test_modes(void **state)
{
	static const char *names[] = {"tls", "sip", "any"};
	enum cm_eku mode = CM_EKU_ANY;
	size_t i;

	(void)state;
	for(i = 0; i < 3; i++) {
		assert_int_equal(cm_eku_mode(names[i], 3, &mode), 0);
		assert_string_equal(cm_eku_name(mode), names[i]);
	}
	assert_int_equal(cm_eku_mode("tls2", 4, &mode), -1);
	assert_int_equal(cm_eku_mode("TLS", 3, &mode), -1);
	assert_int_equal(cm_eku_mode("", 0, &mode), -1);
	/* zeroed memory is the default of the module */
	assert_int_equal(CM_EKU_TLS, 0);
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
			cmocka_unit_test(test_as_openssl),
			cmocka_unit_test(test_chains),
			cmocka_unit_test(test_print),
			cmocka_unit_test(test_modes),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
