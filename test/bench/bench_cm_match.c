/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does it cost, for each request, to ask whether the peer is a domain? */

#include "../../modules/cert_match/cm_domain.h"
#include "../../modules/cert_match/cm_ident.h"
#include "../../modules/cert_match/cm_match.h"
#include "bench_cert.h"
#include "bench.h"

struct question {
	struct cm_ident_set set; /* as it lies in a connection's record */
	struct cm_peer peer;
	uint8_t *der;
	size_t len;
	X509 *cert;
	struct cm_name name;
	const char *domain;
	size_t domain_len;
};

static const struct cm_match_opts opts;

static int ours(const void *arg)
{
	const struct question *q = arg;

	return cm_match(&q->peer.names, &q->name, &opts) == CM_OK;
}

static int ours_decide(const void *arg)
{
	const struct question *q = arg;

	struct cm_ascii ascii;

	cm_domain_ascii(q->domain, q->domain_len, &ascii);
	return cm_decide(&q->peer, ascii.text, ascii.len, &opts) == CM_OK;
}

static int kept_host(const void *arg)
{
	const struct question *q = arg;

	return X509_check_host(q->cert, q->domain, q->domain_len, 0, NULL);
}

static int parsed_host(const void *arg)
{
	const struct question *q = arg;
	const unsigned char *p = q->der;
	X509 *cert = d2i_X509(NULL, &p, (long)q->len);
	int match = X509_check_host(cert, q->domain, q->domain_len, 0, NULL);

	X509_free(cert);
	return match;
}

static void run(const char *what, int names, const char *domain, int want)
{
	static const struct bench_way ways[] = {
			{"cm_match(), domain in canonical form", ours},
			{"cm_decide(): what cert_match(\"...\") asks", ours_decide},
			{"X509_check_host() on a certificate kept parsed", kept_host},
			{"d2i_X509(), X509_check_host() for each request", parsed_host}};
	static const struct cm_ident_opts ident;
	static struct test_san san[129];
	static char text[128][32];
	struct question q = {0};
	int i;

	for(i = 0; i < names; i++) {
		snprintf(text[i], sizeof(text[i]), "domain-%d.example.com", i);
		san[i] = (struct test_san){GEN_DNS, text[i], 0};
	}
	san[names] = (struct test_san){-1, NULL, 0};
	q.cert = bench_cert(san);
	q.len = (size_t)i2d_X509(q.cert, &q.der);
	cm_ident_from_der(q.der, q.len, &ident, &q.set, NULL, NULL);
	q.peer.has_cert = q.peer.verified = 1;
	q.peer.purpose = q.peer.ident_reason = q.set.reason;
	q.peer.names = cm_ident_names(&q.set);
	q.domain = domain;
	q.domain_len = strlen(domain);
	cm_name_parse(domain, q.domain_len, 0, &q.name);
	for(i = 0; i < 4; i++)
		if(ways[i].run(&q) != want)
			exit(2); /* the ways do not even agree */
	bench(what, &q, ways);
	X509_free(q.cert);
	OPENSSL_free(q.der);
}

int main(void)
{
	bench_head();
	run("3 names, the last is it", 3, "domain-2.example.com", 1);
	run("3 names, none is it", 3, "domain-3.example.com", 0);
	run("128 names, the last is it", 128, "domain-127.example.com", 1);
	run("128 names, none is it", 128, "domain-128.example.com", 0);
	EVP_PKEY_free(test_key());
	return 0;
}
