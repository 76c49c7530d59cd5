/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a probe read? One fact a line, and nothing but printable text. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "../modules/cert_match/cm_explain.h"
#include "../modules/cert_match/cm_tell.h"

#include "sipcert_probe.h"

#define SHOWN_MAX 280

static const char *name_text(char *out, size_t size, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	X509_NAME_print_ex(bio, name, 0,
			ASN1_STRFLGS_UTF8_CONVERT | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN);
	len = BIO_get_mem_data(bio, &text);
	cm_printable(out, size, text ? text : "", len > 0 ? (size_t)len : 0);
	BIO_free(bio);
	return out;
}

static void tell_certificate(X509 *x509, int i, const char *note)
{
	char subject[SHOWN_MAX], issuer[SHOWN_MAX], from[24] = "?", to[24] = "?";
	struct cm_cert cert;
	uint8_t *der = NULL;
	int len = i2d_X509(x509, &der);

	if(len > 0 && cm_cert_parse(der, (size_t)len, &cert) == 0) {
		cm_tell_when(from, cert.not_before);
		cm_tell_when(to, cert.not_after);
	}
	printf("chain    %d%s: %s; issued by %s; valid %s to %s\n", i, note,
			name_text(subject, sizeof(subject), X509_get_subject_name(x509)),
			name_text(issuer, sizeof(issuer), X509_get_issuer_name(x509)), from,
			to);
	OPENSSL_free(der);
}

static int was_sent(const struct probe *p, X509 *cert)
{
	int i;

	for(i = 0; i < sk_X509_num(p->sent); i++)
		if(X509_cmp(sk_X509_value(p->sent, i), cert) == 0)
			return 1;
	return 0;
}

static void tell_chain(const struct probe *p)
{
	const struct cm_trace *t = &p->trace;
	int i;

	for(i = 0; i < sk_X509_num(p->sent); i++)
		tell_certificate(sk_X509_value(p->sent, i), i, "");
	for(i = 0; i < sk_X509_num(p->chain); i++)
		if(!was_sent(p, sk_X509_value(p->chain, i)))
			tell_certificate(sk_X509_value(p->chain, i), i, " (ours)");
	if(sk_X509_num(p->sent) <= 0)
		puts("verify   no certificate came");
	else if(t->chain_error == X509_V_OK)
		puts("verify   ok (RFC 5280 s6)");
	else
		printf("verify   %s, certificate %d (RFC 5280 s6)\n",
				X509_verify_cert_error_string(t->chain_error),
				t->shake.verify_depth);
}

static void tell_line(void *arg, const char *line)
{
	(void)arg;
	printf("name     %s\n", line);
}

static void tell_names(const struct probe *p)
{
	uint8_t *der = NULL;
	int len;

	if(sk_X509_num(p->sent) <= 0)
		return;
	len = i2d_X509(sk_X509_value(p->sent, 0), &der);
	if(len > 0)
		cm_explain_check(der, (size_t)len, p->domain, strlen(p->domain),
				&p->opts.ident, &p->opts.match, (int64_t)time(NULL), tell_line,
				NULL);
	OPENSSL_free(der);
}

static void tell_tls(const struct probe *p)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(p->ssl);
	const char *opening = cm_opening_name(p->trace.shake.hello.opening);

	if(!cipher)
		cipher = SSL_get_pending_cipher(p->ssl);
	if(cipher)
		printf("tls      %s, %s; SNI %s\n",
				cm_hello_version((uint16_t)SSL_version(p->ssl)),
				SSL_CIPHER_get_name(cipher), p->domain);
	else
		printf("tls      no version and cipher agreed; the peer's first bytes: "
			   "%s\n",
				opening);
	if(p->asked)
		printf("ours     the peer asks for a certificate; %s\n",
				p->o->cert ? "it got ours" : "there is none to show (--cert)");
}

void tell_failure(const struct probe *p)
{
	struct cm_failure f = {.when = (int64_t)time(NULL), .peer = p->peer};
	struct cm_told told;

	f.shake = p->trace.shake;
	f.cause = cm_cause_of(&f.shake);
	memcpy(f.expected, p->domain, sizeof(f.expected));
	cm_tell(&f, &told);
	printf("failed   %s, at stage %s: %s\n", told.cause, told.stage,
			told.reason);
	printf("advice   %s\n", told.advice);
}

void tell_handshake(const struct probe *p)
{
	tell_tls(p);
	tell_chain(p);
	tell_names(p);
}
