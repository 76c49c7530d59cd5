/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask about handshakes that failed? Each row is copied out
 * under the ledger's lock, then printed. */

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"
#include "../../core/rpc.h"
#include "../../core/rpc_lookup.h"

#include "cert_match_rpc_failures.h"
#include "cert_match_rpc_words.h"
#include "cm_ledger.h"
#include "cm_tell.h"

static const char cm_failures_usage[] =
		"cert_match.failures [peer address] [limit (1 to 10000) [offset]]";
static const char cm_failing_usage[] =
		"cert_match.failing [limit (1 to 10000) [offset]]";

/* Whose failures are asked for. */
struct cm_whose {
	int has_peer;
	struct cm_address peer;
};

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

/* One address. 0 or -1. */
static int cm_peer_word(void *arg, const str *word)
{
	struct cm_whose *whose = arg;
	char text[INET6_ADDRSTRLEN + 2]; /* with brackets */

	if(whose->has_peer || word->len < 0 || word->len >= (int)sizeof(text))
		return -1;
	memcpy(text, word->s, (size_t)word->len);
	text[word->len] = '\0';
	whose->has_peer = 1;
	return cm_tell_parse(text, &whose->peer);
}

static void cm_rpc_failures(rpc_t *rpc, void *ctx)
{
	uint64_t before = UINT64_MAX, of_peer;
	struct cm_whose whose = {0, {{0}, 0, 0}};
	struct cm_rpc_page page;
	struct cm_failure f;
	unsigned i;

	if(cm_rpc_words(rpc, ctx, &page, cm_peer_word, &whose, cm_failures_usage)
			< 0)
		return;
	/* what is added meanwhile is newer, and does not move the rows */
	for(i = 0; i < page.offset + page.limit; i++) {
		if(cm_ledger_before(
				   before, whose.has_peer ? &whose.peer : NULL, &f, &of_peer)
				< 0)
			return;
		before = f.number;
		if(i >= page.offset && cm_add_failure(rpc, ctx, &f, of_peer) < 0) {
			cm_rpc_too_long(rpc, ctx, page.limit);
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

static int cm_no_word(void *arg, const str *word)
{
	(void)arg;
	(void)word;
	return -1;
}

static void cm_rpc_failing(rpc_t *rpc, void *ctx)
{
	struct cm_failing *peers;
	struct cm_rpc_page page;
	unsigned i, n;

	if(cm_rpc_words(rpc, ctx, &page, cm_no_word, NULL, cm_failing_usage) < 0)
		return;
	peers = pkg_malloc(CM_LEDGER_PEERS * sizeof(*peers));
	if(!peers) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "no memory for %d peers", CM_LEDGER_PEERS);
		return;
	}
	n = cm_ledger_failing(peers, CM_LEDGER_PEERS);
	qsort(peers, n, sizeof(*peers), cm_by_count);
	for(i = page.offset; i < n && i - page.offset < page.limit; i++) {
		if(cm_add_failing(rpc, ctx, &peers[i]) < 0) {
			cm_rpc_too_long(rpc, ctx, page.limit);
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
