/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is tls_storm asked to do? */
#ifndef TLS_STORM_OPTIONS_H
#define TLS_STORM_OPTIONS_H

#include <stdio.h>
#include <sys/socket.h>

struct options {
	long total;
	int clients;
	int hello, partial, garbage; /* percent */
	int options;                 /* send one OPTIONS, wait for its reply */
	int sources;                 /* loopback source addresses to use */
	int version;
	double hold;
	double timeout;
	const char *cert, *key, *sni;
	struct sockaddr_storage to;
	socklen_t to_len;
};

void storm_usage(FILE *f);

/* Fill *o from the command line. 0, or -1: it cannot be understood. */
int storm_options(struct options *o, int argc, char **argv);

#endif
