/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do connections and registrations behave as a plain list of each would,
 * whatever comes in whatever order? */
#include "../../modules/tls_reuse/tr_flows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX 3
#define CONNS 6 /* numbers 0 to 5 */
#define IDS 5
#define AORS 3
#define CSEQS 4
#define TURN 4096 /* tr_regs.h: the order of what ran out long ago */
#define ROUNDS 300
#define STEPS 400

static const uint8_t seed[TR_HASH_SEED_LEN] = {"a seed for tests"};

/* --- the model: all in arrays, in the order of coming about ----------------- */

enum { ASKED, BOUND, ENDED };

struct reg {
	int there, state, conid, id, aor, cseq;
	int64_t expires, ends;
	unsigned spare; /* when it became spare, bound, and due, counted */
	unsigned bound;
	unsigned due;
};

struct conn {
	int there, changed;
	unsigned idle; /* when it was used last, counted */
	unsigned told;
	unsigned in, out;
	int64_t created, used;
};

#define REGS 64
struct model {
	struct conn conn[CONNS];
	struct reg reg[REGS];
	unsigned count; /* of everything that came about */
	int64_t now;    /* what ran out until then is done */
};

static unsigned bound_of(const struct model *m, int conid)
{
	unsigned n = 0;
	int i;

	for(i = 0; i < REGS; i++) {
		n += m->reg[i].there && m->reg[i].state == BOUND
			 && m->reg[i].conid == conid;
	}
	return n;
}

static void lost(struct model *m, int conid)
{
	if(bound_of(m, conid) == 0) {
		m->conn[conid].idle = ++m->count;
		m->conn[conid].changed = 1;
		m->conn[conid].told = ++m->count;
	}
}

static void unbind(struct model *m, struct reg *r, int there)
{
	int was = r->state;

	r->there = there;
	r->state = ENDED;
	if(was == BOUND) {
		lost(m, r->conid);
	}
	r->spare = ++m->count;
}

static struct reg *held(struct model *m, int id)
{
	int i;

	for(i = 0; i < REGS; i++) {
		if(m->reg[i].there && m->reg[i].state != ASKED && m->reg[i].id == id) {
			return &m->reg[i];
		}
	}
	return NULL;
}

/* When the clock's hand gets to it, of those that it passes. */
static int64_t reached(const struct reg *r, int64_t from)
{
	return from + 1 + (((r->ends - from - 1) % TURN) + TURN) % TURN;
}

static void tick(struct model *m, int64_t now)
{
	int64_t from = now - m->now > TURN ? now - TURN : m->now;
	int i;

	for(;;) {
		struct reg *first = NULL;

		for(i = 0; i < REGS; i++) {
			struct reg *r = &m->reg[i];

			if(!r->there || r->state == ENDED || r->ends > now) {
				continue;
			}
			if(first == NULL || reached(r, from) < reached(first, from)
					|| (reached(r, from) == reached(first, from)
							&& r->due < first->due)) {
				first = r;
			}
		}
		if(first == NULL) {
			break;
		}
		unbind(m, first, first->state == BOUND);
	}
	if(now > m->now) {
		m->now = now;
	}
}

static void model_drop(struct model *m, int conid)
{
	int i;

	for(i = 0; i < REGS; i++) {
		if(m->reg[i].conid == conid) {
			m->reg[i].there = 0;
		}
	}
	memset(&m->conn[conid], 0, sizeof(m->conn[conid]));
}

static int model_seen(struct model *m, int conid, int64_t now)
{
	int i, n = 0, oldest = -1, result = TR_FLOWS_THERE;
	struct conn *c = &m->conn[conid];

	tick(m, now);
	for(i = 0; i < CONNS; i++) {
		n += m->conn[i].there;
		if(m->conn[i].there && bound_of(m, i) == 0
				&& (oldest < 0 || m->conn[i].idle < m->conn[oldest].idle)) {
			oldest = i;
		}
	}
	if(!c->there) {
		result = TR_FLOWS_MADE;
		if(n == MAX && oldest < 0) {
			return TR_FLOWS_FULL;
		}
		if(n == MAX) {
			model_drop(m, oldest);
			result = TR_FLOWS_EVICTED;
		}
		c->there = 1;
		c->created = now;
	}
	c->in++;
	c->used = now;
	c->idle = ++m->count;
	return result;
}

static int model_ask(
		struct model *m, int conid, int id, int aor, int cseq, int64_t now)
{
	struct reg *mine, *oldest = NULL, *free_one = NULL;
	int i, n = 0;

	tick(m, now);
	if(!m->conn[conid].there) {
		return TR_FLOWS_ASK_GONE;
	}
	for(i = 0; i < REGS; i++) {
		struct reg *r = &m->reg[i];

		if(r->there && r->state == ASKED && r->conid == conid && r->id == id) {
			r->there = 0;
		}
		n += r->there;
		if(!r->there) {
			free_one = r;
		} else if(r->state != BOUND
				  && (oldest == NULL || r->spare < oldest->spare)) {
			oldest = r;
		}
	}
	mine = held(m, id);
	if((mine == NULL || mine->conid != conid) && n >= 2 * MAX) {
		if(oldest == NULL) {
			return TR_FLOWS_ASK_FULL;
		}
		free_one = oldest;
	}
	assert_non_null(free_one);
	*free_one = (struct reg){.there = 1,
			.state = ASKED,
			.conid = conid,
			.id = id,
			.aor = aor,
			.cseq = cseq,
			.ends = now + TR_FLOWS_ASKED,
			.spare = ++m->count,
			.due = ++m->count};
	return TR_FLOWS_ASK_OK;
}

static int model_listed(
		const struct tr_flows_listed *l, size_t n, int id, uint32_t *seconds)
{
	int found = 0;
	size_t i;

	*seconds = 0;
	for(i = 0; i < n; i++) {
		if(l[i].id[0] == id) {
			found = 1;
			*seconds = l[i].seconds > *seconds ? l[i].seconds : *seconds;
		}
	}
	return found;
}

static void model_bind(
		struct model *m, struct reg *r, uint32_t seconds, int64_t now)
{
	struct reg *before = held(m, r->id);

	if(bound_of(m, r->conid) == 0) {
		m->conn[r->conid].changed = 1;
		m->conn[r->conid].told = ++m->count;
	}
	r->state = BOUND;
	r->expires = now + seconds;
	r->ends = r->expires + TR_FLOWS_GRACE;
	r->bound = ++m->count;
	r->due = ++m->count;
	if(before != NULL) {
		unbind(m, before, 0);
	}
	if(seconds == 0) {
		unbind(m, r, 1);
	}
}

/* What was asked for last comes first. */
static void model_answered(struct model *m, int conid, int cseq,
		const struct tr_flows_listed *l, size_t n, int64_t now)
{
	uint32_t seconds;
	int i, j;

	tick(m, now);
	for(;;) {
		struct reg *r = NULL;

		for(i = 0; i < REGS; i++) {
			if(m->reg[i].there && m->reg[i].state == ASKED
					&& m->reg[i].conid == conid && m->reg[i].cseq == cseq
					&& (r == NULL || m->reg[i].due > r->due)) {
				r = &m->reg[i];
			}
		}
		if(r == NULL) {
			return;
		}
		for(;;) {
			struct reg *latest = NULL;

			for(j = 0; j < REGS; j++) {
				struct reg *o = &m->reg[j];

				if(o->there && o->state == BOUND && o->conid == conid
						&& o->aor == r->aor
						&& !model_listed(l, n, o->id, &seconds)
						&& (latest == NULL || o->bound > latest->bound)) {
					latest = o;
				}
			}
			if(latest == NULL) {
				break;
			}
			unbind(m, latest, 1);
		}
		if(model_listed(l, n, r->id, &seconds)) {
			model_bind(m, r, seconds, now);
		} else {
			r->there = 0;
		}
	}
}

static int model_which(const struct model *m, int conid, int aor)
{
	const struct reg *best = NULL;
	int i, points = -1;

	for(i = 0; i < REGS; i++) {
		const struct reg *r = &m->reg[i];
		int p = (r->state == BOUND) + 2 * (r->aor == aor);

		if(!r->there || r->state == ASKED || r->conid != conid) {
			continue;
		}
		if(p > points || (p == points && r->bound > best->bound)) {
			best = r;
			points = p;
		}
	}
	return best == NULL ? -1 : best->id;
}

/* --- both, side by side ----------------------------------------------------- */

struct both {
	struct tr_flows *t;
	struct model m;
	int64_t now;
	unsigned round, step;
};

#define SAME(b, got, want)                                                     \
	do {                                                                       \
		long got_ = (long)(got), want_ = (long)(want);                         \
		if(got_ != want_) {                                                    \
			fail_msg("round %u step %u: " #got " is %ld, not %ld", (b)->round, \
					(b)->step, got_, want_);                                   \
		}                                                                      \
	} while(0)

static struct tr_view aor_of(int aor)
{
	return (struct tr_view){"ABC" + aor, 1};
}

static void id_of(int id, uint8_t out[TR_REGISTRATION_LEN])
{
	memset(out, id, TR_REGISTRATION_LEN);
}

static void do_seen(struct both *b)
{
	unsigned char peer[TR_FLOWS_PEER_LEN] = {0};
	int conid = rand() % CONNS;

	peer[0] = (unsigned char)conid;
	SAME(b, tr_flows_seen(b->t, conid, peer, (struct tr_view){NULL, 0}, b->now),
			model_seen(&b->m, conid, b->now));
}

static void do_ask(struct both *b)
{
	int conid = rand() % CONNS, id = rand() % IDS, cseq = rand() % CSEQS;
	int aor = id % AORS;
	char uri = (char)('0' + conid);
	struct tr_flows_ask ask = {.request = {{"call", 4}, (uint32_t)cseq},
			.aor = aor_of(aor),
			.uri = {&uri, 1}};

	id_of(id, ask.id);
	SAME(b, tr_flows_ask(b->t, conid, &ask, b->now),
			model_ask(&b->m, conid, id, aor, cseq, b->now));
}

static void do_answered(struct both *b)
{
	static const uint32_t seconds[] = {0, 1, 5, 60, 5000, 100000};
	int conid = rand() % CONNS, cseq = rand() % CSEQS;
	struct tr_flows_request request = {{"call", 4}, (uint32_t)cseq};
	struct tr_flows_listed listed[4];
	size_t n = (size_t)rand() % 5, i;

	for(i = 0; i < n; i++) {
		id_of(rand() % IDS, listed[i].id);
		listed[i].seconds = seconds[rand() % 6];
	}
	tr_flows_answered(b->t, conid, &request, listed, n, b->now);
	model_answered(&b->m, conid, cseq, listed, n, b->now);
}

static void do_follow(struct both *b)
{
	unsigned char peer[TR_FLOWS_PEER_LEN];
	uint8_t id[TR_REGISTRATION_LEN];
	int n = rand() % IDS, got;
	struct reg *r = held(&b->m, n);
	size_t len;
	char uri;

	id_of(n, id);
	got = tr_flows_follow(b->t, id, b->now, peer, &uri, 1, &len);
	SAME(b, got, r != NULL ? r->conid : -1);
	if(r != NULL) {
		SAME(b, peer[0], r->conid);
		SAME(b, uri, '0' + r->conid);
		b->m.conn[r->conid].out++;
		b->m.conn[r->conid].used = b->now;
		b->m.conn[r->conid].idle = ++b->m.count;
	}
}

static void do_drop(struct both *b)
{
	int conid = rand() % CONNS;

	SAME(b, tr_flows_drop(b->t, conid) == 0, b->m.conn[conid].there);
	model_drop(&b->m, conid);
}

static void do_changed(struct both *b)
{
	int i, first = -1, conid = -1, got = tr_flows_changed(b->t, &conid);

	for(i = 0; i < CONNS; i++) {
		if(b->m.conn[i].changed
				&& (first < 0 || b->m.conn[i].told < b->m.conn[first].told)) {
			first = i;
		}
	}
	SAME(b, conid, first);
	SAME(b, got, first < 0 ? -1 : bound_of(&b->m, first) > 0);
	if(first >= 0) {
		b->m.conn[first].changed = 0;
	}
}

static void compare(struct both *b)
{
	unsigned conns = 0, regs = 0, steps = 0, listed = 0, skip = 0;
	struct tr_flows_row row;
	uint8_t id[TR_REGISTRATION_LEN];
	int i, aor, n;

	for(i = 0; i < CONNS; i++) {
		struct conn *c = &b->m.conn[i];

		SAME(b, tr_flows_row(b->t, i, NULL, b->now, &row) == 0, c->there);
		if(!c->there) {
			continue;
		}
		conns++;
		regs += bound_of(&b->m, i);
		SAME(b, row.registrations, bound_of(&b->m, i));
		SAME(b, row.in, c->in);
		SAME(b, row.out, c->out);
		SAME(b, row.created, c->created);
		SAME(b, row.last_used, c->used);
		for(aor = 0; aor < AORS; aor++) {
			id[0] = 0xff;
			n = tr_flows_which(b->t, i, aor_of(aor), id);
			SAME(b, n > 0 ? id[0] : -1, model_which(&b->m, i, aor));
		}
	}
	SAME(b, tr_flows_count(b->t), conns);
	SAME(b, tr_flows_registered(b->t), regs);
	while((n = tr_flows_list(b->t, &steps, b->now, &skip, &row, 1)) >= 0) {
		listed += (unsigned)n;
	}
	assert_true(listed <= conns && (conns == 0 || listed > 0));
}

static unsigned blocks;

static void *get(size_t size)
{
	blocks++;
	return malloc(size);
}

static void put(void *block)
{
	blocks--;
	free(block);
}

static void against_a_list(void **state)
{
	static const struct tr_flows_memory memory = {get, put};
	static void (*const ops[])(struct both *) = {do_seen, do_seen, do_seen,
			do_ask, do_ask, do_ask, do_answered, do_answered, do_answered,
			do_follow, do_follow, do_drop, do_changed};
	static const int64_t steps[] = {0, 0, 0, 0, 1, 1, 3, 20, 70, 9000};
	struct both b;
	int conid;

	(void)state;
	for(b.round = 0; b.round < ROUNDS; b.round++) {
		void *mem = malloc(tr_flows_size(MAX));

		srand(b.round + 1);
		memset(&b.m, 0, sizeof(b.m));
		b.now = b.m.now = 1000;
		b.t = tr_flows_init(mem, MAX, &memory, seed, b.now);
		for(b.step = 0; b.step < STEPS; b.step++) {
			/* days pass rarely, or nothing would ever be there */
			b.now += steps[rand() % (rand() % 10 == 0 ? 10 : 7)];
			tick(&b.m, b.now);
			tr_flows_tick(b.t, b.now);
			ops[(size_t)rand() % (sizeof(ops) / sizeof(ops[0]))](&b);
			compare(&b);
		}
		for(conid = 0; conid < CONNS; conid++) {
			tr_flows_drop(b.t, conid);
		}
		assert_int_equal(blocks, 0);
		free(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(against_a_list)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
