/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask? Rows are copied out one by one, then printed. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"
#include "../../core/rpc.h"
#include "../../core/rpc_lookup.h"

#include "cert_match_rpc.h"
#include "cm_explain.h"
#include "cm_pem.h"
#include "cm_row.h"
#include "cm_stats.h"

/* So many rows fit into a reply of the ctl module's default size. */
#define CM_LIMIT_DEFAULT 50
#define CM_LIMIT_MAX 10000

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

static int cm_add_addresses(rpc_t *rpc, void *s, struct cm_conn_info *info)
{
	char peer[IP_ADDR_MAX_STRZ_SIZE + 1], local[sizeof(peer)];

	peer[ip_addr2sbufz(&info->peer_ip, peer, sizeof(peer) - 1)] = '\0';
	local[ip_addr2sbufz(&info->local_ip, local, sizeof(local) - 1)] = '\0';
	if(rpc->struct_printf(s, "peer", "%s:%u", peer, info->peer_port) < 0)
		return -1;
	return rpc->struct_printf(s, "local", "%s:%u", local, info->local_port);
}

static int cm_add_row(rpc_t *rpc, void *ctx, struct cm_row *row, time_t now)
{
	void *s;

	if(rpc->add(ctx, "{", &s) < 0)
		return -1;
	if(rpc->struct_add(s, "d", "id", row->info.id) < 0
			|| cm_add_addresses(rpc, s, &row->info) < 0)
		return -1;
	if(rpc->struct_add(s, "ssssssss", "direction", cm_dir_name(row->info.dir),
			   "state", cm_state_name(row->info.state), "identities",
			   row->identities, "source", cm_source_name(row->source),
			   "expected", row->expected, "version", row->version, "cipher",
			   row->cipher, "sni", row->sni)
			< 0)
		return -1;
	if(rpc->struct_add(s, "dss", "verified", row->verified, "reason",
			   cm_row_words(row), "fingerprint", row->fingerprint)
			< 0)
		return -1;
	if(row->has_cert
			&& rpc->struct_add(s, "d", "days_left", cm_row_days_left(row, now))
					   < 0)
		return -1;
	if(rpc->struct_add(s, "d", "age", (int)(now - row->opened)) < 0)
		return -1;
	if(rpc->struct_printf(
			   s, "bytes_in", "%llu", (unsigned long long)row->traffic.bytes_in)
					< 0
			|| rpc->struct_printf(s, "bytes_out", "%llu",
					   (unsigned long long)row->traffic.bytes_out)
					   < 0)
		return -1;
	return rpc->struct_add(s, "dd", "messages_in",
			(int)row->traffic.messages_in, "messages_out",
			(int)row->traffic.messages_out);
}

static void cm_rpc_peers(rpc_t *rpc, void *ctx)
{
	int limit = CM_LIMIT_DEFAULT, offset = 0, i, n;
	time_t now = time(NULL);
	struct cm_row row;
	int *ids;

	if(rpc->scan(ctx, "*d", &limit) > 0)
		rpc->scan(ctx, "*d", &offset);
	if(limit < 1 || limit > CM_LIMIT_MAX || offset < 0) {
		rpc->fault(ctx, 400,
				"usage: cert_match.peers [limit (1 to %d) "
				"[offset]]",
				CM_LIMIT_MAX);
		return;
	}
	ids = pkg_malloc((size_t)limit * sizeof(*ids));
	if(!ids) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "no memory for %d rows", limit);
		return;
	}
	n = (int)cm_store_ids(ids, (unsigned)limit, (unsigned)offset);
	for(i = 0; i < n; i++) {
		/* it may have ended since */
		if(cm_row_get(ids[i], &row) < 0)
			continue;
		if(cm_add_row(rpc, ctx, &row, now) < 0) {
			LM_ERR("the reply is too long: ask for fewer than %d rows\n",
					limit);
			rpc->fault(ctx, 500,
					"the reply is too long: ask for fewer than "
					"%d rows",
					limit);
			break;
		}
	}
	pkg_free(ids);
}

static void cm_rpc_peer(rpc_t *rpc, void *ctx)
{
	struct cm_row row;
	int id;

	if(rpc->scan(ctx, "d", &id) < 1) {
		rpc->fault(ctx, 400, "usage: cert_match.peer id");
		return;
	}
	if(cm_row_get(id, &row) < 0) {
		rpc->fault(ctx, 404, "no TLS connection %d is recorded", id);
		return;
	}
	cm_add_row(rpc, ctx, &row, time(NULL));
}

static void cm_rpc_stats(rpc_t *rpc, void *ctx)
{
	void *s;
	int i;

	if(rpc->add(ctx, "{", &s) < 0)
		return;
	rpc->struct_add(s, "dd", "connections", (int)cm_store_count(),
			"max_connections", (int)cm_store_max());
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
	uint8_t *der;
	size_t len;

	if(rpc->scan(ctx, "s", &path) < 1 || rpc->scan(ctx, "s", &domain) < 1) {
		rpc->fault(ctx, 400, "usage: cert_match.check file domain");
		return;
	}
	switch(cm_pem_load(path, &der, &len)) {
		case 0:
			break;
		case -1:
			rpc->fault(ctx, 404, "cannot read %s: %s", path, strerror(errno));
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
		"TLS connections, one row each: [limit [offset]]", 0};
static const char *cm_doc_peer[] = {"One TLS connection: id", 0};
static const char *cm_doc_stats[] = {"Numbers since the start", 0};
static const char *cm_doc_check[] = {
		"Is this certificate good for this domain, step by step: file domain",
		0};

static rpc_export_t cm_rpcs[] = {
		{"cert_match.peers", cm_rpc_peers, cm_doc_peers, RET_ARRAY},
		{"cert_match.peer", cm_rpc_peer, cm_doc_peer, 0},
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
