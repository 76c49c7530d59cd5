/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is tls_storm asked to do? */

#define _GNU_SOURCE

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tls_storm_options.h"

void storm_usage(FILE *f)
{
	fputs("usage: tls_storm [options] ADDRESS PORT\n"
		  "  -n N      connections in all (1000)\n"
		  "  -c N      clients at once (16)\n"
		  "  -a PCT    of them leave right after their ClientHello\n"
		  "  -p PCT    leave after the server's first answer\n"
		  "  -g PCT    send garbage in place of TLS\n"
		  "  -o        send one OPTIONS after the handshake, wait for its "
		  "reply\n"
		  "  -h SEC    hold each connection open so long (0)\n"
		  "  -t SEC    silence that counts as failure (10)\n"
		  "  -s N      use N loopback source addresses, 127.9.x.y (0: "
		  "system's)\n"
		  "  -S NAME   server name to send\n"
		  "  -C FILE -K FILE  client certificate and key\n"
		  "  -2        TLS 1.2 only\n",
			f);
}

static int resolve(struct options *o, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int r = getaddrinfo(host, port, &hints, &found);

	if(r != 0) {
		fprintf(stderr, "tls_storm: %s:%s: %s\n", host, port, gai_strerror(r));
		return -1;
	}
	memcpy(&o->to, found->ai_addr, found->ai_addrlen);
	o->to_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int storm_options(struct options *o, int argc, char **argv)
{
	int opt;

	o->total = 1000;
	o->clients = 16;
	o->timeout = 10;
	while((opt = getopt(argc, argv, "n:c:a:p:g:oh:t:s:S:C:K:2")) != -1) {
		switch(opt) {
			case 'n':
				o->total = atol(optarg);
				break;
			case 'c':
				o->clients = atoi(optarg);
				break;
			case 'a':
				o->hello = atoi(optarg);
				break;
			case 'p':
				o->partial = atoi(optarg);
				break;
			case 'g':
				o->garbage = atoi(optarg);
				break;
			case 'o':
				o->options = 1;
				break;
			case 'h':
				o->hold = atof(optarg);
				break;
			case 't':
				o->timeout = atof(optarg);
				break;
			case 's':
				o->sources = atoi(optarg);
				break;
			case 'S':
				o->sni = optarg;
				break;
			case 'C':
				o->cert = optarg;
				break;
			case 'K':
				o->key = optarg;
				break;
			case '2':
				o->version = TLS1_2_VERSION;
				break;
			default:
				return -1;
		}
	}
	if(argc - optind != 2 || o->total < 1 || o->clients < 1
			|| o->hello + o->partial + o->garbage > 100)
		return -1;
	return resolve(o, argv[optind], argv[optind + 1]);
}
