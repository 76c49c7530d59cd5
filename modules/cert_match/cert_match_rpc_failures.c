/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask about handshakes that failed? Each row is copied out
 * under the ledger's lock, then printed. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"
#include "../../core/rpc.h"
#include "../../core/rpc_lookup.h"

#include "cert_match_rpc_failures.h"
#include "cm_ledger.h"
#include "cm_tell.h"

/* So many rows if nobody says how many. */
#define CM_FAILURES_DEFAULT 50
#define CM_FAILING_DEFAULT 100
#define CM_LIMIT_MAX 10000

#define CM_FAILURES_USAGE                                                      \
	"usage: cert_match.failures [peer address] [limit (1 to 10000) [offset]]"
#define CM_FAILING_USAGE                                                       \
	"usage: cert_match.failing [limit (1 to 10000) [offset]]"

/* Which rows are asked for. */
struct cm_page {
	int limit;
	int offset;
	int has_peer;
	struct cm_address peer;
};

static int cm_page_fits(const struct cm_page *page)
{
	return page->limit >= 1 && page->limit <= CM_LIMIT_MAX && page->offset >= 0
		   && page->offset <= CM_LIMIT_MAX;
}

static int cm_int(uint64_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

/* --- failures -------------------------------------------------------------- */

static int cm_add_alerts(
		rpc_t *rpc, void *s, const struct cm_failure *f, struct cm_told *t)
{
	/* without a number there was none */
	if(f->shake.alert_in == CM_NO_ALERT)
		rpc->struct_add(s, "s", "alert_in", t->alert_in);
	else
		rpc->struct_printf(
				s, "alert_in", "%s (%d)", t->alert_in, f->shake.alert_in);
	if(f->shake.alert_out == CM_NO_ALERT)
		return rpc->struct_add(s, "s", "alert_out", t->alert_out);
	return rpc->struct_printf(
			s, "alert_out", "%s (%d)", t->alert_out, f->shake.alert_out);
}

static int cm_add_failure(
		rpc_t *rpc, void *ctx, const struct cm_failure *f, uint64_t of_peer)
{
	struct cm_told t;
	void *s;

	cm_tell(f, &t);
	if(rpc->add(ctx, "{", &s) < 0)
		return -1;
	if(rpc->struct_add(s, "dsssss", "number", cm_int(f->number), "when", t.when,
			   "peer", t.peer, "local", t.local, "direction", t.direction,
			   "stage", t.stage)
			< 0)
		return -1;
	if(rpc->struct_add(s, "sssd", "hello", t.hello, "version", t.version, "sni",
			   t.sni, "ciphers", (int)f->shake.hello.ciphers)
					< 0
			|| cm_add_alerts(rpc, s, f, &t) < 0)
		return -1;
	return rpc->struct_add(s, "sssssd", "cause", t.cause, "reason", t.reason,
			"advice", t.advice, "expected", t.expected, "names", t.names,
			"failures_of_peer", cm_int(of_peer));
}

/* [peer] [limit [offset]]: what is no address is the limit. 0 or -1. */
static int cm_scan_failures(rpc_t *rpc, void *ctx, struct cm_page *page)
{
	char *word, *end;
	long n;

	if(rpc->scan(ctx, "*.s", &word) < 1)
		return 0;
	page->has_peer = cm_tell_parse(word, &page->peer) == 0;
	if(page->has_peer) {
		if(rpc->scan(ctx, "*.d", &page->limit) < 1)
			return 0;
	} else {
		n = strtol(word, &end, 10);
		if(end == word || *end != '\0' || n < 1 || n > CM_LIMIT_MAX)
			return -1;
		page->limit = (int)n;
	}
	rpc->scan(ctx, "*.d", &page->offset);
	return cm_page_fits(page) ? 0 : -1;
}

static void cm_rpc_failures(rpc_t *rpc, void *ctx)
{
	struct cm_page page = {CM_FAILURES_DEFAULT, 0, 0, {{0}, 0, 0}};
	uint64_t before = UINT64_MAX, of_peer;
	struct cm_failure f;
	int i;

	if(cm_scan_failures(rpc, ctx, &page) < 0) {
		rpc->fault(ctx, 400, CM_FAILURES_USAGE);
		return;
	}
	/* what is added meanwhile is newer, and does not move the rows */
	for(i = 0; i < page.offset + page.limit; i++) {
		if(cm_ledger_before(
				   before, page.has_peer ? &page.peer : NULL, &f, &of_peer)
				< 0)
			return;
		before = f.number;
		if(i >= page.offset && cm_add_failure(rpc, ctx, &f, of_peer) < 0) {
			rpc->fault(ctx, 500,
					"the reply is too long: ask for fewer than %d rows",
					page.limit);
			return;
		}
	}
}

/* --- failing --------------------------------------------------------------- */

/* The one that failed most first; of two alike, the later one. */
static int cm_by_count(const void *a, const void *b)
{
	const struct cm_failing *x = a, *y = b;

	if(x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->last != y->last ? (x->last > y->last ? -1 : 1) : 0;
}

static int cm_add_failing(rpc_t *rpc, void *ctx, const struct cm_failing *p)
{
	char peer[CM_TOLD_ADDRESS], first[24], last[24];
	struct cm_address address = p->peer;
	void *s;

	address.port = 0;
	if(rpc->add(ctx, "{", &s) < 0)
		return -1;
	return rpc->struct_add(s, "sdsss", "peer", cm_tell_address(peer, &address),
			"failures", cm_int(p->count), "first",
			cm_tell_when(first, p->first), "last", cm_tell_when(last, p->last),
			"last_cause", cm_cause_token(p->cause));
}

static void cm_rpc_failing(rpc_t *rpc, void *ctx)
{
	struct cm_page page = {CM_FAILING_DEFAULT, 0, 0, {{0}, 0, 0}};
	struct cm_failing *peers;
	int i, n;

	if(rpc->scan(ctx, "*.d", &page.limit) > 0)
		rpc->scan(ctx, "*.d", &page.offset);
	if(!cm_page_fits(&page)) {
		rpc->fault(ctx, 400, CM_FAILING_USAGE);
		return;
	}
	peers = pkg_malloc(CM_LEDGER_PEERS * sizeof(*peers));
	if(!peers) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "no memory for %d peers", CM_LEDGER_PEERS);
		return;
	}
	n = (int)cm_ledger_failing(peers, CM_LEDGER_PEERS);
	qsort(peers, (size_t)n, sizeof(*peers), cm_by_count);
	for(i = page.offset; i < n && i - page.offset < page.limit; i++) {
		if(cm_add_failing(rpc, ctx, &peers[i]) < 0) {
			rpc->fault(ctx, 500,
					"the reply is too long: ask for fewer than %d rows",
					page.limit);
			break;
		}
	}
	pkg_free(peers);
}

static const char *cm_doc_failures[] = {
		"Handshakes that failed, newest first: [peer address] [limit [offset]]",
		0};
static const char *cm_doc_failing[] = {
		"Peers whose handshakes failed, most failures first: [limit [offset]]",
		0};

static rpc_export_t cm_rpcs[] = {
		{"cert_match.failures", cm_rpc_failures, cm_doc_failures, RET_ARRAY},
		{"cert_match.failing", cm_rpc_failing, cm_doc_failing, RET_ARRAY},
		{0, 0, 0, 0}};

int cert_match_rpc_failures_init(void)
{
	if(rpc_register_array(cm_rpcs) != 0) {
		LM_ERR("cannot register the RPC commands\n");
		return -1;
	}
	return 0;
}
