/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a registration? The inner side of tr_flows.h, for nobody
 * else. A registration is asked, bound or ended. Its rings:
 *
 *   by_id      bound, ended: the one of its id, with those whose hashes meet
 *   of_conn    asked: those that its connection asked for; bound, ended: those
 *              that it holds; the latest first
 *   due        asked, bound: those that run out in the same second of a turn
 *   spare      asked, ended: those that may give way, the oldest first
 *
 * A connection's: by_conn, its bucket; idle, while none of its registrations is
 * bound, the one unused for longest first; changed, until that was told. */
#ifndef TR_REGS_H
#define TR_REGS_H

#include "tr_flows.h"
#include "tr_link.h"

/* Seconds that the clock of what runs out goes round in: what lasts longer is
 * looked at once a turn. */
#define TR_REGS_TURN 4096

enum tr_reg_state { TR_REG_ASKED = 0, TR_REG_BOUND, TR_REG_ENDED };

struct tr_conn_record {
	struct tr_link by_conn;
	struct tr_link idle;
	struct tr_link changed;
	struct tr_link asked; /* heads of of_conn */
	struct tr_link held;
	unsigned regs;           /* of both */
	struct tr_flows_row row; /* without aor and expires */
};

struct tr_reg {
	struct tr_link by_id;
	struct tr_link of_conn;
	struct tr_link due;
	struct tr_link spare;
	struct tr_conn_record *conn;
	enum tr_reg_state state;
	uint32_t cseq;
	uint64_t call_id; /* hashes */
	uint64_t aor;
	int64_t expires;
	int64_t ends; /* when it runs out */
	uint8_t id[TR_REGISTRATION_LEN];
	uint16_t uri_len;
	uint16_t aor_len; /* of what is shown */
	char text[];      /* URI, aor */
};

struct tr_flows {
	struct tr_flows_memory memory;
	uint8_t seed[TR_HASH_SEED_LEN];
	unsigned max;
	unsigned conns;
	unsigned regs;
	unsigned bound;
	uint32_t mask; /* buckets - 1 */
	int64_t now;   /* what ran out until then has been seen to */
	struct tr_link idle;
	struct tr_link changed;
	struct tr_link spare;
	struct tr_link due[TR_REGS_TURN];
	struct tr_link *by_id; /* behind by_conn */
	struct tr_link by_conn[];
};

uint64_t tr_regs_hash(const struct tr_flows *t, const void *data, size_t len);

/* Who holds the registration; NULL: nobody. */
struct tr_reg *tr_regs_find(
		const struct tr_flows *t, const uint8_t id[TR_REGISTRATION_LEN]);

/* The first one of a connection's ring, and the one behind; NULL: that was the
 * last. */
struct tr_reg *tr_regs_first(const struct tr_link *head);
struct tr_reg *tr_regs_next(const struct tr_link *head, const struct tr_reg *r);

/* Bounded, terminated, without control characters, which would upset a
 * terminal. Returns its length. */
size_t tr_regs_keep_text(char *to, size_t max, struct tr_view from);

/* Notes what the connection's REGISTER asks for. */
enum tr_flows_asked tr_regs_ask(struct tr_flows *t, struct tr_conn_record *c,
		const struct tr_flows_ask *ask, int64_t now);

/* The 2xx to a REGISTER that came over the connection. */
void tr_regs_answered(struct tr_flows *t, struct tr_conn_record *c,
		const struct tr_flows_request *request,
		const struct tr_flows_listed *listed, size_t n, int64_t now);

void tr_regs_free(struct tr_flows *t, struct tr_reg *r);

#endif
