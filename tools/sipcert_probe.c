/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would TLS to this peer come up, and why not? A handshake as the cert_match
 * module watches and judges it, from the same units. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "../modules/cert_match/cm_domain.h"

#include "sipcert_probe.h"

#define PEEK 64
#define GRACE_MS 1000 /* for a peer's verdict on our certificate */

/* The chain as it came and as it was built, whatever becomes of it. */
static int keep_chain(X509_STORE_CTX *ctx, void *arg)
{
	struct probe *p = arg;
	int ret = X509_verify_cert(ctx);
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);

	if(sent)
		p->sent = X509_chain_up_ref(sent);
	p->chain = X509_STORE_CTX_get1_chain(ctx);
	return ret;
}

static int note_asked(SSL *ssl, void *arg)
{
	(void)ssl;
	((struct probe *)arg)->asked = 1;
	return 1;
}

static int note_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)session;
	((struct probe *)SSL_get_app_data(ssl))->accepted = 1;
	return 0;
}

static int is_readable(const char *file)
{
	if(access(file, R_OK) == 0)
		return 1;
	fprintf(stderr, "sipcert: cannot read %s: %s\n", file, strerror(errno));
	return 0;
}

static int load_key(SSL_CTX *ctx, const char *file, const struct options *o)
{
	BIO *bio = BIO_new_file(file, "r");
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	int ret = -1;

	if(!key)
		fprintf(stderr, "sipcert: no private key in %s%s\n", file,
				o->key ? "" : ": name it with --key");
	else if(SSL_CTX_use_PrivateKey(ctx, key) != 1)
		fprintf(stderr, "sipcert: the key in %s is not that of %s\n", file,
				o->cert);
	else
		ret = 0;
	EVP_PKEY_free(key);
	BIO_free(bio);
	return ret;
}

static int load_own(SSL_CTX *ctx, const struct options *o)
{
	const char *key = o->key ? o->key : o->cert;

	if(!o->cert)
		return 0;
	if(!is_readable(o->cert) || !is_readable(key))
		return -1;
	if(SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1) {
		fprintf(stderr, "sipcert: cannot use the certificate in %s\n", o->cert);
		return -1;
	}
	return load_key(ctx, key, o);
}

static int load_trust(SSL_CTX *ctx, const struct options *o)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);

	if((o->ca && !is_readable(o->ca)) || (o->crl && !is_readable(o->crl)))
		return -1;
	if(o->ca ? SSL_CTX_load_verify_file(ctx, o->ca) != 1
			 : SSL_CTX_set_default_verify_paths(ctx) != 1) {
		fprintf(stderr, "sipcert: no CA certificates in %s\n",
				o->ca ? o->ca : "the system's place for them");
		return -1;
	}
	if(!o->crl)
		return 0;
	if(X509_load_crl_file(X509_STORE_add_lookup(store, X509_LOOKUP_file()),
			   o->crl, X509_FILETYPE_PEM)
			< 1) {
		fprintf(stderr, "sipcert: no CRL in %s\n", o->crl);
		return -1;
	}
	X509_STORE_set_flags(
			store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return 0;
}

static int prepare(struct probe *p)
{
	p->ctx = SSL_CTX_new(TLS_client_method());
	if(!p->ctx || cm_trace_init() < 0) {
		fputs("sipcert: OpenSSL does not start\n", stderr);
		return -1;
	}
	if(load_trust(p->ctx, p->o) < 0 || load_own(p->ctx, p->o) < 0)
		return -1;
	/* RFC 8996 s5; and cfg/tls.cfg offers no less */
	SSL_CTX_set_min_proto_version(p->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(p->ctx, keep_chain, p);
	SSL_CTX_set_cert_cb(p->ctx, note_asked, p);
	SSL_CTX_set_session_cache_mode(
			p->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p->ctx, note_ticket);
	p->ssl = SSL_new(p->ctx);
	/* RFC 5922 s7.8-1: the domain that is meant is the one that is asked for */
	if(!p->ssl || SSL_set_tlsext_host_name(p->ssl, p->domain) != 1) {
		fputs("sipcert: OpenSSL does not start\n", stderr);
		return -1;
	}
	SSL_set_app_data(p->ssl, p);
	p->opts.ident = p->o->ident;
	p->opts.ident.peer_is_server = 1;
	p->opts.match = p->o->match;
	p->trace.opts = &p->opts;
	p->trace.expect = CM_EXPECT_DOMAIN;
	p->trace.domain = p->domain;
	p->trace.shake.outgoing = 1;
	p->trace.shake.alert_in = p->trace.shake.alert_out = CM_NO_ALERT;
	return 0;
}

/* What does the peer's side of the socket look like, before TLS takes it? A
 * reset that is seen here, OpenSSL will see as an end. */
static long peek(BIO *bio, int oper, const char *argp, size_t len, int argi,
		long argl, int ret, size_t *processed)
{
	struct probe *p = (struct probe *)BIO_get_callback_arg(bio);
	struct cm_shake *shake = &p->trace.shake;
	uint8_t bytes[PEEK];
	ssize_t n;

	(void)argp;
	(void)len;
	(void)argi;
	(void)argl;
	(void)processed;
	if(oper != BIO_CB_READ)
		return ret;
	n = recv(p->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	if(n > 0 && shake->hello.opening == CM_OPENING_NOTHING)
		shake->hello.opening = cm_hello_opening(bytes, (size_t)n);
	else if(n == 0)
		shake->end = CM_END_EOF;
	else if(n < 0 && errno != EAGAIN && errno != EINTR)
		shake->end = CM_END_RESET;
	return ret;
}

/* Once more, when the socket is ready for what OpenSSL wants of it. 1, or 0 if
 * it wants nothing, or its time is up. */
static int again(struct probe *p, int ret, int64_t deadline)
{
	short events = 0;

	switch(SSL_get_error(p->ssl, ret)) {
		case SSL_ERROR_WANT_READ:
			events = POLLIN;
			break;
		case SSL_ERROR_WANT_WRITE:
			events = POLLOUT;
			break;
		default:
			return 0;
	}
	return wait_for(p->fd, events, deadline);
}

/* TLS 1.3: the handshake is done for us before the peer has judged our
 * certificate (RFC 8446 s4.4.2.4): its alert, or a sign of life. */
static void await_verdict(struct probe *p)
{
	int64_t deadline = now_ms() + GRACE_MS;
	char byte;
	int ret;

	if(deadline > p->deadline)
		deadline = p->deadline;
	do {
		ERR_clear_error();
		ret = SSL_read(p->ssl, &byte, 1);
	} while(ret <= 0 && !p->accepted && again(p, ret, deadline));
	if(ret > 0)
		p->accepted = 1;
}

/* Did the peer leave after the handshake, without a word on our certificate? */
static int is_gone(const struct probe *p)
{
	const struct cm_shake *shake = &p->trace.shake;

	return !p->accepted
		   && (shake->end == CM_END_EOF || shake->end == CM_END_RESET
				   || shake->alert_in == SSL_AD_CLOSE_NOTIFY);
}

/* 1: it is done, and nobody has taken it back. 0: it failed. -1: nobody would
 * watch it, and it did not begin. */
static int shake_hands(struct probe *p)
{
	struct cm_shake *shake = &p->trace.shake;
	int ret;

	if(SSL_set_fd(p->ssl, p->fd) != 1 || cm_trace_arm(p->ssl, &p->trace) < 0)
		return -1;
	BIO_set_callback_arg(SSL_get_rbio(p->ssl), (char *)p);
	BIO_set_callback_ex(SSL_get_rbio(p->ssl), peek);
	do {
		ERR_clear_error();
		ret = SSL_connect(p->ssl);
	} while(ret <= 0 && again(p, ret, p->deadline));
	if(ret == 1 && SSL_version(p->ssl) == TLS1_3_VERSION && p->asked)
		await_verdict(p);
	if(ret == 1 && shake->alert_in <= 0 && !p->trace.refused && !is_gone(p))
		return 1;
	/* OpenSSL wanted more, and none came: what it says then is not why */
	if(shake->end != CM_END_SILENCE)
		shake->ssl_reason = 0;
	else if(p->trace.refused || shake->alert_out > 0
			|| (shake->ssl_reason != 0 && shake->alert_in < 0))
		shake->end = CM_END_REFUSED;
	return 0;
}

static int run(struct probe *p, const struct target *target)
{
	int done;

	p->fd = target_connect(target, p->deadline, &p->peer);
	if(p->fd < 0) {
		p->trace.shake.end = CM_END_NO_TCP;
		tell_failure(p);
		return EXIT_NO_MATCH;
	}
	done = shake_hands(p);
	if(done < 0) {
		fputs("sipcert: out of memory\n", stderr);
		return EXIT_UNREADABLE;
	}
	tell_handshake(p);
	if(!done) {
		tell_failure(p);
		return EXIT_NO_MATCH;
	}
	printf("complete the peer is authenticated as %s (RFC 5922 s7.3)\n",
			p->domain);
	SSL_shutdown(p->ssl);
	return EXIT_MATCH;
}

int probe(const struct options *o)
{
	struct probe p = {.o = o, .fd = -1};
	struct target target;
	struct cm_name name;
	enum cm_reason r = cm_domain_parse(o->domain, strlen(o->domain), &name);
	int ret = EXIT_UNREADABLE;

	if(r != CM_OK) {
		fprintf(stderr, "sipcert: --domain: %s\n", cm_reason_words(r));
		return EXIT_UNREADABLE;
	}
	if(target_parse(o->target, &target) < 0) {
		fputs("sipcert: the peer is named HOST, HOST:PORT or [IPv6]:PORT\n",
				stderr);
		return EXIT_UNREADABLE;
	}
	memcpy(p.domain, name.text, name.len);
	p.deadline = now_ms() + o->seconds * INT64_C(1000);
	/* a peer that is gone is an answer, too */
	signal(SIGPIPE, SIG_IGN);
	if(prepare(&p) == 0)
		ret = run(&p, &target);
	SSL_free(p.ssl);
	SSL_CTX_free(p.ctx);
	sk_X509_pop_free(p.sent, X509_free);
	sk_X509_pop_free(p.chain, X509_free);
	if(p.fd >= 0)
		close(p.fd);
	return ret;
}
