/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask this module while it runs? */
#include "tls_reuse_rpc.h"

#include "tr_close.h"
#include "tr_conn.h"
#include "tr_keep.h"
#include "tr_key.h"
#include "tr_params.h"
#include "tr_peers.h"
#include "tr_stats.h"
#include "tr_store.h"
#include "tr_wait.h"

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
static const char *const close_doc[] = {
		"Closes a connection as soon as no transaction is open on it."
		" Parameters: id [seconds to wait (180)]",
		NULL};
static const char *const stats_doc[] = {
		"How often what was decided, since the start", NULL};

static const char *const rekey_doc[] = {
		"Reads the file of flow_key again, for all processes at once", NULL};

static int add_flow(
		rpc_t *rpc, void *ctx, const struct tr_flows_row *f, int64_t now)
{
	char text[IP_ADDR_MAX_STR_SIZE + 16];
	struct tr_peer peer;
	void *row;

	tr_store_peer(f, &peer);
	snprintf(text, sizeof(text), "%s:%d",
			peer.ip.af == AF_INET6 ? ip_addr2strz(&peer.ip)
								   : ip_addr2a(&peer.ip),
			peer.port);
	if(rpc->add(ctx, "{", &row) < 0) {
		return -1;
	}
	return rpc->struct_add(row, "dsssdduuuuu", "id", f->conid, "peer", text,
			"aor", f->aor, "user_agent", f->user_agent, "registered",
			f->expires > now, "registrations", (int)f->registrations,
			"expires_in", f->expires > now ? (unsigned)(f->expires - now) : 0,
			"age", (unsigned)(now - f->created), "idle",
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
	struct tr_flows_row *list;
	int64_t now = tr_store_now();
	int limit, offset;
	unsigned n, i;

	list = rows_for(rpc, ctx, sizeof(*list), &limit, &offset);
	if(list == NULL) {
		return;
	}
	n = tr_store_list((unsigned)offset, (unsigned)limit, list);
	for(i = 0; i < n; i++) {
		if(!tr_close_has(list[i].conid)
				&& add_flow(rpc, ctx, &list[i], now) < 0) {
			break;
		}
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
	rpc->struct_add(row, "dddddd", "flows", (int)tr_store_count(), "max_flows",
			tr_params.max_flows, "registrations", (int)tr_store_registered(),
			"aliases", (int)tr_peers_count(), "max_aliases",
			tr_params.max_aliases, "waiting", (int)tr_wait_count());
	rpc->struct_add(row, "dd", "kept", (int)tr_keep_count(), "closing",
			(int)tr_close_count());
	for(i = 0; i < TR_STAT_COUNT; i++) {
		rpc->struct_add(row, "u", tr_stats_name((enum tr_stat)i),
				(unsigned)tr_stats_get((enum tr_stat)i));
	}
}

static void rpc_rekey(rpc_t *rpc, void *ctx)
{
	char why[TR_KEY_WHY_MAX], making[5], call_ids[5];
	struct tr_key_facts facts;
	void *row;

	switch(tr_key_again(&facts, why)) {
		case 0:
			break;
		case -2:
			rpc->fault(ctx, 400,
					"flow_key is not a file: there is nothing to read again");
			return;
		default:
			rpc->fault(ctx, 500, "nothing was changed: %s", why);
			return;
	}
	snprintf(making, sizeof(making), "%04x", facts.making);
	snprintf(call_ids, sizeof(call_ids), "%04x", facts.call_ids);
	if(rpc->add(ctx, "{", &row) >= 0) {
		rpc->struct_add(row, "dss", "keys", (int)facts.keys, "making", making,
				"call_ids", call_ids);
	}
}

static void rpc_close(rpc_t *rpc, void *ctx)
{
	int conid = 0, seconds = TR_CLOSE_MAX_S;
	unsigned open = 0;
	void *row;

	if(rpc->scan(ctx, "d*d", &conid, &seconds) < 1 || seconds < 0
			|| seconds > TR_CLOSE_MAX_S) {
		rpc->fault(ctx, 400,
				"say which connection, by its id, and, if you like, how long"
				" to wait: 0 to %d seconds",
				TR_CLOSE_MAX_S);
		return;
	}
	switch(tr_close(conid, (unsigned)seconds, &open)) {
		case TR_CLOSE_GONE:
			rpc->fault(ctx, 404, "there is no TLS connection %d", conid);
			return;
		case TR_CLOSE_FULL:
			rpc->fault(ctx, 503, "%d connections wait to be closed already",
					TR_CLOSE_MAX);
			return;
		case TR_CLOSE_OK:
			break;
	}
	if(rpc->add(ctx, "{", &row) >= 0) {
		rpc->struct_add(row, "du", "id", conid, "waiting", open);
	}
}

rpc_export_t tls_reuse_rpc[] = {
		{"tls_reuse.flows", rpc_flows, (const char **)flows_doc, RET_ARRAY},
		{"tls_reuse.aliases", rpc_aliases, (const char **)aliases_doc,
				RET_ARRAY},
		{"tls_reuse.rekey", rpc_rekey, (const char **)rekey_doc, 0},
		{"tls_reuse.close", rpc_close, (const char **)close_doc, 0},
		{"tls_reuse.stats", rpc_stats, (const char **)stats_doc, 0},
		{0, 0, 0, 0}};
