/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does one client of the storm do next? */
#ifndef TLS_STORM_CLIENT_H
#define TLS_STORM_CLIENT_H

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

/* Seconds of a clock that only goes forward. */
double storm_now(void);

/* Open the next connection in a free slot. */
void storm_start(struct storm *s, struct client *c);

/* Something happened on its socket. */
void storm_step(struct storm *s, struct client *c, uint32_t events);

/* Has it held, lingered or waited long enough? */
void storm_check_time(struct storm *s, struct client *c);

#endif
