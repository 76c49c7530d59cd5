/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over which connection is this phone reached now? Two tables in one:
 *
 *   connections     number -> where to, what was said over it
 *   registrations   id -> the connection that it was made over last
 *
 * A connection has many registrations, a registration one connection: that of
 * the latest REGISTER which the registrar answered with a 2xx. What a phone
 * asks for is noted when its REGISTER passes (asked) and counts for nothing
 * before that 2xx (bound): nobody moves a registration by asking. What names
 * the REGISTER is its Call-ID and CSeq (RFC 3261 s8.1.1.4, s8.1.1.5).
 *
 * A registration ends with its time, or with a 2xx to a REGISTER of the same
 * address of record over the same connection that does not list it. Until its
 * connection closes it still leads there, for what goes on inside dialogs; but
 * it does not count any more, and gives way to others.
 *
 * At the bound the connection without a registration that was used longest ago
 * gives way. If each has one, there is no room.
 *
 * Records are taken from the caller's memory as they are needed; the table
 * takes no lock and reads no clock. Times are the caller's, in seconds, and do
 * not go back. Every operation but listing takes the same time however many
 * there are, if what has run out meanwhile is not counted. */
#ifndef TR_FLOWS_H
#define TR_FLOWS_H

#include "tr_hash.h"
#include "tr_registration.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

#define TR_FLOWS_MAX (1u << 20)

/* Registrations of one connection: a gateway has one for each port. In all
 * there are twice as many as connections. */
#define TR_FLOWS_PER_CONN 64

#define TR_FLOWS_PEER_LEN 48
#define TR_FLOWS_AOR_MAX 128
#define TR_FLOWS_UA_MAX 64

/* A registration is kept so much longer than the registrar said: a request may
 * be under way, and his clock is not ours. */
#define TR_FLOWS_GRACE 10

/* RFC 3261 s17.1.2.2: nobody answers a request later (timer F, 64*T1). */
#define TR_FLOWS_ASKED 32

/* Where records lie; get returns NULL when there is no room, else memory that
 * is aligned for any type. */
struct tr_flows_memory {
	void *(*get)(size_t size);
	void (*put)(void *block);
};

/* A REGISTER, as it passes and as its answer names it. */
struct tr_flows_request {
	struct tr_view call_id;
	uint32_t cseq;
};

/* A connection as others see it. A text that was cut ends in "...", and has no
 * control characters. */
struct tr_flows_row {
	int conid;
	unsigned registrations;
	unsigned in;  /* messages that were seen on it */
	unsigned out; /* requests that followed a token to it */
	int64_t created;
	int64_t last_used;
	int64_t expires; /* of the registration whose aor it is; 0: of none */
	unsigned char peer[TR_FLOWS_PEER_LEN]; /* the caller's; not looked at */
	char aor[TR_FLOWS_AOR_MAX + 1];
	char user_agent[TR_FLOWS_UA_MAX + 1];
};

struct tr_flows;

/* Octets of memory for a table of so many connections, beside their records; 0
 * when there are none or over TR_FLOWS_MAX. */
size_t tr_flows_size(unsigned max);

/* Makes an empty table in mem, which has tr_flows_size(max) octets and is
 * aligned for any type. seed: random octets that nobody else knows. */
struct tr_flows *tr_flows_init(void *mem, unsigned max,
		const struct tr_flows_memory *memory,
		const uint8_t seed[TR_HASH_SEED_LEN], int64_t now);

/* Gives all records back. */
void tr_flows_clear(struct tr_flows *t);

enum tr_flows_seen {
	TR_FLOWS_NO_MEMORY = 0,
	TR_FLOWS_FULL, /* each connection has a registration */
	TR_FLOWS_THERE,
	TR_FLOWS_MADE,
	TR_FLOWS_EVICTED /* made, and another one gave way */
};

/* A message came in on the connection; makes its record if there is none. No
 * user_agent: it stays as it was. */
enum tr_flows_seen tr_flows_seen(struct tr_flows *t, int conid,
		const unsigned char peer[TR_FLOWS_PEER_LEN], struct tr_view user_agent,
		int64_t now);

/* The registration over this connection that a message of aor belongs to: the
 * latest one of that aor, else, or with an empty aor, the latest one. Returns
 * how many it chose from; with 0 there is none. */
int tr_flows_which(const struct tr_flows *t, int conid, struct tr_view aor,
		uint8_t id[TR_REGISTRATION_LEN]);

enum tr_flows_asked {
	TR_FLOWS_ASK_NO_MEMORY = 0,
	TR_FLOWS_ASK_FULL, /* too many registrations, in all or over this one */
	TR_FLOWS_ASK_GONE, /* there is no such connection */
	TR_FLOWS_ASK_OK
};

/* What a REGISTER asks for. uri: what requests for it are sent to, as the phone
 * wrote it. */
struct tr_flows_ask {
	struct tr_flows_request request;
	uint8_t id[TR_REGISTRATION_LEN];
	struct tr_view aor;
	struct tr_view uri; /* at most UINT16_MAX octets */
};

enum tr_flows_asked tr_flows_ask(struct tr_flows *t, int conid,
		const struct tr_flows_ask *ask, int64_t now);

struct tr_flows_listed {
	uint8_t id[TR_REGISTRATION_LEN];
	uint32_t seconds;
};

/* The 2xx to a REGISTER that came over this connection lists these. */
void tr_flows_answered(struct tr_flows *t, int conid,
		const struct tr_flows_request *request,
		const struct tr_flows_listed *listed, size_t n, int64_t now);

/* Is this a registration over this connection? Copies its URI. Returns its
 * length, or -1: it is not, or cap is too small. */
int tr_flows_own(const struct tr_flows *t, int conid,
		const uint8_t id[TR_REGISTRATION_LEN], char *uri, size_t cap);

/* 1: this connection holds the registration, or asks for it; with an aor: for
 * this account. */
int tr_flows_has(const struct tr_flows *t, int conid,
		const uint8_t id[TR_REGISTRATION_LEN], struct tr_view aor);

/* A request goes to a registration. Copies where to, and its URI, whose length
 * is then in *len. Returns the connection, or -1: it is gone, or cap is too
 * small. */
int tr_flows_follow(struct tr_flows *t, const uint8_t id[TR_REGISTRATION_LEN],
		int64_t now, unsigned char peer[TR_FLOWS_PEER_LEN], char *uri,
		size_t cap, size_t *len);

/* ... to a connection. 0, or -1: it is gone. */
int tr_flows_follow_conn(struct tr_flows *t, int conid, int64_t now,
		unsigned char peer[TR_FLOWS_PEER_LEN]);

/* The connection has closed. 0, or -1: there is no record of it. */
int tr_flows_drop(struct tr_flows *t, int conid);

/* Does what time brings about: registrations end. Others do it as well. */
void tr_flows_tick(struct tr_flows *t, int64_t now);

/* A connection that has got its first registration, or has lost its last one,
 * since this was asked. Returns 1: it has one, 0: it has
 * none, -1: there is no such connection. */
int tr_flows_changed(struct tr_flows *t, int *conid);

/* A connection as others see it; id: with the aor of that registration, if it
 * leads there; NULL: of the latest one. 0, or -1: it is gone. */
int tr_flows_row(const struct tr_flows *t, int conid, const uint8_t *id,
		int64_t now, struct tr_flows_row *row);

/* The same for all, step by step: leaves out *skip, copies those of bucket
 * number *step, and counts both on. Returns how many, at most max (others of
 * this bucket are left out then), or -1: there are no more buckets. Begin with
 * *step at 0. */
int tr_flows_list(const struct tr_flows *t, unsigned *step, int64_t now,
		unsigned *skip, struct tr_flows_row *rows, unsigned max);

/* Connections, and registrations that count. */
unsigned tr_flows_count(const struct tr_flows *t);
unsigned tr_flows_registered(const struct tr_flows *t);

#endif
