/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over which connection is this phone reached now? See the header; what becomes
 * of a registration is in tr_regs.c. */
#include "tr_flows.h"

#include "tr_regs.h"

#include <string.h>

/* A power of two, no less than max. */
static size_t buckets(unsigned max)
{
	size_t n;

	for(n = 1; n < max; n *= 2) {
	}
	return n;
}

size_t tr_flows_size(unsigned max)
{
	if(max == 0 || max > TR_FLOWS_MAX) {
		return 0;
	}
	return sizeof(struct tr_flows) + 2 * buckets(max) * sizeof(struct tr_link);
}

struct tr_flows *tr_flows_init(void *mem, unsigned max,
		const struct tr_flows_memory *memory,
		const uint8_t seed[TR_HASH_SEED_LEN], int64_t now)
{
	struct tr_flows *t = mem;
	size_t n = buckets(max), i;

	memset(t, 0, sizeof(*t));
	t->memory = *memory;
	memcpy(t->seed, seed, TR_HASH_SEED_LEN);
	t->max = max;
	t->mask = (uint32_t)(n - 1);
	t->now = now;
	t->by_id = t->by_conn + n;
	tr_link_init(&t->idle);
	tr_link_init(&t->changed);
	tr_link_init(&t->spare);
	for(i = 0; i < TR_REGS_TURN; i++) {
		tr_link_init(&t->due[i]);
	}
	for(i = 0; i < 2 * n; i++) {
		tr_link_init(&t->by_conn[i]);
	}
	return t;
}

/* --- connections ------------------------------------------------------------ */

/* They are counted up, and so spread by themselves. */
static struct tr_link *bucket(const struct tr_flows *t, int conid)
{
	return (struct tr_link *)&t->by_conn[(uint32_t)conid & t->mask];
}

static struct tr_conn_record *record_of(const struct tr_flows *t, int conid)
{
	struct tr_link *head = bucket(t, conid), *l;

	for(l = head->next; l != head; l = l->next) {
		struct tr_conn_record *c =
				TR_LINK_OF(struct tr_conn_record, by_conn, l);

		if(c->row.conid == conid) {
			return c;
		}
	}
	return NULL;
}

static void record_free(struct tr_flows *t, struct tr_conn_record *c)
{
	struct tr_reg *r;

	while((r = tr_regs_first(&c->held)) != NULL
			|| (r = tr_regs_first(&c->asked)) != NULL) {
		tr_regs_free(t, r);
	}
	tr_link_leave(&c->by_conn);
	tr_link_leave(&c->idle);
	tr_link_leave(&c->changed);
	t->conns--;
	t->memory.put(c);
}

void tr_flows_clear(struct tr_flows *t)
{
	size_t i;

	for(i = 0; i <= t->mask; i++) {
		while(!tr_link_alone(&t->by_conn[i])) {
			record_free(t, TR_LINK_OF(struct tr_conn_record, by_conn,
								   t->by_conn[i].next));
		}
	}
}

static struct tr_conn_record *record_make(struct tr_flows *t, int conid,
		const unsigned char peer[TR_FLOWS_PEER_LEN], int64_t now)
{
	struct tr_conn_record *c = t->memory.get(sizeof(*c));

	if(c == NULL) {
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	c->row.conid = conid;
	c->row.created = now;
	memcpy(c->row.peer, peer, TR_FLOWS_PEER_LEN);
	tr_link_init(&c->changed);
	tr_link_init(&c->asked);
	tr_link_init(&c->held);
	tr_link_last(&t->idle, &c->idle);
	tr_link_first(bucket(t, conid), &c->by_conn);
	t->conns++;
	return c;
}

static void record_used(
		struct tr_flows *t, struct tr_conn_record *c, int64_t now)
{
	c->row.last_used = now;
	if(c->row.registrations == 0) {
		tr_link_move_last(&t->idle, &c->idle);
	}
}

enum tr_flows_seen tr_flows_seen(struct tr_flows *t, int conid,
		const unsigned char peer[TR_FLOWS_PEER_LEN], struct tr_view user_agent,
		int64_t now)
{
	enum tr_flows_seen result = TR_FLOWS_THERE;
	struct tr_conn_record *c = record_of(t, conid);

	tr_flows_tick(t, now);
	if(c == NULL) {
		result = TR_FLOWS_MADE;
		if(t->conns >= t->max) {
			if(tr_link_alone(&t->idle)) {
				return TR_FLOWS_FULL;
			}
			record_free(
					t, TR_LINK_OF(struct tr_conn_record, idle, t->idle.next));
			result = TR_FLOWS_EVICTED;
		}
		c = record_make(t, conid, peer, now);
		if(c == NULL) {
			return TR_FLOWS_NO_MEMORY;
		}
	}
	c->row.in++;
	record_used(t, c, now);
	if(user_agent.len > 0) {
		tr_regs_keep_text(c->row.user_agent, TR_FLOWS_UA_MAX, user_agent);
	}
	return result;
}

int tr_flows_drop(struct tr_flows *t, int conid)
{
	struct tr_conn_record *c = record_of(t, conid);

	if(c == NULL) {
		return -1;
	}
	record_free(t, c);
	return 0;
}

int tr_flows_changed(struct tr_flows *t, int *conid)
{
	struct tr_conn_record *c;

	if(tr_link_alone(&t->changed)) {
		return -1;
	}
	c = TR_LINK_OF(struct tr_conn_record, changed, t->changed.next);
	tr_link_leave(&c->changed);
	*conid = c->row.conid;
	return c->row.registrations > 0;
}

/* --- registrations ---------------------------------------------------------- */

int tr_flows_which(const struct tr_flows *t, int conid, struct tr_view aor,
		uint8_t id[TR_REGISTRATION_LEN])
{
	const struct tr_conn_record *c = record_of(t, conid);
	const struct tr_reg *r, *best = NULL;
	uint64_t wanted = aor.len > 0 ? tr_regs_hash(t, aor.s, aor.len) : 0;
	int points = -1, p, n = 0;

	if(c == NULL) {
		return 0;
	}
	for(r = tr_regs_first(&c->held); r != NULL; r = tr_regs_next(&c->held, r)) {
		p = (r->state == TR_REG_BOUND) + 2 * (r->aor == wanted);
		if(p > points) {
			best = r;
			points = p;
		}
		n++;
	}
	if(best != NULL) {
		memcpy(id, best->id, TR_REGISTRATION_LEN);
	}
	return n;
}

enum tr_flows_asked tr_flows_ask(struct tr_flows *t, int conid,
		const struct tr_flows_ask *ask, int64_t now)
{
	struct tr_conn_record *c;

	tr_flows_tick(t, now);
	c = record_of(t, conid);
	return c == NULL ? TR_FLOWS_ASK_GONE : tr_regs_ask(t, c, ask, now);
}

void tr_flows_answered(struct tr_flows *t, int conid,
		const struct tr_flows_request *request,
		const struct tr_flows_listed *listed, size_t n, int64_t now)
{
	struct tr_conn_record *c;

	tr_flows_tick(t, now);
	c = record_of(t, conid);
	if(c != NULL) {
		tr_regs_answered(t, c, request, listed, n, now);
	}
}

/* The registration that is held by this connection; NULL: it is not. */
static struct tr_reg *held_by(const struct tr_flows *t, int conid,
		const uint8_t id[TR_REGISTRATION_LEN])
{
	struct tr_reg *r = tr_regs_find(t, id);

	return r != NULL && r->conn->row.conid == conid ? r : NULL;
}

int tr_flows_own(const struct tr_flows *t, int conid,
		const uint8_t id[TR_REGISTRATION_LEN], char *uri, size_t cap)
{
	const struct tr_reg *r = held_by(t, conid, id);

	if(r == NULL || r->uri_len > cap) {
		return -1;
	}
	memcpy(uri, r->text, r->uri_len);
	return r->uri_len;
}

int tr_flows_has(const struct tr_flows *t, int conid,
		const uint8_t id[TR_REGISTRATION_LEN], struct tr_view aor)
{
	const struct tr_conn_record *c = record_of(t, conid);
	const struct tr_reg *r;

	if(c == NULL) {
		return 0;
	}
	for(r = tr_regs_first(&c->asked);
			r != NULL && memcmp(r->id, id, TR_REGISTRATION_LEN) != 0;
			r = tr_regs_next(&c->asked, r)) {
	}
	if(r == NULL) {
		r = held_by(t, conid, id);
	}
	return r != NULL
		   && (aor.len == 0 || r->aor == tr_regs_hash(t, aor.s, aor.len));
}

int tr_flows_follow(struct tr_flows *t, const uint8_t id[TR_REGISTRATION_LEN],
		int64_t now, unsigned char peer[TR_FLOWS_PEER_LEN], char *uri,
		size_t cap, size_t *len)
{
	struct tr_reg *r = tr_regs_find(t, id);

	if(r == NULL || r->uri_len > cap) {
		return -1;
	}
	memcpy(uri, r->text, r->uri_len);
	*len = r->uri_len;
	r->conn->row.out++;
	record_used(t, r->conn, now);
	memcpy(peer, r->conn->row.peer, TR_FLOWS_PEER_LEN);
	return r->conn->row.conid;
}

int tr_flows_follow_conn(struct tr_flows *t, int conid, int64_t now,
		unsigned char peer[TR_FLOWS_PEER_LEN])
{
	struct tr_conn_record *c = record_of(t, conid);

	if(c == NULL) {
		return -1;
	}
	c->row.out++;
	record_used(t, c, now);
	memcpy(peer, c->row.peer, TR_FLOWS_PEER_LEN);
	return 0;
}

/* --- looking ---------------------------------------------------------------- */

/* The registration to be shown; NULL: none. */
static const struct tr_reg *shown(const struct tr_flows *t,
		const struct tr_conn_record *c, const uint8_t *id)
{
	const struct tr_reg *r;

	if(id != NULL) {
		return held_by(t, c->row.conid, id);
	}
	for(r = tr_regs_first(&c->held); r != NULL && r->state != TR_REG_BOUND;
			r = tr_regs_next(&c->held, r)) {
	}
	return r;
}

static void copy_row(const struct tr_flows *t, const struct tr_conn_record *c,
		const uint8_t *id, int64_t now, struct tr_flows_row *row)
{
	const struct tr_reg *r = shown(t, c, id);

	*row = c->row;
	if(r == NULL) {
		return;
	}
	memcpy(row->aor, r->text + r->uri_len, r->aor_len);
	row->aor[r->aor_len] = '\0';
	row->expires =
			r->state == TR_REG_BOUND && r->expires > now ? r->expires : 0;
}

int tr_flows_row(const struct tr_flows *t, int conid, const uint8_t *id,
		int64_t now, struct tr_flows_row *row)
{
	const struct tr_conn_record *c = record_of(t, conid);

	if(c == NULL) {
		return -1;
	}
	copy_row(t, c, id, now, row);
	return 0;
}

int tr_flows_list(const struct tr_flows *t, unsigned *step, int64_t now,
		unsigned *skip, struct tr_flows_row *rows, unsigned max)
{
	const struct tr_link *head, *l;
	unsigned n = 0;

	if(*step > t->mask) {
		return -1;
	}
	head = &t->by_conn[(*step)++];
	for(l = head->next; l != head && n < max; l = l->next) {
		if(*skip > 0) {
			--*skip;
			continue;
		}
		copy_row(t, TR_LINK_OF(struct tr_conn_record, by_conn, l), NULL, now,
				&rows[n++]);
	}
	return (int)n;
}

unsigned tr_flows_count(const struct tr_flows *t)
{
	return t->conns;
}

unsigned tr_flows_registered(const struct tr_flows *t)
{
	return t->bound;
}
