/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a TLS server survive many clients that connect at once, some of which
 * leave half-way or talk nonsense?
 *
 * One process, non-blocking sockets, epoll. Exit status: 0 the server answered
 * every client as it should, 1 it did not (refused, reset, or silent), 2 usage.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls_storm_client.h"

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
				storm_start(s, &s->clients[i]);
		n = epoll_wait(s->epoll, events, 256, 50);
		for(i = 0; i < n; i++)
			storm_step(s, events[i].data.ptr, events[i].events);
		if(n < 256)
			for(i = 0; i < s->o.clients; i++)
				if(s->clients[i].step != STEP_FREE)
					storm_check_time(s, &s->clients[i]);
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

	if(storm_options(&s.o, argc, argv) < 0) {
		storm_usage(stderr);
		return 2;
	}
	if(prepare(&s) < 0)
		return 2;
	signal(SIGPIPE, SIG_IGN); /* a server that dies is a result */
	begin = storm_now();
	run(&s);
	took = storm_now() - begin;
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
