/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask? */

#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "../../core/dprint.h"
#include "../../core/rpc.h"
#include "../../core/rpc_lookup.h"

#include "cert_match_rpc.h"
#include "cert_match_rpc_expiry.h"
#include "cert_match_rpc_peers.h"
#include "cm_explain.h"
#include "cm_pem.h"
#include "cm_stats.h"

struct cm_rpc_options {
	struct cm_ident_opts ident;
	struct cm_match_opts match;
};

static struct cm_rpc_options cm_rpc_options;

/* the sink of cm_explain */
struct cm_rpc_sink {
	rpc_t *rpc;
	void *ctx;
};

static void cm_rpc_stats(rpc_t *rpc, void *ctx)
{
	const char *name;
	unsigned value;
	void *s;
	int i;

	if(rpc->add(ctx, "{", &s) < 0)
		return;
	for(i = 0; i < CM_GAUGES; i++) {
		name = cm_stats_gauge(i, &value);
		rpc->struct_add(s, "d", (char *)name, (int)value);
	}
	for(i = 0; i < CM_STATS; i++)
		rpc->struct_add(s, "d", (char *)cm_stats_name((enum cm_stat)i),
				(int)cm_stats_get((enum cm_stat)i));
}

static void cm_rpc_line(void *arg, const char *line)
{
	struct cm_rpc_sink *sink = arg;

	sink->rpc->rpl_printf(sink->ctx, "%s", line);
}

static void cm_rpc_check(rpc_t *rpc, void *ctx)
{
	struct cm_rpc_sink sink = {rpc, ctx};
	char *path, *domain;
	const char *why;
	uint8_t *der;
	size_t len;

	if(rpc->scan(ctx, "s", &path) < 1 || rpc->scan(ctx, "s", &domain) < 1) {
		rpc->fault(ctx, 400, "usage: cert_match.check file domain");
		return;
	}
	switch(cm_pem_load(path, &der, &len, &why)) {
		case 0:
			break;
		case -1:
			rpc->fault(ctx, 404, "cannot read %s: %s", path, why);
			return;
		default:
			rpc->fault(ctx, 400, "%s holds no certificate", path);
			return;
	}
	cm_explain_check(der, len, domain, strlen(domain), &cm_rpc_options.ident,
			&cm_rpc_options.match, (int64_t)time(NULL), cm_rpc_line, &sink);
	OPENSSL_free(der);
}

static const char *cm_doc_peers[] = {
		"TLS connections, one row each: [in|out] [state] [address] [domain] "
		"[limit [offset]]",
		0};
static const char *cm_doc_peer[] = {"One TLS connection: id", 0};
static const char *cm_doc_expiry[] = {
		"Certificates seen, soonest to end first: [own|peer] "
		"[ok|soon|expired] [limit [offset]]",
		0};
static const char *cm_doc_stats[] = {"Numbers since the start", 0};
static const char *cm_doc_check[] = {
		"Is this certificate good for this domain, step by step: file domain",
		0};

static rpc_export_t cm_rpcs[] = {
		{"cert_match.peers", cm_rpc_peers, cm_doc_peers, RET_ARRAY},
		{"cert_match.peer", cm_rpc_peer, cm_doc_peer, 0},
		{"cert_match.expiry", cm_rpc_expiry, cm_doc_expiry, RET_ARRAY},
		{"cert_match.stats", cm_rpc_stats, cm_doc_stats, 0},
		{"cert_match.check", cm_rpc_check, cm_doc_check, RET_ARRAY},
		{0, 0, 0, 0}};

void cert_match_rpc_options(
		const struct cm_ident_opts *ident, const struct cm_match_opts *match)
{
	cm_rpc_options.ident = *ident;
	cm_rpc_options.match = *match;
}

int cert_match_rpc_init(void)
{
	if(rpc_register_array(cm_rpcs) != 0) {
		LM_ERR("cannot register the RPC commands\n");
		return -1;
	}
	return 0;
}
