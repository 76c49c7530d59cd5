/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a TLS server survive many clients that connect at once, some of which
 * leave half-way or talk nonsense?
 *
 * One process, non-blocking sockets, epoll. Exit status: 0 the server answered
 * every client as it should, 1 it did not (refused, reset, or silent), 2 usage.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls_storm_options.h"

enum plan { PLAN_FULL, PLAN_HELLO, PLAN_PARTIAL, PLAN_GARBAGE };
enum step {
	STEP_FREE,
	STEP_CONNECT,
	STEP_HANDSHAKE,
	STEP_REPLY,
	STEP_HOLD,
	STEP_LINGER
};

struct client {
	int fd;
	enum plan plan;
	enum step step;
	SSL *ssl;
	double since; /* of this step */
	double started;
};

struct totals {
	long started, done, handshakes, replies, hello, partial, garbage;
	long refused, failed, silent;
	double longest;
};

struct storm {
	struct options o;
	struct totals t;
	SSL_CTX *ctx;
	struct client *clients;
	int epoll;
	unsigned seed;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void finish(struct storm *s, struct client *c)
{
	double took = now() - c->started - s->o.hold;

	if(took > s->t.longest)
		s->t.longest = took;
	if(c->ssl)
		SSL_free(c->ssl);
	if(c->fd >= 0)
		close(c->fd);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	s->t.done++;
}

static void want(struct storm *s, struct client *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static void enter(struct client *c, enum step step)
{
	c->step = step;
	c->since = now();
}

static void bind_source(const struct storm *s, int fd)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	uint32_t k;
	int on = 1;

	if(s->o.sources <= 0 || s->o.to.ss_family != AF_INET)
		return;
	k = (uint32_t)(s->t.started % s->o.sources);
	from.sin_addr.s_addr = htonl(0x7f090001u + (k / 250) * 256 + k % 250);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if(bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		perror("tls_storm: bind");
}

static enum plan choose(struct storm *s)
{
	int r = rand_r(&s->seed) % 100;

	if(r < s->o.hello)
		return PLAN_HELLO;
	r -= s->o.hello;
	if(r < s->o.partial)
		return PLAN_PARTIAL;
	r -= s->o.partial;
	return r < s->o.garbage ? PLAN_GARBAGE : PLAN_FULL;
}

static void start(struct storm *s, struct client *c)
{
	struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = c};
	int on = 1;

	c->fd = socket(s->o.to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if(c->fd < 0) {
		perror("tls_storm: socket");
		exit(2);
	}
	bind_source(s, c->fd);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->plan = choose(s);
	c->started = now();
	enter(c, STEP_CONNECT);
	s->t.started++;
	if(connect(c->fd, (struct sockaddr *)&s->o.to, s->o.to_len) < 0
			&& errno != EINPROGRESS) {
		s->t.refused++;
		finish(s, c);
		return;
	}
	epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &ev);
}

static void send_garbage(struct storm *s, struct client *c)
{
	char junk[300];
	size_t i, len = 1 + (size_t)rand_r(&s->seed) % sizeof(junk);

	for(i = 0; i < len; i++)
		junk[i] = (char)rand_r(&s->seed);
	if(send(c->fd, junk, len, MSG_NOSIGNAL) < 0)
		s->t.failed++;
	s->t.garbage++;
	/* let the server look at it, and close first if it likes */
	enter(c, STEP_LINGER);
	want(s, c, EPOLLIN);
}

static void send_options(struct storm *s, struct client *c)
{
	char msg[512];
	int len;

	len = snprintf(msg, sizeof(msg),
			"OPTIONS sip:storm.example SIP/2.0\r\n"
			"Via: SIP/2.0/TLS 127.0.0.1:5061;rport;branch=z9hG4bKs%ld\r\n"
			"Max-Forwards: 70\r\nFrom: <sip:storm@storm.example>;tag=%ld\r\n"
			"To: <sip:storm.example>\r\nCall-ID: storm-%ld-%d\r\n"
			"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			s->t.handshakes, s->t.handshakes, s->t.handshakes, c->fd);
	if(SSL_write(c->ssl, msg, len) != len) {
		s->t.failed++;
		finish(s, c);
		return;
	}
	enter(c, STEP_REPLY);
	want(s, c, EPOLLIN);
}

static void established(struct storm *s, struct client *c)
{
	s->t.handshakes++;
	if(s->o.options) {
		send_options(s, c);
	} else if(s->o.hold > 0) {
		enter(c, STEP_HOLD);
		want(s, c, EPOLLIN);
	} else {
		SSL_shutdown(c->ssl);
		finish(s, c);
	}
}

/* what was just sent was the ClientHello, or the server has answered */
static int leaves_now(struct storm *s, struct client *c, int answered)
{
	if(c->plan == PLAN_HELLO)
		s->t.hello++;
	else if(c->plan == PLAN_PARTIAL && answered)
		s->t.partial++;
	else
		return 0;
	finish(s, c);
	return 1;
}

static void handshake(struct storm *s, struct client *c, int answered)
{
	int r;

	/* the next flight of a client that leaves half-way never goes out */
	if(answered && leaves_now(s, c, 1))
		return;
	ERR_clear_error();
	r = SSL_connect(c->ssl);
	if(r == 1) {
		established(s, c);
		return;
	}
	switch(SSL_get_error(c->ssl, r)) {
		case SSL_ERROR_WANT_READ:
			if(!leaves_now(s, c, 0))
				want(s, c, EPOLLIN);
			return;
		case SSL_ERROR_WANT_WRITE:
			want(s, c, EPOLLOUT);
			return;
		default:
			s->t.failed++;
			finish(s, c);
	}
}

static void connected(struct storm *s, struct client *c)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if(error) {
		s->t.refused++;
		finish(s, c);
		return;
	}
	if(c->plan == PLAN_GARBAGE) {
		send_garbage(s, c);
		return;
	}
	c->ssl = SSL_new(s->ctx);
	SSL_set_fd(c->ssl, c->fd);
	if(s->o.sni)
		SSL_set_tlsext_host_name(c->ssl, s->o.sni);
	enter(c, STEP_HANDSHAKE);
	handshake(s, c, 0);
}

static void reply(struct storm *s, struct client *c)
{
	char buf[4096];
	int n;

	ERR_clear_error();
	n = SSL_read(c->ssl, buf, sizeof(buf));
	if(n <= 0) {
		if(SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
			return;
		s->t.failed++;
		finish(s, c);
		return;
	}
	if(n < 12 || memcmp(buf, "SIP/2.0 ", 8) != 0) {
		s->t.failed++;
		finish(s, c);
		return;
	}
	s->t.replies++;
	if(s->o.hold > 0) {
		enter(c, STEP_HOLD);
		return;
	}
	SSL_shutdown(c->ssl);
	finish(s, c);
}

/* a held connection: TLS 1.3 tickets may come; an end may not */
static void held(struct storm *s, struct client *c)
{
	char buf[4096];
	int n;

	ERR_clear_error();
	n = SSL_read(c->ssl, buf, sizeof(buf));
	if(n > 0 || SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
		return;
	s->t.failed++;
	finish(s, c);
}

static void step(struct storm *s, struct client *c, uint32_t events)
{
	switch(c->step) {
		case STEP_CONNECT:
			connected(s, c);
			break;
		case STEP_HANDSHAKE:
			handshake(s, c, (events & EPOLLIN) != 0);
			break;
		case STEP_REPLY:
			reply(s, c);
			break;
		case STEP_HOLD:
			held(s, c);
			break;
		case STEP_LINGER:
			finish(s, c);
			break;
		case STEP_FREE:
			break;
	}
}

static void check_time(struct storm *s, struct client *c)
{
	double age = now() - c->since;

	if(c->step == STEP_HOLD && age >= s->o.hold) {
		SSL_shutdown(c->ssl);
		finish(s, c);
	} else if(c->step == STEP_LINGER && age > 0.2) {
		finish(s, c);
	} else if(c->step != STEP_HOLD && age > s->o.timeout) {
		s->t.silent++;
		finish(s, c);
	}
}

/* enough to know that the server is gone; no need to try all the rest */
static int hopeless(const struct storm *s)
{
	return s->t.refused + s->t.silent > s->o.clients + 10;
}

static void run(struct storm *s)
{
	struct epoll_event events[256];
	int i, n;

	while(s->t.done < s->o.total && !hopeless(s)) {
		for(i = 0; i < s->o.clients && s->t.started < s->o.total; i++)
			if(s->clients[i].step == STEP_FREE)
				start(s, &s->clients[i]);
		n = epoll_wait(s->epoll, events, 256, 50);
		for(i = 0; i < n; i++)
			step(s, events[i].data.ptr, events[i].events);
		if(n < 256)
			for(i = 0; i < s->o.clients; i++)
				if(s->clients[i].step != STEP_FREE)
					check_time(s, &s->clients[i]);
	}
}

static int prepare(struct storm *s)
{
	int i;

	s->epoll = epoll_create1(0);
	s->clients = calloc((size_t)s->o.clients, sizeof(*s->clients));
	s->ctx = SSL_CTX_new(TLS_client_method());
	s->seed = 1; /* a run can be repeated */
	if(s->epoll < 0 || !s->clients || !s->ctx)
		return -1;
	for(i = 0; i < s->o.clients; i++)
		s->clients[i].fd = -1;
	SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_proto_version(s->ctx, s->o.version);
	if(s->o.cert
			&& (SSL_CTX_use_certificate_chain_file(s->ctx, s->o.cert) != 1
					|| SSL_CTX_use_PrivateKey_file(s->ctx,
							   s->o.key ? s->o.key : s->o.cert,
							   SSL_FILETYPE_PEM)
							   != 1)) {
		ERR_print_errors_fp(stderr);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct storm s;
	const struct totals *t = &s.t;
	double begin, took;
	int bad;

	if(parse(&s.o, argc, argv) < 0) {
		usage(stderr);
		return 2;
	}
	if(prepare(&s) < 0)
		return 2;
	signal(SIGPIPE, SIG_IGN); /* a server that dies is a result */
	begin = now();
	run(&s);
	took = now() - begin;
	bad = t->refused || t->failed || t->silent || t->done < s.o.total;
	printf("tls_storm: %s: %ld of %ld connections in %.1f s (%.0f/s): "
		   "%ld handshakes, %ld replies, %ld left after hello, %ld half-way, "
		   "%ld garbage; %ld refused, %ld failed, %ld silent; "
		   "longest %.2f s\n",
			bad ? "FAILED" : "ok", t->done, s.o.total, took,
			(double)t->done / took, t->handshakes, t->replies, t->hello,
			t->partial, t->garbage, t->refused, t->failed, t->silent,
			t->longest);
	return bad ? 1 : 0;
}
