/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask this module while it runs? */
#include "tls_reuse_rpc.h"

#include "tr_conn.h"
#include "tr_params.h"
#include "tr_peers.h"
#include "tr_stats.h"
#include "tr_store.h"

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"

#include <stdio.h>
#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 500

static const char *const flows_doc[] = {
		"The phones' connections that requests may come for."
		" Parameters: [limit (50, at most 500) [offset]]",
		NULL};
static const char *const aliases_doc[] = {
		"The connection alias table (RFC 5923): which connection leads where"
		" for whom. Parameters: [limit (50, at most 500) [offset]]",
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

/* Reads [limit [offset]] and gets memory for so many rows; NULL: the caller of
 * the RPC was told why not. */
static void *rows_for(
		rpc_t *rpc, void *ctx, size_t size, int *limit, int *offset)
{
	void *rows;

	*limit = LIMIT_DEFAULT;
	*offset = 0;
	/* an argument that is not given leaves the default alone */
	if(rpc->scan(ctx, "*dd", limit, offset) < 0 || *limit < 1
			|| *limit > LIMIT_MAX || *offset < 0) {
		rpc->fault(ctx, 400, "limit is 1 to %d, offset 0 or more", LIMIT_MAX);
		return NULL;
	}
	rows = pkg_malloc((size_t)*limit * size);
	if(rows == NULL) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "out of memory: ask for fewer rows");
	}
	return rows;
}

static void rpc_flows(rpc_t *rpc, void *ctx)
{
	struct tr_flow_info *list;
	int limit, offset;
	unsigned n, i;

	list = rows_for(rpc, ctx, sizeof(*list), &limit, &offset);
	if(list == NULL) {
		return;
	}
	n = tr_store_list((unsigned)offset, (unsigned)limit, list);
	for(i = 0; i < n && add_flow(rpc, ctx, &list[i], time(NULL)) >= 0; i++) {
	}
	pkg_free(list);
}

/* RFC 5923 s5: address, port, transport, identity and alias descriptor; and
 * what we know besides. */
static int add_alias(
		rpc_t *rpc, void *ctx, const struct tr_alias *a, time_t now)
{
	str domain = {(char *)tr_alias_domain(a).s, a->domain_len};
	str local = {(char *)tr_alias_local(a).s, a->local_len};
	struct ip_addr ip = {0};
	void *row;

	ip.af = a->ip_len == 4 ? AF_INET : AF_INET6;
	ip.len = a->ip_len;
	memcpy(ip.u.addr, a->ip, a->ip_len);
	if(rpc->add(ctx, "{", &row) < 0) {
		return -1;
	}
	return rpc->struct_add(row, "sdsSSdsduuu", "ip", ip_addr2a(&ip), "port",
			a->port, "transport", get_proto_name(a->transport), "identity",
			&domain, "local_domain", &local, "id", a->conid, "direction",
			a->dir == TR_ALIAS_OPENED ? "out" : "in", "authenticated",
			tr_conn_authenticated(a->conid, tr_alias_domain(a)), "age",
			(unsigned)(now - a->created), "idle",
			(unsigned)(now - a->last_used), "uses", a->uses);
}

static void rpc_aliases(rpc_t *rpc, void *ctx)
{
	struct tr_alias *list;
	int limit, offset;
	unsigned n, i;

	list = rows_for(rpc, ctx, sizeof(*list), &limit, &offset);
	if(list == NULL) {
		return;
	}
	n = tr_peers_list((unsigned)offset, (unsigned)limit, list);
	for(i = 0; i < n && add_alias(rpc, ctx, &list[i], time(NULL)) >= 0; i++) {
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
	rpc->struct_add(row, "dddd", "flows", (int)tr_store_count(), "max_flows",
			tr_params.max_flows, "aliases", (int)tr_peers_count(),
			"max_aliases", tr_params.max_aliases);
	for(i = 0; i < TR_STAT_COUNT; i++) {
		rpc->struct_add(row, "u", tr_stats_name((enum tr_stat)i),
				(unsigned)tr_stats_get((enum tr_stat)i));
	}
}

rpc_export_t tls_reuse_rpc[] = {
		{"tls_reuse.flows", rpc_flows, (const char **)flows_doc, RET_ARRAY},
		{"tls_reuse.aliases", rpc_aliases, (const char **)aliases_doc,
				RET_ARRAY},
		{"tls_reuse.stats", rpc_stats, (const char **)stats_doc, 0},
		{0, 0, 0, 0}};
