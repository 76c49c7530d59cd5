/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which phones' connections and registrations are there now, for which
 * requests may come? The table of tr_flows.h in shared memory, for all
 * processes, behind one lock: it is held for less than a microsecond, and
 * nothing else is called under it but shared memory's own. A connection is
 * known when a token was given out for it, until it closes.
 *
 * Connections that have a registration are kept (tr_keep.h). */
#ifndef TR_STORE_H
#define TR_STORE_H

#include "tr_conn.h"
#include "tr_flows.h"

#include "../../core/str.h"

/* Functions of the same name in tr_flows.h say what these do. */

/* max_flows: connections at most. Called once, before the fork. 0 or -1. */
int tr_store_init(unsigned max_flows);
void tr_store_destroy(void);

/* Once a second: what has run out ends. */
void tr_store_tick(void);

/* Seconds, by the clock that the rows' times are of. */
int64_t tr_store_now(void);

/* user_agent may be NULL. Does tr_store_which() of no aor as well, if the
 * connection is there. */
enum tr_flows_seen tr_store_seen(int conid, const struct tr_peer *peer,
		const str *user_agent, int *registrations,
		uint8_t id[TR_REGISTRATION_LEN]);
int tr_store_which(
		int conid, struct tr_view aor, uint8_t id[TR_REGISTRATION_LEN]);
int tr_store_has(
		int conid, const uint8_t id[TR_REGISTRATION_LEN], struct tr_view aor);

enum tr_flows_asked tr_store_ask(int conid, const struct tr_flows_ask *ask);
void tr_store_answered(int conid, const struct tr_flows_request *request,
		const struct tr_flows_listed *listed, size_t n);
int tr_store_own(int conid, const uint8_t id[TR_REGISTRATION_LEN], char *uri,
		size_t cap);

int tr_store_follow(const uint8_t id[TR_REGISTRATION_LEN], struct tr_peer *peer,
		char *uri, size_t cap, size_t *len);
int tr_store_follow_conn(int conid, struct tr_peer *peer);

void tr_store_drop(int conid);

/* id: NULL or a registration, whose aor is wanted. 0, or -1: it is gone. */
int tr_store_get(int conid, const uint8_t *id, struct tr_flows_row *row);

/* Copies up to limit rows out, leaving out the first offset ones. Returns how
 * many. */
unsigned tr_store_list(
		unsigned offset, unsigned limit, struct tr_flows_row *rows);

/* Where the phone of a row is. */
void tr_store_peer(const struct tr_flows_row *row, struct tr_peer *peer);

long tr_store_count(void);
long tr_store_registered(void);

#endif
