/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which handshakes failed lately, and how often did whose?
 *
 * A ring of the last failures and a table of counts per peer address, in one
 * block of the caller's memory that never grows. Pure: time and the seed of the
 * table come in as arguments; whoever shares the block brings the lock.
 */
#ifndef CM_RING_H
#define CM_RING_H

#include <stddef.h>
#include <stdint.h>

#include "cm_cause.h"
#include "cm_name.h"

/* An IPv4 address in the first four octets, or an IPv6 address; the rest of the
 * octets is 0. */
struct cm_address {
	uint8_t ip[16];
	uint8_t len;   /* 4 or 16 */
	uint16_t port; /* host byte order */
};

struct cm_failure {
	uint64_t number;  /* 1, 2, ...; given by cm_ring_add() */
	int64_t when;     /* seconds since 1970 */
	uint64_t of_peer; /* which one of this peer's it was; by cm_ring_add() */
	struct cm_address peer;
	struct cm_address local;
	enum cm_cause cause;
	struct cm_shake shake;
	char expected[CM_NAME_MAX + 1]; /* terminated, may be empty */
};

/* What is known of one peer address. */
struct cm_failing {
	struct cm_address peer; /* the port is that of the last failure */
	uint64_t count;
	int64_t first; /* seconds since 1970 */
	int64_t last;
	enum cm_cause cause; /* of the last failure */
};

struct cm_ring;

/* How many octets a ring of max failures (0: it only counts) and peers counts
 * (1 or more) takes. */
size_t cm_ring_size(unsigned max, unsigned peers);

/* Make an empty ring in memory, aligned as malloc() does, which it fills and
 * may not leave. seed makes it hard to guess which addresses share a chain. */
struct cm_ring *cm_ring_make(
		void *memory, unsigned max, unsigned peers, uint64_t seed);

/* Add a copy of *failure. The oldest failure goes when the ring is full, the
 * peer that was quiet for longest when the table is. Returns 1 if a peer had
 * to go, else 0. */
int cm_ring_add(struct cm_ring *ring, const struct cm_failure *failure);

/* The number of the newest failure ever added, 0 if there was none; and of the
 * oldest that is still there (newest + 1 if none is). */
uint64_t cm_ring_newest(const struct cm_ring *ring);
uint64_t cm_ring_oldest(const struct cm_ring *ring);

/* Copy failure number. 0, or -1 if it is not there (any more). */
int cm_ring_get(
		const struct cm_ring *ring, uint64_t number, struct cm_failure *out);

/* Copy the newest failure with a number below before, of that peer's address
 * (any port) if peer is not NULL. 0, or -1 if there is none. */
int cm_ring_before(const struct cm_ring *ring, uint64_t before,
		const struct cm_address *peer, struct cm_failure *out);

/* Copy up to max of the peers, the one seen last first. Returns how many. */
unsigned cm_ring_failing(
		const struct cm_ring *ring, struct cm_failing *out, unsigned max);

/* How many failures of this address were counted, 0 if it is not in the table
 * (any more). */
uint64_t cm_ring_count(
		const struct cm_ring *ring, const struct cm_address *peer);

/* How many failures, and how many peers, there may be. */
unsigned cm_ring_max(const struct cm_ring *ring);
unsigned cm_ring_peers_max(const struct cm_ring *ring);

/* How many peers are in the table now. */
unsigned cm_ring_peers(const struct cm_ring *ring);

#endif
