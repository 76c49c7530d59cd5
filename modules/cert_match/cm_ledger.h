/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which handshakes did not finish lately?
 *
 * A ring of the last ones and a count per peer address, in shared memory of a
 * fixed size with one lock; the store of failures.
 */
#ifndef CM_LEDGER_H
#define CM_LEDGER_H

#include "api.h"
#include "cm_ring.h"
#include "cm_shake.h"

/* How many peer addresses have a count. */
#define CM_LEDGER_PEERS 1024

/* Bounds of modparam failures, and what it is if it is not set. */
#define CM_LEDGER_MAX 10000
#define CM_LEDGER_DEFAULT 500

/* Make the empty ledger with room for max failures, before any fork. 0 or -1.
 */
int cm_ledger_init(unsigned max);
void cm_ledger_destroy(void);

/* Note a failure. expected: the domain the connection was opened for,
 * terminated, or NULL. Quick: copies under the lock, no more; the log line and
 * the event route come from cm_ledger_tick(). Callable in any process. */
void cm_ledger_add(const struct cm_conn_info *info,
		const struct cm_shake *shake, const char *expected);

/* Called once a second in the module's own process: writes the log lines
 * (rate-limited) and runs event_route[cert_match:failure] for what is new. */
void cm_ledger_tick(void);

/* Copy the newest failure with a number below before, of that peer's address
 * if peer is not NULL; *of_peer: how many of its peer there are by now. 0, or
 * -1 if there is none. Begin with UINT64_MAX. */
int cm_ledger_before(uint64_t before, const struct cm_address *peer,
		struct cm_failure *out, uint64_t *of_peer);

/* Copy up to max of the failing peers, the one seen last first. Returns how
 * many. */
unsigned cm_ledger_failing(struct cm_failing *out, unsigned max);

/* The ring's form of an address. */
void cm_ledger_address(
		struct cm_address *a, const struct ip_addr *ip, unsigned short port);

#endif
