/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a registration? See the header. */
#include "tr_regs.h"

#include <string.h>

uint64_t tr_regs_hash(const struct tr_flows *t, const void *data, size_t len)
{
	uint64_t print[2];

	tr_hash(t->seed, data, len, print);
	return print[0];
}

static struct tr_link *bucket(
		const struct tr_flows *t, const uint8_t id[TR_REGISTRATION_LEN])
{
	return &t->by_id[tr_regs_hash(t, id, TR_REGISTRATION_LEN) & t->mask];
}

struct tr_reg *tr_regs_find(
		const struct tr_flows *t, const uint8_t id[TR_REGISTRATION_LEN])
{
	struct tr_link *head = bucket(t, id), *l;

	for(l = head->next; l != head; l = l->next) {
		struct tr_reg *r = TR_LINK_OF(struct tr_reg, by_id, l);

		if(memcmp(r->id, id, TR_REGISTRATION_LEN) == 0) {
			return r;
		}
	}
	return NULL;
}

struct tr_reg *tr_regs_first(const struct tr_link *head)
{
	return tr_link_alone(head) ? NULL
							   : TR_LINK_OF(struct tr_reg, of_conn, head->next);
}

struct tr_reg *tr_regs_next(const struct tr_link *head, const struct tr_reg *r)
{
	return r->of_conn.next == head
				   ? NULL
				   : TR_LINK_OF(struct tr_reg, of_conn, r->of_conn.next);
}

size_t tr_regs_keep_text(char *to, size_t max, struct tr_view from)
{
	size_t len = from.len < max ? from.len : max, i;

	for(i = 0; i < len; i++) {
		to[i] = (unsigned char)from.s[i] < ' ' ? '?' : from.s[i];
	}
	if(from.len > max) {
		memcpy(to + max - 3, "...", 3);
	}
	to[len] = '\0';
	return len;
}

/* --- its end ---------------------------------------------------------------- */

/* One less of its connection's is bound. */
static void unbind(struct tr_flows *t, struct tr_reg *r)
{
	struct tr_conn_record *c = r->conn;

	r->state = TR_REG_ENDED;
	t->bound--;
	if(--c->row.registrations == 0) {
		tr_link_move_last(&t->idle, &c->idle);
		tr_link_move_last(&t->changed, &c->changed);
	}
}

void tr_regs_free(struct tr_flows *t, struct tr_reg *r)
{
	if(r->state == TR_REG_BOUND) {
		unbind(t, r);
	}
	tr_link_leave(&r->by_id);
	tr_link_leave(&r->of_conn);
	tr_link_leave(&r->due);
	tr_link_leave(&r->spare);
	r->conn->regs--;
	t->regs--;
	t->memory.put(r);
}

/* It was bound, and counts no more. */
static void end(struct tr_flows *t, struct tr_reg *r)
{
	unbind(t, r);
	tr_link_leave(&r->due);
	tr_link_last(&t->spare, &r->spare);
}

static void due_at(struct tr_flows *t, struct tr_reg *r, int64_t ends)
{
	r->ends = ends > t->now ? ends : t->now + 1;
	tr_link_move_last(&t->due[(uint64_t)r->ends % TR_REGS_TURN], &r->due);
}

static void run_out(struct tr_flows *t, struct tr_link *slot, int64_t now)
{
	struct tr_link *l = slot->next;

	while(l != slot) {
		struct tr_reg *r = TR_LINK_OF(struct tr_reg, due, l);

		l = l->next;
		if(r->ends > now) {
			continue;
		}
		if(r->state == TR_REG_ASKED) {
			tr_regs_free(t, r);
		} else {
			end(t, r);
		}
	}
}

void tr_flows_tick(struct tr_flows *t, int64_t now)
{
	if(now - t->now > TR_REGS_TURN) {
		t->now = now - TR_REGS_TURN;
	}
	while(t->now < now) {
		t->now++;
		run_out(t, &t->due[(uint64_t)t->now % TR_REGS_TURN], now);
	}
}

/* --- its beginning ---------------------------------------------------------- */

/* The registrations of a connection that are not bound, the oldest of them
 * first to be asked for; NULL: each is. */
static struct tr_reg *oldest_spare(const struct tr_conn_record *c)
{
	const struct tr_link *l;

	if(!tr_link_alone(&c->asked)) {
		return TR_LINK_OF(struct tr_reg, of_conn, c->asked.prev);
	}
	for(l = c->held.prev; l != &c->held; l = l->prev) {
		struct tr_reg *r = TR_LINK_OF(struct tr_reg, of_conn, l);

		if(r->state == TR_REG_ENDED) {
			return r;
		}
	}
	return NULL;
}

/* Room for one that this connection does not hold yet: another may give way
 * that nobody has bound. */
static int make_room(struct tr_flows *t, struct tr_conn_record *c)
{
	struct tr_reg *r;

	if(c->regs >= TR_FLOWS_PER_CONN) {
		if((r = oldest_spare(c)) == NULL) {
			return -1;
		}
		tr_regs_free(t, r);
	}
	if(t->regs >= 2 * t->max) {
		if(tr_link_alone(&t->spare)) {
			return -1;
		}
		tr_regs_free(t, TR_LINK_OF(struct tr_reg, spare, t->spare.next));
	}
	return 0;
}

static struct tr_reg *reg_make(
		struct tr_flows *t, const struct tr_flows_ask *ask)
{
	struct tr_reg *r =
			t->memory.get(sizeof(*r) + ask->uri.len + TR_FLOWS_AOR_MAX + 1);

	if(r == NULL) {
		return NULL;
	}
	memset(r, 0, sizeof(*r));
	tr_link_init(&r->by_id);
	tr_link_init(&r->of_conn);
	tr_link_init(&r->due);
	tr_link_init(&r->spare);
	memcpy(r->id, ask->id, TR_REGISTRATION_LEN);
	r->cseq = ask->request.cseq;
	r->call_id =
			tr_regs_hash(t, ask->request.call_id.s, ask->request.call_id.len);
	r->aor = tr_regs_hash(t, ask->aor.s, ask->aor.len);
	r->uri_len = (uint16_t)ask->uri.len;
	if(ask->uri.len > 0) {
		memcpy(r->text, ask->uri.s, ask->uri.len);
	}
	r->aor_len = (uint16_t)tr_regs_keep_text(
			r->text + ask->uri.len, TR_FLOWS_AOR_MAX, ask->aor);
	return r;
}

/* A phone that asks again, as behind a challenge, asks once. */
static void forget_asked(struct tr_flows *t, struct tr_conn_record *c,
		const uint8_t id[TR_REGISTRATION_LEN])
{
	struct tr_reg *r;

	for(r = tr_regs_first(&c->asked); r != NULL;
			r = tr_regs_next(&c->asked, r)) {
		if(memcmp(r->id, id, TR_REGISTRATION_LEN) == 0) {
			tr_regs_free(t, r);
			return;
		}
	}
}

enum tr_flows_asked tr_regs_ask(struct tr_flows *t, struct tr_conn_record *c,
		const struct tr_flows_ask *ask, int64_t now)
{
	struct tr_reg *r = tr_regs_find(t, ask->id);

	forget_asked(t, c, ask->id);
	/* who refreshes takes no more room when he is answered */
	if((r == NULL || r->conn != c) && make_room(t, c) != 0) {
		return TR_FLOWS_ASK_FULL;
	}
	r = reg_make(t, ask);
	if(r == NULL) {
		return TR_FLOWS_ASK_NO_MEMORY;
	}
	r->conn = c;
	c->regs++;
	t->regs++;
	tr_link_first(&c->asked, &r->of_conn);
	tr_link_last(&t->spare, &r->spare);
	due_at(t, r, now + TR_FLOWS_ASKED);
	return TR_FLOWS_ASK_OK;
}

/* What was asked for is bound from now on. Who held it before does so no more,
 * over whatever connection. */
static void bind(
		struct tr_flows *t, struct tr_reg *r, uint32_t seconds, int64_t now)
{
	struct tr_reg *before = tr_regs_find(t, r->id);
	struct tr_conn_record *c = r->conn;

	tr_link_leave(&r->spare);
	tr_link_leave(&r->of_conn);
	tr_link_first(&c->held, &r->of_conn);
	tr_link_first(bucket(t, r->id), &r->by_id);
	r->state = TR_REG_BOUND;
	t->bound++;
	if(c->row.registrations++ == 0) {
		tr_link_leave(&c->idle);
		tr_link_move_last(&t->changed, &c->changed);
	}
	r->expires = now + (int64_t)seconds;
	due_at(t, r, r->expires + TR_FLOWS_GRACE);
	/* now: who refreshes is not without it for a moment */
	if(before != NULL) {
		tr_regs_free(t, before);
	}
	if(seconds == 0) {
		end(t, r);
	}
}

/* --- its answer ------------------------------------------------------------- */

/* What a 2xx is about. */
struct answer {
	uint64_t call_id;
	uint32_t cseq;
	const struct tr_flows_listed *listed;
	size_t n;
};

static int is_about(const struct answer *a, const struct tr_reg *r)
{
	return r->call_id == a->call_id && r->cseq == a->cseq;
}

/* The longest time that the answer gives it; NULL: it is not listed. */
static const struct tr_flows_listed *listed_in(
		const struct answer *a, const struct tr_reg *r)
{
	const struct tr_flows_listed *found = NULL;
	size_t i;

	for(i = 0; i < a->n; i++) {
		if(memcmp(a->listed[i].id, r->id, TR_REGISTRATION_LEN) == 0
				&& (found == NULL || a->listed[i].seconds > found->seconds)) {
			found = &a->listed[i];
		}
	}
	return found;
}

/* RFC 3261 s10.3: a 2xx lists all bindings of the address of record. */
static void end_unlisted(struct tr_flows *t, struct tr_conn_record *c,
		const struct answer *a, uint64_t aor)
{
	struct tr_reg *r;

	for(r = tr_regs_first(&c->held); r != NULL; r = tr_regs_next(&c->held, r)) {
		if(r->state == TR_REG_BOUND && r->aor == aor
				&& listed_in(a, r) == NULL) {
			end(t, r);
		}
	}
}

void tr_regs_answered(struct tr_flows *t, struct tr_conn_record *c,
		const struct tr_flows_request *request,
		const struct tr_flows_listed *listed, size_t n, int64_t now)
{
	struct answer a = {
			tr_regs_hash(t, request->call_id.s, request->call_id.len),
			request->cseq, listed, n};
	const struct tr_flows_listed *l;
	struct tr_reg *r, *next;

	for(r = tr_regs_first(&c->asked); r != NULL; r = next) {
		next = tr_regs_next(&c->asked, r);
		if(!is_about(&a, r)) {
			continue;
		}
		end_unlisted(t, c, &a, r->aor);
		if((l = listed_in(&a, r)) != NULL) {
			bind(t, r, l->seconds, now);
		} else {
			tr_regs_free(t, r);
		}
	}
}
