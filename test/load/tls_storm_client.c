/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does one client of the storm do next? Connect, shake hands, ask, hold,
 * or leave half-way. */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls_storm_client.h"

double storm_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void finish(struct storm *s, struct client *c)
{
	double took = storm_now() - c->started - s->o.hold;

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
	c->since = storm_now();
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

void storm_start(struct storm *s, struct client *c)
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
	c->started = storm_now();
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

void storm_step(struct storm *s, struct client *c, uint32_t events)
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

void storm_check_time(struct storm *s, struct client *c)
{
	double age = storm_now() - c->since;

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
