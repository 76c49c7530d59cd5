/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does it cost to read a domain that a script gave, and a hello? */

#include <string.h>

#include <idn2.h>
#include <openssl/ssl.h>

#include "../../modules/cert_match/cm_domain.h"
#include "../../modules/cert_match/cm_hello.h"
#include "bench.h"

static int ours_domain(const void *arg)
{
	const char *domain = arg;
	struct cm_name name;

	return cm_domain_parse(domain, strlen(domain), &name) == CM_OK;
}

static int always_idn2(const void *arg)
{
	uint8_t *name = NULL;
	int ok = idn2_lookup_u8(arg, &name, IDN2_NFC_INPUT) == IDN2_OK;

	idn2_free(name);
	return ok;
}

struct hello {
	uint8_t bytes[4096];
	size_t len;
};

static int ours_hello(const void *arg)
{
	const struct hello *h = arg;
	struct cm_hello hello;

	cm_hello_parse(h->bytes, h->len, &hello);
	return hello.ciphers;
}

static int ours_opening(const void *arg)
{
	const struct hello *h = arg;

	return (int)cm_hello_opening(h->bytes, h->len);
}

/* OpenSSL's own: one TLS record, its header cut off. */
static void make_hello(struct hello *h)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	BIO *out = BIO_new(BIO_s_mem());
	uint8_t header[5];

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
	SSL_set_tlsext_host_name(ssl, "sip.example.com");
	SSL_connect(ssl);
	BIO_read(out, header, sizeof(header));
	h->len = (size_t)BIO_read(out, h->bytes, sizeof(h->bytes));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

int main(void)
{
	static const struct bench_way domain[] = {
			{"cm_domain_parse()", ours_domain},
			{"idn2_lookup_u8()", always_idn2}, {NULL, NULL}};
	static const struct bench_way hello[] = {
			{"cm_hello_parse()", ours_hello}, {NULL, NULL}};
	static const struct bench_way opening[] = {
			{"cm_hello_opening()", ours_opening}, {NULL, NULL}};
	static struct hello h;

	bench_head();
	bench("a domain in ASCII", "Sip.Example.com", domain);
	bench("a domain in UTF-8", "sip.b\xc3\xbc\x63her.example", domain);
	make_hello(&h);
	bench("OpenSSL's ClientHello", &h, hello);
	bench("what the first bytes are", &h, opening);
	return 0;
}
