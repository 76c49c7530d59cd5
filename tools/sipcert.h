/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do the parts of sipcert tell each other? */
#ifndef SIPCERT_H
#define SIPCERT_H

#include <stdint.h>

#include "../modules/cert_match/cm_ident.h"
#include "../modules/cert_match/cm_match.h"
#include "../modules/cert_match/cm_ring.h"

enum { EXIT_MATCH = 0, EXIT_NO_MATCH = 1, EXIT_UNREADABLE = 2 };

#define PROBE_PORT "5061" /* RFC 3261 s19.1.2 */
#define PROBE_SECONDS 10

struct options {
	struct cm_ident_opts ident;
	struct cm_match_opts match;
	const char *domain;
	const char *target; /* a file, or HOST[:PORT] */
	const char *ca;     /* NULL: the CAs of this system */
	const char *crl;
	const char *cert;
	const char *key; /* NULL: in the same file as cert */
	int seconds;
};

/* HOST[:PORT], both terminated. */
struct target {
	char host[CM_NAME_MAX + 1];
	char port[6];
};

/* "host", "host:port", "[IPv6]:port" or "IPv6" alone; a host beyond ASCII goes
 * through IDNA. 0 or -1. */
int target_parse(const char *text, struct target *target);

/* Connect, trying each address that the host has, until deadline. Returns a
 * socket that does not block, and the address; or -1, and says why not. */
int target_connect(const struct target *target, int64_t deadline,
		struct cm_address *address);

/* Milliseconds of a clock that never steps. */
int64_t now_ms(void);

/* Wait until fd is ready for these poll() events. 1, or 0 at deadline. */
int wait_for(int fd, short events, int64_t deadline);

/* The command. */
int probe(const struct options *o);

#endif
