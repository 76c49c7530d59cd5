/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why did this handshake not finish, and how does it read? A row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "../../modules/cert_match/cm_tell.h"

#define IN 0
#define OUT 1
#define HELLO CM_STAGE_HELLO
#define CERT CM_STAGE_CERTIFICATE
#define FINISH CM_STAGE_FINISH
#define CONFIRM CM_STAGE_CONFIRM
#define TLS CM_OPENING_TLS
#define NONE CM_NO_ALERT

struct row {
	const char *says;
	int outgoing;
	enum cm_stage stage;
	enum cm_end end;
	enum cm_opening opening;
	int alert_in;
	int ssl_reason;
	int verify_error;
	enum cm_reason name;
	enum cm_cause want;
};

#define VERIFY SSL_R_CERTIFICATE_VERIFY_FAILED

static const struct row rows[] = {
		{"TCP did not come up", OUT, CM_STAGE_TCP, CM_END_NO_TCP,
				CM_OPENING_NOTHING, NONE, 0, 0, CM_REFUSED, CM_CAUSE_NO_TCP},
		{"nor after our hello was written", OUT, HELLO, CM_END_NO_TCP,
				CM_OPENING_NOTHING, NONE, 0, 0, CM_REFUSED, CM_CAUSE_NO_TCP},
		/* no TLS at all */
		{"SIP in clear", IN, HELLO, CM_END_REFUSED, CM_OPENING_SIP, NONE,
				SSL_R_WRONG_VERSION_NUMBER, 0, CM_REFUSED, CM_CAUSE_PLAIN_SIP},
		{"a server that answers SIP in clear", OUT, HELLO, CM_END_REFUSED,
				CM_OPENING_SIP, NONE, SSL_R_WRONG_VERSION_NUMBER, 0, CM_REFUSED,
				CM_CAUSE_PLAIN_SIP},
		{"RFC 5626 s4.4.1: a ping in clear", IN, HELLO, CM_END_SILENCE,
				CM_OPENING_CRLF, NONE, 0, 0, CM_REFUSED, CM_CAUSE_PLAIN_SIP},
		{"HTTP in clear", IN, HELLO, CM_END_REFUSED, CM_OPENING_HTTP, NONE,
				SSL_R_HTTP_REQUEST, 0, CM_REFUSED, CM_CAUSE_PLAIN_HTTP},
		{"HTTP as OpenSSL knows it", IN, HELLO, CM_END_REFUSED, TLS, NONE,
				SSL_R_HTTPS_PROXY_REQUEST, 0, CM_REFUSED, CM_CAUSE_PLAIN_HTTP},
		{"other bytes", IN, HELLO, CM_END_REFUSED, CM_OPENING_OTHER, NONE,
				SSL_R_WRONG_VERSION_NUMBER, 0, CM_REFUSED, CM_CAUSE_NOT_TLS},
		{"left without a byte", IN, HELLO, CM_END_EOF, CM_OPENING_NOTHING, NONE,
				0, 0, CM_REFUSED, CM_CAUSE_PORT_SCAN},
		{"reset without a byte", IN, HELLO, CM_END_RESET, CM_OPENING_NOTHING,
				NONE, 0, 0, CM_REFUSED, CM_CAUSE_PORT_SCAN},
		{"a server is no scanner", OUT, HELLO, CM_END_EOF, CM_OPENING_NOTHING,
				NONE, 0, 0, CM_REFUSED, CM_CAUSE_CLOSED},
		{"nor when it resets", OUT, HELLO, CM_END_RESET, CM_OPENING_NOTHING,
				NONE, 0, 0, CM_REFUSED, CM_CAUSE_RESET},
		{"no byte in time", IN, HELLO, CM_END_SILENCE, CM_OPENING_NOTHING, NONE,
				0, 0, CM_REFUSED, CM_CAUSE_TIMEOUT},
		{"no byte more in time", IN, FINISH, CM_END_SILENCE, TLS, NONE, 0, 0,
				CM_REFUSED, CM_CAUSE_TIMEOUT},
		{"a server that says nothing", OUT, HELLO, CM_END_SILENCE,
				CM_OPENING_NOTHING, NONE, 0, 0, CM_REFUSED, CM_CAUSE_TIMEOUT},
		/* versions and ciphers */
		{"old TLS only", IN, HELLO, CM_END_REFUSED, TLS, NONE,
				SSL_R_UNSUPPORTED_PROTOCOL, 0, CM_REFUSED, CM_CAUSE_OLD_TLS},
		{"a server that chose old TLS", OUT, HELLO, CM_END_REFUSED, TLS, NONE,
				SSL_R_UNSUPPORTED_PROTOCOL, 0, CM_REFUSED, CM_CAUSE_OLD_TLS},
		{"SSL 2.0 format, too old", IN, HELLO, CM_END_REFUSED, CM_OPENING_SSL2,
				NONE, SSL_R_VERSION_TOO_LOW, 0, CM_REFUSED,
				CM_CAUSE_SSL2_HELLO},
		{"SSL 2.0 format, no common cipher", IN, HELLO, CM_END_REFUSED,
				CM_OPENING_SSL2, NONE, SSL_R_NO_SHARED_CIPHER, 0, CM_REFUSED,
				CM_CAUSE_SSL2_HELLO},
		{"a hello in that format that was good", IN, FINISH, CM_END_RESET,
				CM_OPENING_SSL2, NONE, 0, 0, CM_REFUSED, CM_CAUSE_RESET},
		{"RFC 8446 s6.2: protocol_version", OUT, HELLO, CM_END_EOF, TLS, 70,
				SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, 0, CM_REFUSED,
				CM_CAUSE_VERSION_REFUSED},
		{"no common cipher", IN, HELLO, CM_END_REFUSED, TLS, NONE,
				SSL_R_NO_SHARED_CIPHER, 0, CM_REFUSED,
				CM_CAUSE_NO_COMMON_CIPHER},
		{"no common group", IN, HELLO, CM_END_REFUSED, TLS, NONE,
				SSL_R_NO_SUITABLE_KEY_SHARE, 0, CM_REFUSED,
				CM_CAUSE_NO_COMMON_CIPHER},
		{"RFC 8446 s6.2: handshake_failure to our hello", OUT, HELLO,
				CM_END_EOF, TLS, 40, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, 0,
				CM_REFUSED, CM_CAUSE_NO_COMMON_CIPHER},
		{"RFC 8446 s6.2: insufficient_security", OUT, HELLO, CM_END_EOF, TLS,
				71, SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, 0, CM_REFUSED,
				CM_CAUSE_NO_COMMON_CIPHER},
		/* our certificate */
		{"RFC 8446 s6.2: unknown_ca", IN, FINISH, CM_END_EOF, TLS, 48,
				SSL_R_TLSV1_ALERT_UNKNOWN_CA, 0, CM_REFUSED,
				CM_CAUSE_OWN_CERT_REFUSED},
		{"RFC 8446 s6.2: bad_certificate", IN, FINISH, CM_END_EOF, TLS, 42,
				SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, 0, CM_REFUSED,
				CM_CAUSE_OWN_CERT_REFUSED},
		{"RFC 8446 s6.2: certificate_unknown", IN, FINISH, CM_END_EOF, TLS, 46,
				0, 0, CM_REFUSED, CM_CAUSE_OWN_CERT_REFUSED},
		{"an alert that only OpenSSL saw", IN, FINISH, CM_END_EOF, TLS, NONE,
				SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, 0, CM_REFUSED,
				CM_CAUSE_OWN_CERT_REFUSED},
		{"a TLS 1.3 server, after we were done", OUT, CONFIRM, CM_END_EOF, TLS,
				48, SSL_R_TLSV1_ALERT_UNKNOWN_CA, 0, CM_OK,
				CM_CAUSE_OWN_CERT_REFUSED},
		{"RFC 8446 s6.2: certificate_required", OUT, CONFIRM, CM_END_EOF, TLS,
				116, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, 0, CM_OK,
				CM_CAUSE_OWN_CERT_MISSING},
		{"RFC 5246 s7.4.6: what TLS 1.2 has for it", OUT, FINISH, CM_END_EOF,
				TLS, 40, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, 0, CM_OK,
				CM_CAUSE_OWN_CERT_MISSING},
		{"a client that fails to go on", IN, FINISH, CM_END_EOF, TLS, 40,
				SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, 0, CM_REFUSED,
				CM_CAUSE_PEER_ALERT},
		/* the peer's certificate */
		{"expired", IN, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_CERT_HAS_EXPIRED, CM_REFUSED, CM_CAUSE_PEER_EXPIRED},
		{"not yet valid", OUT, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_CERT_NOT_YET_VALID, CM_REFUSED,
				CM_CAUSE_PEER_NOT_YET},
		{"unknown CA", OUT, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CM_REFUSED,
				CM_CAUSE_PEER_UNKNOWN_CA},
		{"self-signed", OUT, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CM_REFUSED,
				CM_CAUSE_PEER_UNKNOWN_CA},
		{"RFC 5924 s5: wrong purpose", OUT, CERT, CM_END_REFUSED, TLS, NONE,
				VERIFY, X509_V_ERR_INVALID_PURPOSE, CM_REFUSED,
				CM_CAUSE_PEER_PURPOSE},
		{"revoked", IN, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_CERT_REVOKED, CM_REFUSED, CM_CAUSE_PEER_REVOKED},
		{"no CRL", IN, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_UNABLE_TO_GET_CRL, CM_REFUSED, CM_CAUSE_PEER_CRL},
		{"an old CRL", IN, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_ERR_CRL_HAS_EXPIRED, CM_REFUSED, CM_CAUSE_PEER_CRL},
		{"another fault of the chain", IN, CERT, CM_END_REFUSED, TLS, NONE,
				VERIFY, X509_V_ERR_PATH_LENGTH_EXCEEDED, CM_REFUSED,
				CM_CAUSE_PEER_CHAIN},
		{"a refusal without an error on record", IN, CERT, CM_END_REFUSED, TLS,
				NONE, VERIFY, X509_V_OK, CM_REFUSED, CM_CAUSE_PEER_CHAIN},
		{"a fault that the profile forgave, then a reset", IN, FINISH,
				CM_END_RESET, TLS, NONE, 0, X509_V_ERR_CERT_HAS_EXPIRED,
				CM_REFUSED, CM_CAUSE_RESET},
		{"none, and one is required", IN, CERT, CM_END_REFUSED, TLS, NONE,
				SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, 0, CM_REFUSED,
				CM_CAUSE_NO_CERTIFICATE},
		/* its name */
		{"RFC 5922 s7.3: wrong name", OUT, CERT, CM_END_REFUSED, TLS, NONE,
				VERIFY, X509_V_OK, CM_NO_MATCH, CM_CAUSE_WRONG_NAME},
		{"wrong name, in a chain with a fault that was forgiven", OUT, CERT,
				CM_END_REFUSED, TLS, NONE, VERIFY, X509_V_ERR_CERT_HAS_EXPIRED,
				CM_NO_MATCH, CM_CAUSE_WRONG_NAME},
		{"no identity at all", OUT, CERT, CM_END_REFUSED, TLS, NONE, VERIFY,
				X509_V_OK, CM_NO_IDENTITY, CM_CAUSE_WRONG_NAME},
		{"a resumed session of another domain", OUT, CONFIRM, CM_END_REFUSED,
				TLS, NONE, 0, X509_V_OK, CM_NO_MATCH, CM_CAUSE_WRONG_NAME},
		{"nobody to have a name", OUT, CONFIRM, CM_END_REFUSED, TLS, NONE, 0,
				X509_V_OK, CM_NO_CERTIFICATE, CM_CAUSE_NO_CERTIFICATE},
		{"a purpose that came out late", OUT, CONFIRM, CM_END_REFUSED, TLS,
				NONE, 0, X509_V_OK, CM_PURPOSE, CM_CAUSE_PEER_PURPOSE},
		/* half-way */
		{"reset", IN, CERT, CM_END_RESET, TLS, NONE, 0, 0, CM_REFUSED,
				CM_CAUSE_RESET},
		{"closed", IN, CERT, CM_END_EOF, TLS, NONE, 0, 0, CM_REFUSED,
				CM_CAUSE_CLOSED},
		{"closed, as OpenSSL has it", IN, CERT, CM_END_REFUSED, TLS, NONE,
				SSL_R_UNEXPECTED_EOF_WHILE_READING, 0, CM_REFUSED,
				CM_CAUSE_CLOSED},
		{"RFC 8446 s6.1: close_notify is no reason", IN, CERT, CM_END_EOF, TLS,
				0, 0, 0, CM_REFUSED, CM_CAUSE_CLOSED},
		{"RFC 8446 s6.1: nor is user_canceled", OUT, HELLO, CM_END_EOF, TLS, 90,
				0, 0, CM_REFUSED, CM_CAUSE_CLOSED},
		{"another alert", OUT, HELLO, CM_END_EOF, TLS, 112,
				SSL_R_TLSV1_UNRECOGNIZED_NAME, 0, CM_REFUSED,
				CM_CAUSE_PEER_ALERT},
		{"another refusal", IN, HELLO, CM_END_REFUSED, TLS, NONE,
				SSL_R_BAD_EXTENSION, 0, CM_REFUSED, CM_CAUSE_PROTOCOL},
		{"we ended it and nobody knows why", IN, HELLO, CM_END_REFUSED, TLS,
				NONE, 0, 0, CM_REFUSED, CM_CAUSE_UNKNOWN},
};

static void fill(struct cm_shake *s, const struct row *r)
{
	memset(s, 0, sizeof(*s));
	s->outgoing = r->outgoing;
	s->stage = r->stage;
	s->end = r->end;
	s->hello.opening = r->opening;
	s->alert_in = r->alert_in;
	s->alert_out = CM_NO_ALERT;
	s->ssl_reason = r->ssl_reason;
	s->verify_error = r->verify_error;
	s->name_reason = r->name;
}

static void test_rows(void **state)
{
	struct cm_shake s;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum cm_cause got;

		fill(&s, &rows[i]);
		got = cm_cause_of(&s);
		if(got != rows[i].want)
			fail_msg("%s: want %s, got %s", rows[i].says,
					cm_cause_token(rows[i].want), cm_cause_token(got));
	}
	/* RFC 5922 s7.3: nobody said whom it is for, and so it did not begin */
	memset(&s, 0, sizeof(s));
	s.outgoing = s.unexpected = 1;
	s.end = CM_END_REFUSED;
	s.alert_in = s.alert_out = CM_NO_ALERT;
	assert_int_equal(cm_cause_of(&s), CM_CAUSE_NO_EXPECTATION);
	/* a client of TLS 1.3 alone, where 1.2 alone is allowed, is not old */
	memset(&s, 0, sizeof(s));
	s.alert_in = s.alert_out = CM_NO_ALERT;
	s.end = CM_END_REFUSED;
	s.hello.opening = TLS;
	s.hello.version = 0x0304;
	s.ssl_reason = SSL_R_UNSUPPORTED_PROTOCOL;
	assert_int_equal(cm_cause_of(&s), CM_CAUSE_NO_COMMON_VERSION);
	/* RFC 5246 s7.2.2: handshake_failure after we showed a certificate */
	s.outgoing = s.own_cert = 1;
	s.stage = FINISH;
	s.alert_in = 40;
	assert_int_equal(cm_cause_of(&s), CM_CAUSE_OWN_CERT_REFUSED);
}

/* Every cause is reached by a row, has a token of its own, words and advice. */
static void test_complete(void **state)
{
	int cause, other;
	size_t i;

	(void)state;
	for(cause = 0; cause < CM_CAUSES; cause++) {
		int reached = cause == CM_CAUSE_NO_EXPECTATION
					  || cause == CM_CAUSE_NO_COMMON_VERSION;
		const char *token = cm_cause_token((enum cm_cause)cause);

		for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			reached |= (int)rows[i].want == cause;
		assert_true(strlen(cm_cause_words((enum cm_cause)cause)) > 10);
		assert_true(strlen(cm_cause_advice((enum cm_cause)cause)) > 10);
		if(!reached)
			fail_msg("no row leads to %s", token);
		for(other = 0; other < cause; other++)
			assert_string_not_equal(
					token, cm_cause_token((enum cm_cause)other));
	}
	assert_string_equal(cm_cause_token((enum cm_cause)999), "unknown");
	assert_string_equal(cm_alert_name(45), "certificate_expired");
	assert_string_equal(cm_alert_name(CM_NO_ALERT), "none");
	assert_string_equal(cm_alert_name(7), "unknown");
	assert_string_equal(cm_stage_name(CM_STAGE_FINISH), "finish");
	assert_string_equal(cm_stage_name((enum cm_stage)9), "unknown");
}

/* Total: any numbers give a cause and printable text. */
static void test_total(void **state)
{
	struct cm_failure f;
	struct cm_told t;
	unsigned n;

	(void)state;
	srand(1);
	for(n = 0; n < 20000; n++) {
		unsigned char *at = (unsigned char *)&f;
		const char *c;
		size_t i;

		for(i = 0; i < sizeof(f); i++)
			at[i] = (unsigned char)rand();
		f.shake.hello.sni_len %= CM_SNI_MAX + 1;
		f.shake.hello.opening %= 9;
		f.shake.end %= 7;
		f.shake.name_reason %= CM_REASONS + 2;
		f.shake.ssl_reason %= 1300;
		f.shake.verify_error %= 120;
		f.shake.alert_in %= 130;
		f.cause = cm_cause_of(&f.shake);
		assert_true(f.cause < CM_CAUSES);
		cm_tell(&f, &t);
		for(c = t.reason; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
		for(c = t.names; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
	}
}

/* --- how it reads ------------------------------------------------------------ */

static struct cm_failure failure(enum cm_cause cause)
{
	struct cm_failure f;

	memset(&f, 0, sizeof(f));
	f.cause = cause;
	f.when = 1767225600;
	f.of_peer = 7;
	f.peer.len = f.local.len = 4;
	memcpy(f.peer.ip, "\xc0\x00\x02\x01", 4);
	f.peer.port = 5061;
	f.shake.alert_in = f.shake.alert_out = CM_NO_ALERT;
	return f;
}

static void test_tell(void **state)
{
	struct cm_failure f = failure(CM_CAUSE_WRONG_NAME);
	struct cm_told t;

	(void)state;
	f.shake.outgoing = 1;
	f.shake.name_reason = CM_NO_MATCH;
	f.shake.version = 0x0303;
	strcpy(f.expected, "a.example");
	strcpy(f.shake.names, "b.example,c.example");
	cm_tell(&f, &t);
	assert_string_equal(t.when, "2026-01-01T00:00:00Z");
	assert_string_equal(t.peer, "192.0.2.1:5061");
	assert_string_equal(t.local, "0.0.0.0");
	assert_string_equal(t.direction, "out");
	assert_string_equal(t.version, "TLS 1.2");
	assert_string_equal(t.count, "7");
	/* RFC 5922 s7.3: both sides' names */
	assert_non_null(strstr(t.reason, "expected a.example,"));
	assert_non_null(strstr(t.reason, "b.example,c.example"));
	f.shake.name_reason = CM_NO_IDENTITY;
	f.shake.names[0] = f.expected[0] = '\0';
	cm_tell(&f, &t);
	assert_non_null(strstr(t.reason, "expected the peer's IP address,"));
	assert_non_null(strstr(t.reason, cm_reason_words(CM_NO_IDENTITY)));
}

/* RFC 5922 s7.1, s7.2: a name that looks right, and the rule by which it does
 * not count. */
static void test_tell_names(void **state)
{
	static const struct {
		const char *says;
		const char *expected;
		const char *names;
		enum cm_reason reason;
		const char *words;
		const char *advice;
	} names[] = {
			{"another name", "a.example", "b.example,c.example", CM_NO_MATCH,
					"for the domain that was meant: expected a.example,",
					"DNS sends that domain to the wrong server"},
			{"RFC 5922 s7.2: a star", "a.b.example", "x.example,*.b.example",
					CM_NO_MATCH, "expected a.b.example,",
					"a star in a certificate counts only with wildcard=1"},
			{"a star of another domain", "a.b.example", "*.example",
					CM_NO_MATCH, "", "wrong server"},
			{"RFC 9525 s6.3: a star is one label", "b.example", "*.b.example",
					CM_NO_MATCH, "", "wrong server"},
			{"a star that is no identity", "a.example", "*.example",
					CM_NO_IDENTITY, "", "wrong server"},
			{"RFC 5922 s7.1: a CN alone", "a.example", "A.example",
					CM_NO_IDENTITY, "", "a CN counts only with common_name=1"},
			{"a CN of another domain", "a.example", "b.example", CM_NO_IDENTITY,
					"", "wrong server"},
			{"an URI of a person", "a.example", "sip:bob@a.example",
					CM_NO_IDENTITY, "", "wrong server"},
			{"a list that was cut", "a.example", "...", CM_NO_MATCH, "",
					"wrong server"},
			{"no domain was meant, but an address", "", "*.example",
					CM_NO_MATCH,
					"not for the address that we connected to: expected the "
					"peer's IP address, the certificate names *.example",
					"with that address as an iPAddress entry"},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cm_failure f = failure(CM_CAUSE_WRONG_NAME);
		struct cm_told t;

		f.shake.name_reason = names[i].reason;
		strcpy(f.expected, names[i].expected);
		strcpy(f.shake.names, names[i].names);
		cm_tell(&f, &t);
		if(!strstr(t.reason, names[i].words)
				|| !strstr(t.advice, names[i].advice))
			fail_msg("%s: got %s; %s", names[i].says, t.reason, t.advice);
	}
}

/* What the peer sent never reaches a terminal. */
static void test_tell_hostile(void **state)
{
	struct cm_failure f = failure(CM_CAUSE_OLD_TLS);
	struct cm_told t;

	(void)state;
	f.shake.hello.seen = 1;
	f.shake.hello.version = 0x0301;
	f.shake.hello.sni_len = 6;
	memcpy(f.shake.hello.sni, "a\n\x1b[1m", 6);
	cm_tell(&f, &t);
	assert_string_equal(t.sni, "a\\x0a\\x1b[1m");
	assert_string_equal(t.version, "TLS 1.0");
	assert_non_null(strstr(t.reason, "TLS 1.0"));
	f.shake.hello.sni_len = CM_SNI_MAX;
	memset(f.shake.hello.sni, 1, CM_SNI_MAX);
	cm_tell(&f, &t);
	assert_true(strlen(t.sni) < sizeof(t.sni));
	assert_string_equal(t.sni + strlen(t.sni) - 3, "...");
}

/* RFC 8446 s6.2: the advice follows the alert. */
static void test_tell_alerts(void **state)
{
	static const struct {
		int alert;
		const char *reason;
		const char *advice;
	} alerts[] = {{48, "unknown_ca (48)", "CA"},
			{45, "certificate_expired (45)", "renew"},
			{44, "certificate_revoked (44)", "replace"},
			{43, "unsupported_certificate (43)", "extendedKeyUsage"},
			{42, "bad_certificate (42)", "another domain"},
			{46, "certificate_unknown (46)", "sipcert"}};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		struct cm_failure f = failure(CM_CAUSE_OWN_CERT_REFUSED);
		struct cm_told t;

		f.shake.alert_in = alerts[i].alert;
		cm_tell(&f, &t);
		assert_non_null(strstr(t.reason, alerts[i].reason));
		assert_non_null(strstr(t.advice, alerts[i].advice));
		assert_string_equal(t.alert, cm_alert_name(alerts[i].alert));
	}
}

static void test_addresses(void **state)
{
	static const char *const good[] = {
			"192.0.2.1", "2001:db8::1", "::1", "::ffff:192.0.2.1"};
	static const char *const bad[] = {"", "a", "192.0.2", "192.0.2.1:5061",
			"[192.0.2.1", "1:2", "[]", "2001:db8::1%eth0",
			"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
	char out[CM_TOLD_ADDRESS];
	struct cm_address a;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(cm_tell_parse(good[i], &a), 0);
		assert_string_equal(cm_tell_address(out, &a), good[i]);
	}
	assert_int_equal(cm_tell_parse("[2001:DB8::1]", &a), 0);
	a.port = 65535;
	assert_string_equal(cm_tell_address(out, &a), "[2001:db8::1]:65535");
	for(i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if(cm_tell_parse(bad[i], &a) == 0)
			fail_msg("%s is no address", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_complete),
			cmocka_unit_test(test_total),
			cmocka_unit_test(test_tell),
			cmocka_unit_test(test_tell_names),
			cmocka_unit_test(test_tell_hostile),
			cmocka_unit_test(test_tell_alerts),
			cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
