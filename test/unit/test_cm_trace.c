/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May this handshake go on? Real handshakes, in memory, a row each; what our
 * side would send right after its handshake must never reach a peer that is
 * not who was meant. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "../../modules/cert_match/cm_trace.h"
#include "test_cm_cert.h"

#define SECRET "INVITE sip:bob@"

enum eku { EKU_NONE, EKU_SERVER, EKU_CLIENT, EKU_SIP, EKU_ANY, EKU_MAIL };

static const char *const eku_texts[] = {NULL, "serverAuth", "clientAuth",
		"1.3.6.1.5.5.7.3.20", "anyExtendedKeyUsage", "emailProtection"};

/* One handshake: we are the client (out) or the server (in). */
struct row {
	const char *says;
	int in;
	int version;       /* of TLS */
	const char *names; /* dNSNames of the peer's certificate; NULL: it has none;
						  "" none in it */
	enum eku eku;      /* of the peer's certificate */
	int unknown_ca;
	int profile_none;   /* our profile has verify_certificate=no */
	int tolerant;       /* ... or verify_client=optional_no_ca */
	const char *domain; /* expected; NULL: nothing */
	enum cm_eku mode;
	int want_done;    /* the handshake finishes, and our text arrives */
	int want_alert;   /* that goes out */
	long want_verify; /* SSL_get_verify_result() of ours */
	enum cm_reason want_name;
};

#define BAD_CERT SSL_AD_BAD_CERTIFICATE
#define NO CM_NO_ALERT
#define TLS12 TLS1_2_VERSION
#define TLS13 TLS1_3_VERSION

static const struct row rows[] = {
		{"RFC 5922 s7.3-1, s7.3-2: it matches", 0, TLS13, "a.example",
				EKU_SERVER, 0, 0, 0, "a.example", CM_EKU_TLS, 1, NO, X509_V_OK,
				CM_OK},
		{"and in TLS 1.2", 0, TLS12, "a.example", EKU_SERVER, 0, 0, 0,
				"a.example", CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK},
		{"RFC 5922 s7.3-3: another name: an alert", 0, TLS13, "b.example",
				EKU_SERVER, 0, 0, 0, "a.example", CM_EKU_TLS, 0, BAD_CERT,
				X509_V_ERR_HOSTNAME_MISMATCH, CM_NO_MATCH},
		{"and in TLS 1.2", 0, TLS12, "b.example", EKU_SERVER, 0, 0, 0,
				"a.example", CM_EKU_TLS, 0, BAD_CERT,
				X509_V_ERR_HOSTNAME_MISMATCH, CM_NO_MATCH},
		{"RFC 5922 s7.3: no identities, not authenticated", 0, TLS13, "",
				EKU_SERVER, 0, 0, 0, "a.example", CM_EKU_TLS, 0, BAD_CERT,
				X509_V_ERR_HOSTNAME_MISMATCH, CM_NO_IDENTITY},
		{"a right name from an unknown CA is refused for the CA", 0, TLS13,
				"a.example", EKU_SERVER, 1, 0, 0, "a.example", CM_EKU_TLS, 0,
				SSL_AD_UNKNOWN_CA, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
				CM_REFUSED},
		{"RFC 5922 s7.1: verify_certificate=no does not make it valid", 0,
				TLS13, "a.example", EKU_SERVER, 1, 1, 0, "a.example",
				CM_EKU_TLS, 0, SSL_AD_UNKNOWN_CA,
				X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CM_REFUSED},
		{"where nothing is expected it goes on, and that stays on record", 0,
				TLS13, "a.example", EKU_SERVER, 1, 1, 0, NULL, CM_EKU_TLS, 1,
				NO, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CM_OK},
		{"a phone's certificate makes no server, as in stock", 0, TLS13,
				"a.example", EKU_CLIENT, 0, 0, 0, NULL, CM_EKU_TLS, 0,
				SSL_AD_UNSUPPORTED_CERTIFICATE, X509_V_ERR_INVALID_PURPOSE,
				CM_REFUSED},
		{"but a domain's does, by its name", 0, TLS13, "a.example", EKU_CLIENT,
				0, 0, 0, "a.example", CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK},
		{"verify_certificate=no, another name", 0, TLS12, "b.example",
				EKU_SERVER, 0, 1, 0, "a.example", CM_EKU_TLS, 0, BAD_CERT,
				X509_V_ERR_HOSTNAME_MISMATCH, CM_NO_MATCH},
		{"nothing expected: the profile decides", 0, TLS13, "b.example",
				EKU_SERVER, 0, 0, 0, NULL, CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK},
		{"RFC 5924 s5: a server for SIP only", 0, TLS13, "a.example", EKU_SIP,
				0, 0, 0, "a.example", CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK},
		{"RFC 5924 s5: any purpose", 0, TLS12, "a.example", EKU_ANY, 0, 0, 0,
				"a.example", CM_EKU_SIP, 1, NO, X509_V_OK, CM_OK},
		{"RFC 5924 s5: eku=sip wants it", 0, TLS13, "a.example", EKU_SERVER, 0,
				0, 0, "a.example", CM_EKU_SIP, 0,
				SSL_AD_UNSUPPORTED_CERTIFICATE, X509_V_ERR_INVALID_PURPOSE,
				CM_REFUSED},
		{"for mail only", 0, TLS13, "a.example", EKU_MAIL, 0, 0, 0, "a.example",
				CM_EKU_TLS, 0, SSL_AD_UNSUPPORTED_CERTIFICATE,
				X509_V_ERR_INVALID_PURPOSE, CM_REFUSED},
		{"eku=any does not look", 0, TLS13, "a.example", EKU_MAIL, 0, 0, 0,
				"a.example", CM_EKU_ANY, 1, NO, X509_V_OK, CM_OK},
		{"a client with serverAuth only, as public CAs make them", 1, TLS13,
				"a.example", EKU_SERVER, 0, 0, 0, NULL, CM_EKU_TLS, 1, NO,
				X509_V_OK, CM_OK},
		{"and in TLS 1.2", 1, TLS12, "a.example", EKU_SERVER, 0, 0, 0, NULL,
				CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK},
		{"a client for mail only", 1, TLS12, "a.example", EKU_MAIL, 0, 0, 0,
				NULL, CM_EKU_TLS, 0, SSL_AD_UNSUPPORTED_CERTIFICATE,
				X509_V_ERR_INVALID_PURPOSE, CM_REFUSED},
		{"optional_no_ca lets it in as nobody", 1, TLS12, "a.example", EKU_MAIL,
				0, 0, 1, NULL, CM_EKU_TLS, 1, NO, X509_V_ERR_INVALID_PURPOSE,
				CM_OK},
		{"serverAuth from an unknown CA does not become good", 1, TLS13,
				"a.example", EKU_SERVER, 1, 0, 1, NULL, CM_EKU_TLS, 1, NO,
				X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CM_OK},
		{"a client without a certificate, where none is required", 1, TLS13,
				NULL, EKU_NONE, 0, 0, 0, NULL, CM_EKU_TLS, 1, NO, X509_V_OK,
				CM_REFUSED},
};

/* --- two ends and what goes between them ----------------------------------- */

struct pair {
	SSL_CTX *ours, *theirs;
	SSL *us, *peer;
	struct cm_trace_opts opts;
	struct cm_trace trace;
};

static X509 *certificate(const char *names, enum eku eku)
{
	struct test_san san[] = {{GEN_DNS, names, 0}, {-1, NULL, 0}};
	struct test_ext exts[] = {
			{NID_basic_constraints, "critical,CA:FALSE"}, {0, NULL}, {0, NULL}};
	X509 *cert;

	if(eku_texts[eku]) {
		exts[1].nid = NID_ext_key_usage;
		exts[1].value = eku_texts[eku];
	}
	cert = test_cert_bare(names[0] ? san : san + 1, NULL, exts);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(cert),
			NID_organizationName, V_ASN1_UTF8STRING,
			(const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_sign(cert, test_key(), EVP_sha256());
	return cert;
}

static int tolerate(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static void show(SSL_CTX *ctx, X509 *cert)
{
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, test_key()), 1);
}

static void pair_make(struct pair *p, const struct row *r)
{
	X509 *cert = r->names ? certificate(r->names, r->eku) : NULL;
	X509 *own = certificate("we.example", EKU_SERVER);

	memset(p, 0, sizeof(*p));
	p->ours = SSL_CTX_new(r->in ? TLS_server_method() : TLS_client_method());
	p->theirs = SSL_CTX_new(r->in ? TLS_client_method() : TLS_server_method());
	SSL_CTX_set_min_proto_version(p->ours, r->version);
	SSL_CTX_set_max_proto_version(p->ours, r->version);
	if(r->in)
		show(p->ours, own);
	if(cert)
		show(p->theirs, cert);
	/* self-signed, and trusted as it stands */
	if(cert && !r->unknown_ca)
		X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ours), cert);
	SSL_CTX_set_verify(p->ours,
			r->profile_none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
			r->tolerant ? tolerate : NULL);
	SSL_CTX_set_session_id_context(p->ours, (const uint8_t *)"t", 1);
	SSL_CTX_set_session_id_context(p->theirs, (const uint8_t *)"t", 1);
	X509_free(cert);
	X509_free(own);
}

static void pair_connect(struct pair *p, const struct row *r)
{
	BIO *a, *b;

	p->us = SSL_new(p->ours);
	p->peer = SSL_new(p->theirs);
	assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(p->us, a, a);
	SSL_set_bio(p->peer, b, b);
	memset(&p->trace, 0, sizeof(p->trace));
	p->opts.ident.eku = r->mode;
	p->trace.opts = &p->opts;
	p->trace.shake.outgoing = !r->in;
	if(r->domain) {
		p->trace.expect = CM_EXPECT_DOMAIN;
		p->trace.domain = r->domain;
	}
	cm_trace_arm(p->us, &p->trace);
}

/* As the tls module does it: what waits is sent in the very call that finishes
 * the handshake. 1 if all of it went into TLS. */
static int pair_run(struct pair *p, int in, char *heard, size_t size)
{
	int sent = 0, n, turn;

	heard[0] = '\0';
	for(turn = 0; turn < 20; turn++) {
		n = in ? SSL_accept(p->us) : SSL_connect(p->us);
		if(n == 1 && !sent)
			sent = SSL_write(p->us, SECRET, sizeof(SECRET) - 1) > 0;
		n = in ? SSL_connect(p->peer) : SSL_accept(p->peer);
		if(n == 1) {
			n = SSL_read(p->peer, heard, (int)size - 1);
			if(n > 0) {
				heard[n] = '\0';
				break;
			}
		}
	}
	return sent;
}

static void pair_free(struct pair *p)
{
	SSL_free(p->us);
	SSL_free(p->peer);
	SSL_CTX_free(p->ours);
	SSL_CTX_free(p->theirs);
	ERR_clear_error();
}

static int same(const char *says, const char *what, long want, long got)
{
	if(want == got)
		return 0;
	print_error("%s: %s: want %ld, got %ld\n", says, what, want, got);
	return 1;
}

static int judge(const struct row *r)
{
	char heard[64];
	struct pair p;
	int bad = 0, sent;

	pair_make(&p, r);
	pair_connect(&p, r);
	sent = pair_run(&p, r->in, heard, sizeof(heard));
	bad += same(r->says, "sent", r->want_done, sent);
	bad += same(r->says, "heard", r->want_done, heard[0] != '\0');
	bad += same(r->says, "alert", r->want_alert, p.trace.shake.alert_out);
	bad += same(r->says, "verify", r->want_verify, SSL_get_verify_result(p.us));
	bad += same(r->says, "name", (long)r->want_name,
			(long)p.trace.shake.name_reason);
	bad += same(
			r->says, "certificate", r->names != NULL, p.trace.shake.has_cert);
	pair_free(&p);
	return bad;
}

static void test_rows(void **state)
{
	size_t i;
	int bad = 0;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad += judge(&rows[i]);
	assert_int_equal(bad, 0);
}

/* --- a resumed session shows no certificate, and asks nobody ---------------- */

static int resume(int version, const char *domain, char *heard, size_t size,
		struct cm_shake *shake)
{
	struct row first = {"the first", 0, version, "a.example", EKU_SERVER, 0, 0,
			0, "a.example", CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK};
	struct row again = first;
	SSL_SESSION *session;
	struct pair p;
	int sent;

	pair_make(&p, &first);
	pair_connect(&p, &first);
	assert_int_equal(pair_run(&p, 0, heard, size), 1);
	/* TLS 1.3 brings the ticket with the first octets */
	SSL_write(p.peer, "x", 1);
	SSL_read(p.us, heard, (int)size);
	session = SSL_get1_session(p.us);
	SSL_shutdown(p.us);
	SSL_free(p.us);
	SSL_free(p.peer);
	again.domain = domain;
	pair_connect(&p, &again);
	SSL_set_session(p.us, session);
	sent = pair_run(&p, 0, heard, size);
	assert_int_equal(SSL_session_reused(p.us), 1);
	*shake = p.trace.shake;
	SSL_SESSION_free(session);
	pair_free(&p);
	return sent;
}

static void test_resumed(void **state)
{
	static const int versions[] = {TLS12, TLS13};
	struct cm_shake shake;
	char heard[64];
	size_t i;

	(void)state;
	for(i = 0; i < 2; i++) {
		assert_int_equal(
				resume(versions[i], "a.example", heard, sizeof(heard), &shake),
				1);
		assert_string_equal(heard, SECRET);
		/* RFC 5922 s7.3-3: not this domain: an alert, nothing else */
		assert_int_equal(
				resume(versions[i], "b.example", heard, sizeof(heard), &shake),
				0);
		assert_string_equal(heard, "");
		assert_int_equal(shake.name_reason, CM_NO_MATCH);
		assert_int_equal(shake.alert_out, SSL_AD_CLOSE_NOTIFY);
		assert_string_equal(shake.names, "a.example");
	}
}

/* --- what is noted of others ------------------------------------------------ */

static void test_hello(void **state)
{
	struct row r = {"an accepted peer", 1, TLS12, NULL, EKU_NONE, 0, 1, 0, NULL,
			CM_EKU_TLS, 1, NO, X509_V_OK, CM_REFUSED};
	struct pair p;
	char heard[64];

	(void)state;
	pair_make(&p, &r);
	pair_connect(&p, &r);
	SSL_set_tlsext_host_name(p.peer, "sip.example");
	assert_int_equal(pair_run(&p, 1, heard, sizeof(heard)), 1);
	assert_int_equal(p.trace.shake.hello.seen, 1);
	assert_int_equal(p.trace.shake.hello.version, TLS13);
	assert_int_equal(p.trace.shake.version, TLS12);
	assert_int_equal(p.trace.shake.hello.sni_len, 11);
	assert_memory_equal(p.trace.shake.hello.sni, "sip.example", 11);
	assert_int_equal(p.trace.shake.client_cert_asked, 0);
	assert_int_equal(p.trace.shake.stage, CM_STAGE_CONFIRM);
	cm_trace_disarm(p.us);
	pair_free(&p);
}

/* RFC 5922 s7.1: an address is no identity; default_expect=address asks for it
 * all the same, as an iPAddress entry. */
static void test_address(void **state)
{
	struct row r = {"by address", 0, TLS13, "a.example", EKU_SERVER, 0, 0, 0,
			NULL, CM_EKU_TLS, 0, BAD_CERT, 0, CM_NO_MATCH};
	struct pair p;
	char heard[64];

	(void)state;
	pair_make(&p, &r);
	pair_connect(&p, &r);
	p.trace.expect = CM_EXPECT_ADDRESS;
	memcpy(p.trace.ip, "\x7f\0\0\1", 4);
	p.trace.ip_len = 4;
	assert_int_equal(pair_run(&p, 0, heard, sizeof(heard)), 0);
	assert_int_equal(p.trace.shake.alert_out, BAD_CERT);
	pair_free(&p);
}

/* --- a chain: root, intermediate, leaf -------------------------------------- */

static X509 *link_of_chain(const char *name, const char *issuer,
		const struct test_ext *exts, const struct test_san *san)
{
	X509 *cert = test_cert_bare(san, NULL, exts);
	X509_NAME *by = X509_NAME_new();

	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(cert),
			NID_organizationName, V_ASN1_UTF8STRING,
			(const unsigned char *)name, -1, -1, 0);
	X509_NAME_add_entry_by_NID(by, NID_organizationName, V_ASN1_UTF8STRING,
			(const unsigned char *)issuer, -1, -1, 0);
	X509_set_issuer_name(cert, by);
	X509_NAME_free(by);
	X509_sign(cert, test_key(), EVP_sha256());
	return cert;
}

#define CA_TRUE "critical,CA:TRUE"
#define SIP_DOMAIN "1.3.6.1.5.5.7.3.20"

/* A peer of this extendedKeyUsage behind an intermediate CA of that (NULL:
 * none) and of these basicConstraints; 1 if the handshake finishes. */
struct chain {
	int in;
	enum cm_eku mode;
	const char *leaf_eku;
	const char *eku;
	const char *constraints;
};

static int chain(const struct chain *c, long *verify)
{
	struct row r = {"a chain", c->in, TLS12, NULL, EKU_NONE, 0, 0, 0,
			c->in ? NULL : "a.example", c->mode, 1, NO, X509_V_OK, CM_OK};
	struct test_ext ca[] = {{NID_basic_constraints, c->constraints},
			{c->eku ? NID_ext_key_usage : 0, c->eku}, {0, NULL}};
	struct test_ext top[] = {
			{NID_basic_constraints, "critical,CA:TRUE"}, {0, NULL}};
	struct test_ext leaf[] = {{NID_basic_constraints, "critical,CA:FALSE"},
			{NID_ext_key_usage, c->leaf_eku}, {0, NULL}};
	struct test_san san[] = {{GEN_DNS, "a.example", 0}, {-1, NULL, 0}};
	X509 *certs[] = {link_of_chain("root", "root", top, NULL),
			link_of_chain("middle", "root", ca, NULL),
			link_of_chain("leaf", "middle", leaf, san)};
	struct pair p;
	char heard[64];
	int sent;

	pair_make(&p, &r);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(p.ours), certs[0]);
	show(p.theirs, certs[2]);
	assert_int_equal(SSL_CTX_add0_chain_cert(p.theirs, certs[1]), 1);
	pair_connect(&p, &r);
	sent = pair_run(&p, c->in, heard, sizeof(heard));
	*verify = SSL_get_verify_result(p.us);
	X509_free(certs[0]);
	X509_free(certs[2]);
	pair_free(&p);
	return sent;
}

static void test_chain(void **state)
{
	static const struct {
		const char *says;
		struct chain chain;
		int want;
		long verify;
	} rows[] = {
			{"a client behind a CA for all",
					{1, CM_EKU_TLS, "serverAuth", NULL, CA_TRUE}, 1, X509_V_OK},
			{"behind a public CA as they are since 2026",
					{1, CM_EKU_TLS, "serverAuth", "serverAuth", CA_TRUE}, 1,
					X509_V_OK},
			{"RFC 5280 s4.2.1.12: a CA for mail makes none for TLS",
					{1, CM_EKU_TLS, "serverAuth", "emailProtection", CA_TRUE},
					0, X509_V_ERR_INVALID_PURPOSE},
			{"RFC 5280 s4.2.1.9: who is no CA makes none at all",
					{1, CM_EKU_TLS, "serverAuth", "serverAuth",
							"critical,CA:FALSE"},
					0, X509_V_ERR_INVALID_CA},
			{"eku=sip: a CA for TLS servers makes none for SIP",
					{1, CM_EKU_SIP, SIP_DOMAIN, "serverAuth", CA_TRUE}, 0,
					X509_V_ERR_INVALID_PURPOSE},
			{"the same of a server",
					{0, CM_EKU_SIP, SIP_DOMAIN, "serverAuth", CA_TRUE}, 0,
					X509_V_ERR_INVALID_PURPOSE},
			{"of a server for TLS, which OpenSSL liked",
					{0, CM_EKU_SIP, "serverAuth,1.3.6.1.5.5.7.3.20",
							"serverAuth", CA_TRUE},
					0, X509_V_ERR_INVALID_PURPOSE},
			{"eku=sip: a CA for SIP",
					{0, CM_EKU_SIP, SIP_DOMAIN, SIP_DOMAIN, CA_TRUE}, 1,
					X509_V_OK},
	};
	size_t i;
	long verify;
	int bad = 0;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bad += same(rows[i].says, "done", rows[i].want,
				chain(&rows[i].chain, &verify));
		bad += same(rows[i].says, "verify", rows[i].verify, verify);
	}
	assert_int_equal(bad, 0);
}

/* --- what was found once stays ---------------------------------------------- */

/* The peer showed one certificate, was found good, and would like to show
 * another one. */
static int renegotiate(int in)
{
	struct row r = {
			in ? "a client that renegotiates" : "a server that renegotiates",
			in, TLS12, "a.example", EKU_SERVER, 0, 0, 0,
			in ? NULL : "a.example", CM_EKU_TLS, 1, NO, X509_V_OK, CM_OK};
	X509 *second = certificate("b.example", EKU_SERVER), *shown;
	char heard[64];
	struct pair p;
	int bad = 0, turn;

	pair_make(&p, &r);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(p.ours), second);
	/* even where OpenSSL is set to let clients do it */
	SSL_CTX_set_options(p.ours, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	pair_connect(&p, &r);
	bad += same(r.says, "sent", 1, pair_run(&p, in, heard, sizeof(heard)));
	SSL_use_certificate(p.peer, second);
	assert_int_equal(SSL_renegotiate(p.peer), 1);
	SSL_do_handshake(p.peer);
	for(turn = 0; turn < 10; turn++) {
		SSL_read(p.us, heard, sizeof(heard));
		SSL_read(p.peer, heard, sizeof(heard));
	}
	shown = SSL_get1_peer_certificate(p.us);
	bad += same(r.says, "more handshakes", 0, SSL_num_renegotiations(p.us));
	bad += same(r.says, "is who it was", 1,
			shown != NULL && X509_cmp(shown, second) != 0);
	X509_free(shown);
	X509_free(second);
	pair_free(&p);
	return bad;
}

static void test_renegotiation(void **state)
{
	(void)state;
	assert_int_equal(renegotiate(1) + renegotiate(0), 0);
}

static void test_verdict(void **state)
{
	const long ok = X509_V_OK, ended = X509_V_ERR_CERT_HAS_EXPIRED,
			   revoked = X509_V_ERR_CERT_REVOKED;
	const struct {
		const char *says;
		long verify;
		int resumed;
		int64_t not_after, now;
		long want;
	} rows[] = {
			{"a full handshake: OpenSSL has just looked", ok, 0, 99, 100, ok},
			{"and what it says stands", revoked, 0, 200, 100, revoked},
			{"a resumed one, in time", ok, 1, 101, 100, ok},
			{"RFC 5280 s4.1.2.5: notAfter is inclusive", ok, 1, 100, 100, ok},
			{"RFC 5280 s4.1.2.5: it expired since", ok, 1, 99, 100, ended},
			{"a fault of its beginning stays what it was", revoked, 1, 99, 100,
					revoked},
			{"an end that cannot be read is none", ok, 1, 0, 100, ended},
			{"an end before 1970", ok, 1, -1, 0, ended},
			{"no end (RFC 5280 s4.1.2.5: 9999)", ok, 1, INT64_C(253402300799),
					100, ok},
	};
	size_t i;
	int bad = 0;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad += same(rows[i].says, "verdict", rows[i].want,
				cm_trace_verdict(rows[i].verify, rows[i].resumed,
						rows[i].not_after, rows[i].now));
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
			cmocka_unit_test(test_resumed), cmocka_unit_test(test_hello),
			cmocka_unit_test(test_address), cmocka_unit_test(test_chain),
			cmocka_unit_test(test_renegotiation),
			cmocka_unit_test(test_verdict)};

	if(cm_trace_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
