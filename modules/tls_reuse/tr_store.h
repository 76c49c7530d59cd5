/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which phones' connections are there now, for which requests may come? One
 * record for each connection that a token was given out for; it goes when
 * the connection closes. Shared by all processes. */
#ifndef TR_STORE_H
#define TR_STORE_H

#include "tr_conn.h"

#include "../../core/str.h"

#include <stdint.h>
#include <time.h>

#define TR_STORE_AOR_MAX 128
#define TR_STORE_UA_MAX 64

/* A text that was cut ends in "...". */
struct tr_flow_info {
	int conid;
	struct tr_peer peer;
	char aor[TR_STORE_AOR_MAX + 1];
	char user_agent[TR_STORE_UA_MAX + 1];
	time_t created;
	time_t last_used;
	time_t expires; /* of the registration; 0 when there is none */
	unsigned in;    /* messages from the phone that were pinned */
	unsigned out;   /* requests that followed a token to it */
};

enum tr_store_error { TR_STORE_NO_MEMORY = -1, TR_STORE_FULL = -2 };

/* max_flows: records at most. Called once, before the fork. 0 or -1. */
int tr_store_init(unsigned max_flows);
void tr_store_destroy(void);

/* A message came in on the flow; makes its record if there is none.
 * user_agent may be NULL. Returns 0 when the record was there, 1 when it was
 * made now, or an enum tr_store_error. */
int tr_store_seen(int conid, const struct tr_peer *peer, const str *user_agent);

/* A request goes out on the flow. Copies where to; -1 when it is gone. */
int tr_store_use(int conid, struct tr_peer *peer);

/* The registrar answered: aor is bound to the flow for so many seconds, or
 * no longer when aor is NULL. No record: nothing happens. */
void tr_store_registered(int conid, const str *aor, uint32_t seconds);

/* The connection has closed. No record: nothing happens. */
void tr_store_drop(int conid);

/* Copies a record out. Returns 0, or -1 when there is none. */
int tr_store_get(int conid, struct tr_flow_info *out);

/* Copies up to limit records out, leaving out the first offset ones.
 * Returns how many. */
unsigned tr_store_list(
		unsigned offset, unsigned limit, struct tr_flow_info *out);

long tr_store_count(void);

#endif
