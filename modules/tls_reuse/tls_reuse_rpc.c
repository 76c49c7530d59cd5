/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask this module while it runs? */
#include "tls_reuse_rpc.h"

#include "tr_params.h"
#include "tr_stats.h"
#include "tr_store.h"

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"

#include <stdio.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 500

static const char *const flows_doc[] = {
		"The phones' connections that requests may come for."
		" Parameters: [limit (50, at most 500) [offset]]",
		NULL};
static const char *const stats_doc[] = {
		"How often what was decided, since the start", NULL};

static int add_flow(
		rpc_t *rpc, void *ctx, const struct tr_flow_info *f, time_t now)
{
	char peer[IP_ADDR_MAX_STR_SIZE + 16];
	struct ip_addr ip = f->peer.ip;
	void *row;

	snprintf(peer, sizeof(peer), "%s:%d",
			ip.af == AF_INET6 ? ip_addr2strz(&ip) : ip_addr2a(&ip),
			f->peer.port);
	if(rpc->add(ctx, "{", &row) < 0) {
		return -1;
	}
	return rpc->struct_add(row, "dsssduuuuu", "id", f->conid, "peer", peer,
			"aor", f->aor, "user_agent", f->user_agent, "registered",
			f->expires > now, "expires_in",
			f->expires > now ? (unsigned)(f->expires - now) : 0, "age",
			(unsigned)(now - f->created), "idle",
			(unsigned)(now - f->last_used), "requests_in", f->in,
			"requests_out", f->out);
}

static void rpc_flows(rpc_t *rpc, void *ctx)
{
	struct tr_flow_info *list;
	int limit = LIMIT_DEFAULT, offset = 0;
	unsigned n, i;

	/* an argument that is not given leaves the default alone */
	if(rpc->scan(ctx, "*dd", &limit, &offset) < 0 || limit < 1
			|| limit > LIMIT_MAX || offset < 0) {
		rpc->fault(ctx, 400, "limit is 1 to %d, offset 0 or more", LIMIT_MAX);
		return;
	}
	list = pkg_malloc((size_t)limit * sizeof(*list));
	if(list == NULL) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "out of memory: ask for fewer rows");
		return;
	}
	n = tr_store_list((unsigned)offset, (unsigned)limit, list);
	for(i = 0; i < n && add_flow(rpc, ctx, &list[i], time(NULL)) >= 0; i++) {
	}
	pkg_free(list);
}

static void rpc_stats(rpc_t *rpc, void *ctx)
{
	void *row;
	int i;

	if(rpc->add(ctx, "{", &row) < 0) {
		return;
	}
	rpc->struct_add(row, "dd", "flows", (int)tr_store_count(), "max_flows",
			tr_params.max_flows);
	for(i = 0; i < TR_STAT_COUNT; i++) {
		rpc->struct_add(row, "u", tr_stats_name((enum tr_stat)i),
				(unsigned)tr_stats_get((enum tr_stat)i));
	}
}

rpc_export_t tls_reuse_rpc[] = {
		{"tls_reuse.flows", rpc_flows, (const char **)flows_doc, RET_ARRAY},
		{"tls_reuse.stats", rpc_stats, (const char **)stats_doc, 0},
		{0, 0, 0, 0}};
