/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does it cost to find the SIP identities of a certificate? */

#include "../../modules/cert_match/cm_ident.h"
#include "bench_cert.h"
#include "bench.h"

struct subject {
	uint8_t *der;
	size_t len;
	X509 *cert;
};

static const struct cm_ident_opts opts;

static int ours_der(const void *arg)
{
	const struct subject *s = arg;
	struct cm_ident_set set;

	cm_ident_from_der(s->der, s->len, &opts, &set, NULL, NULL);
	return (int)set.count;
}

static int ours_x509(const void *arg)
{
	const struct subject *s = arg;
	struct cm_ident_set set;

	cm_ident_from_x509(s->cert, &opts, &set, NULL, NULL);
	return (int)set.count;
}

static X509 *parse(const struct subject *s)
{
	const unsigned char *p = s->der;

	return d2i_X509(NULL, &p, (long)s->len);
}

static int parse_only(const void *arg)
{
	X509 *cert = parse(arg);

	X509_free(cert);
	return cert != NULL;
}

static int parse_and_host(const void *arg)
{
	X509 *cert = parse(arg);
	int match = X509_check_host(cert, "sip.example.com", 15, 0, NULL);

	X509_free(cert);
	return match;
}

static int list_names(X509 *cert)
{
	GENERAL_NAMES *names =
			X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int n = sk_GENERAL_NAME_num(names);

	GENERAL_NAMES_free(names);
	return n;
}

static int names_only(const void *arg)
{
	return list_names(((const struct subject *)arg)->cert);
}

static void run(const char *what, const struct test_san *san)
{
	static const struct bench_way from_der[] = {
			{"cm_ident_from_der(), fingerprint and dates included", ours_der},
			{"d2i_X509() alone, no name looked at", parse_only},
			{"d2i_X509(), X509_check_host()", parse_and_host}, {NULL, NULL}};
	static const struct bench_way from_x509[] = {
			{"cm_ident_from_x509(): what a handshake pays", ours_x509},
			{"X509_get_ext_d2i(subjectAltName) alone", names_only},
			{NULL, NULL}};
	struct subject s = {0};
	char title[64];

	s.cert = bench_cert(san);
	s.len = (size_t)i2d_X509(s.cert, &s.der);
	X509_free(s.cert);
	s.cert = parse(&s);
	snprintf(title, sizeof(title), "%s, %zu octets", what, s.len);
	bench(title, &s, from_der);
	bench("  parsed already", &s, from_x509);
	X509_free(s.cert);
	OPENSSL_free(s.der);
}

int main(void)
{
	static const struct test_san three_uris[] = {
			{GEN_URI, "sip:example.com", 0},
			{GEN_URI, "sip:sip.example.com", 0},
			{GEN_URI, "sip:example.net", 0}, {-1, NULL, 0}};
	static const struct test_san three_names[] = {{GEN_DNS, "example.com", 0},
			{GEN_DNS, "example.net", 0}, {GEN_DNS, "sip.example.com", 0},
			{-1, NULL, 0}};
	static struct test_san many[129];
	static char text[128][32];
	int i;

	for(i = 0; i < 128; i++) {
		snprintf(text[i], sizeof(text[i]), "domain-%d.example.com", i);
		many[i] = (struct test_san){GEN_DNS, text[i], 0};
	}
	many[128].type = -1;
	bench_head();
	run("three sip: URIs", three_uris);
	run("three DNS names", three_names);
	run("128 DNS names", many);
	EVP_PKEY_free(test_key());
	return 0;
}
