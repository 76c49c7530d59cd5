/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection may this request travel? The module as Kamailio sees
 * it: its parameters, its functions, its start and end. */
#include "tls_reuse_kemi.h"
#include "tls_reuse_pv.h"
#include "tls_reuse_rpc.h"
#include "tr_branch.h"
#include "tr_close.h"
#include "tr_conn.h"
#include "tr_hide.h"
#include "tr_keep.h"
#include "tr_key.h"
#include "tr_line.h"
#include "tr_offer.h"
#include "tr_params.h"
#include "tr_peers.h"
#include "tr_send.h"
#include "tr_stats.h"
#include "tr_store.h"
#include "tr_ticker.h"
#include "tr_to.h"
#include "tr_track.h"
#include "tr_wait.h"

#include "../../core/dprint.h"
#include "../../core/mod_fix.h"
#include "../../core/onsend.h"
#include "../../core/sr_module.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

MODULE_VERSION

struct tr_params tr_params = {.max_flows = 16384,
		.max_aliases = 4096,
		.max_uri_len = 255,
		.token_lifetime = 86400,
		.fail_reply = 1,
		.connection_lifetime = 3600};

/* One of inner and outer: said as the operator wrote it when it is wrong. */
static int read_address(const char *name, const char *value,
		const char *transport, struct tr_addr *addr)
{
	size_t at = 0;

	if(value == NULL || *value == '\0') {
		LM_ERR("%s is not set: say under which address this edge appears on"
			   " that side, as in modparam(\"tls_reuse\", \"%s\","
			   " \"sip:10.0.0.1:5060;transport=%s\")\n",
				name, name, transport ? transport : "udp");
		return -1;
	}
	if(tr_addr_parse(
			   (struct tr_view){value, strlen(value)}, transport, addr, &at)
			!= 0) {
		LM_ERR("%s \"%s\" is no host:port[;transport=udp|tcp|tls], from"
			   " \"%s\" on\n",
				name, value, value + at);
		return -1;
	}
	return 0;
}

/* modparam inside, each time it is given. */
static int add_inside(modparam_t type, void *value)
{
	const char *host = value;

	switch(tr_inside_add(
			&tr_params.inside, (struct tr_view){host, strlen(host)})) {
		case TR_INSIDE_ADDED:
			return 0;
		case TR_INSIDE_FULL:
			LM_ERR("inside \"%s\": there are %d of them already\n", host,
					TR_INSIDE_MAX);
			return -1;
		default:
			LM_ERR("inside \"%s\" is no host or IP address (without a port)\n",
					host);
			return -1;
	}
}

/* One of the settings in seconds. 0 or -1. */
static int check_seconds(const char *name, int seconds, int max)
{
	if(seconds < 0 || seconds > max) {
		LM_ERR("%s is %d, it must be 0 to %d seconds\n", name, seconds, max);
		return -1;
	}
	return 0;
}

static int check_keeping(void)
{
	return check_seconds("keepalive", tr_params.keepalive, 86400)
		   | check_seconds("connection_lifetime", tr_params.connection_lifetime,
				   31536000)
		   | check_seconds(
				   "tcp_user_timeout", tr_params.tcp_user_timeout, 86400);
}

static int check_bounds(void)
{
	if(tr_params.max_flows < 1 || tr_params.max_flows > (int)TR_FLOWS_MAX) {
		LM_ERR("max_flows is %d, it must be 1 to %u\n", tr_params.max_flows,
				TR_FLOWS_MAX);
		return -1;
	}
	if(tr_params.max_aliases < 1
			|| tr_params.max_aliases > (int)TR_ALIAS_ROWS_MAX) {
		LM_ERR("max_aliases is %d, it must be 1 to %u\n", tr_params.max_aliases,
				TR_ALIAS_ROWS_MAX);
		return -1;
	}
	if(tr_params.fail_reply != 0 && tr_params.fail_reply != 1) {
		LM_ERR("fail_reply is %d, it must be 0 or 1\n", tr_params.fail_reply);
		return -1;
	}
	if(tr_params.token_lifetime < 0) {
		LM_ERR("token_lifetime is %d, it must be 0 (no end) or more seconds\n",
				tr_params.token_lifetime);
		return -1;
	}
	if(tr_params.max_uri_len < 32 || tr_params.max_uri_len > TR_FLOW_URI_MAX) {
		LM_ERR("max_uri_len is %d, it must be 32 to %d\n",
				tr_params.max_uri_len, TR_FLOW_URI_MAX);
		return -1;
	}
	return 0;
}

/* Where the other edges of a cluster find this one: edge, or inner if that is
 * an address; if it is a name, nowhere, and there are none. 0 or -1. */
static int read_edge(void)
{
	struct tr_addr addr = tr_params.inner;
	int set = tr_params.edge_uri != NULL && *tr_params.edge_uri != '\0';

	if(set && read_address("edge", tr_params.edge_uri, NULL, &addr) != 0) {
		return -1;
	}
	if(tr_edge_read(
			   (struct tr_view){addr.text, addr.hostport_len}, &tr_params.edge)
					!= 0
			&& set) {
		LM_ERR("edge \"%s\" has no IP address of a host: other edges must"
			   " find this one without looking up a name\n",
				tr_params.edge_uri);
		return -1;
	}
	return 0;
}

static void on_closed(int conid)
{
	unsigned rows;

	tr_keep_drop(conid);
	tr_close_drop(conid);
	tr_store_drop(conid);
	tr_wait_closed(conid);
	for(rows = tr_peers_drop(conid); rows > 0; rows--) {
		tr_stats_inc(TR_STAT_ALIASES_CLOSED);
	}
}

/* What a configuration may do, and hardly means to. */
static void warn(void)
{
	if(!onsend_route_enabled(SIP_REQUEST)) {
		LM_WARN("there is no onsend_route: without tls_reuse_onsend() in it"
				" requests to phones are sent by address and not on their"
				" flow's connection, and requests to domains"
				" (tls_reuse_to()) are not sent at all\n");
	}
	/* RFC 5923 s9.1: in 5.6 a TCP peer can even draw TLS traffic to itself */
	if(tr_conn_core_aliases()) {
		LM_WARN("tcp_accept_aliases=yes: the core honours ;alias without asking"
				" who sent it: write tcp_accept_aliases=no, and call"
				" tls_reuse_alias() for requests that come over TLS\n");
	}
}

static void on_opened(int conid, const struct tr_alias_key *address)
{
	tr_track_opened(conid);
	tr_send_opened(conid, address);
}

static int start_keeping(void)
{
	unsigned max =
			(unsigned)tr_params.max_flows + (unsigned)tr_params.max_aliases;

	return tr_line_init() == 0 && tr_keep_init(max) == 0 && tr_close_init() == 0
				   ? 0
				   : -1;
}

static int mod_init(void)
{
	struct tr_conn_events events = {.opened = on_opened,
			.established = tr_keep_established,
			.closed = on_closed};

	if(tr_params.fail_reply) {
		tr_wait_listen(&events);
	}
	if(check_bounds() != 0 || check_keeping() != 0
			|| read_address(
					   "inner", tr_params.inner_uri, NULL, &tr_params.inner)
					   != 0
			|| read_address(
					   "outer", tr_params.outer_uri, "tls", &tr_params.outer)
					   != 0
			|| read_edge() != 0
			|| tr_key_init(tr_params.flow_key, &tr_params.edge,
					   (uint32_t)tr_params.token_lifetime)
					   != 0
			|| tr_track_init() != 0 || tr_hide_init() != 0 || tr_to_init() != 0
			|| tr_conn_init(&events) != 0 || tr_send_init() != 0
			|| tr_offer_init() != 0 || tr_stats_init() != 0
			|| tr_store_init((unsigned)tr_params.max_flows) != 0
			|| tr_peers_init((unsigned)tr_params.max_aliases) != 0
			|| start_keeping() != 0
			|| (tr_params.fail_reply && tr_wait_init() != 0)
			|| tr_ticker_init() != 0) {
		return -1;
	}
	warn();
	return 0;
}

/* PROC_INIT: before any process is forked, and when every module has started:
 * tm may be loaded before or after us. */
static int child_init(int rank)
{
	switch(rank) {
		case PROC_INIT:
			return tr_branch_init();
		case PROC_MAIN:
			return tr_ticker_fork();
		default:
			return 0;
	}
}

static void mod_destroy(void)
{
	tr_keep_destroy();
	tr_close_destroy();
	tr_track_destroy();
	tr_store_destroy();
	tr_peers_destroy();
	tr_offer_destroy();
	tr_to_destroy();
	tr_wait_destroy();
	tr_ticker_destroy();
	tr_key_destroy();
}

static int w_pin(struct sip_msg *msg, char *p1, char *p2)
{
	return ki_tls_reuse_pin(msg);
}

static int w_follow(struct sip_msg *msg, char *p1, char *p2)
{
	return ki_tls_reuse_follow(msg);
}

static int w_alias(struct sip_msg *msg, char *p1, char *p2)
{
	return ki_tls_reuse_alias(msg);
}

static int w_onsend(struct sip_msg *msg, char *p1, char *p2)
{
	return ki_tls_reuse_onsend(msg);
}

static int w_to(struct sip_msg *msg, char *p1, char *p2)
{
	str domain, local;

	if(fixup_get_svalue(msg, (gparam_t *)p1, &domain) != 0
			|| (p2 != NULL
					&& fixup_get_svalue(msg, (gparam_t *)p2, &local) != 0)) {
		LM_ERR("tls_reuse_to(): a parameter has no value\n");
		return -1;
	}
	return ki_tls_reuse_to_local(msg, &domain, p2 != NULL ? &local : NULL);
}

#define TO_ROUTES (REQUEST_ROUTE | BRANCH_ROUTE | FAILURE_ROUTE)

static cmd_export_t cmds[] = {{"tls_reuse_pin", w_pin, 0, 0, 0, ANY_ROUTE},
		{"tls_reuse_follow", w_follow, 0, 0, 0, REQUEST_ROUTE | FAILURE_ROUTE},
		{"tls_reuse_alias", w_alias, 0, 0, 0, REQUEST_ROUTE},
		{"tls_reuse_onsend", w_onsend, 0, 0, 0, ONSEND_ROUTE},
		{"tls_reuse_to", w_to, 1, fixup_spve_null, fixup_free_spve_null,
				TO_ROUTES},
		{"tls_reuse_to", w_to, 2, fixup_spve_spve, fixup_free_spve_spve,
				TO_ROUTES},
		{0, 0, 0, 0, 0, 0}};

static param_export_t params[] = {
		{"flow_key", PARAM_STRING, &tr_params.flow_key},
		{"inner", PARAM_STRING, &tr_params.inner_uri},
		{"outer", PARAM_STRING, &tr_params.outer_uri},
		{"max_flows", PARAM_INT, &tr_params.max_flows},
		{"max_aliases", PARAM_INT, &tr_params.max_aliases},
		{"max_uri_len", PARAM_INT, &tr_params.max_uri_len},
		{"keepalive", PARAM_INT, &tr_params.keepalive},
		{"connection_lifetime", PARAM_INT, &tr_params.connection_lifetime},
		{"tcp_user_timeout", PARAM_INT, &tr_params.tcp_user_timeout},
		{"hide_via", PARAM_INT, &tr_params.hide_via},
		{"fail_reply", PARAM_INT, &tr_params.fail_reply},
		{"edge", PARAM_STRING, &tr_params.edge_uri},
		{"token_lifetime", PARAM_INT, &tr_params.token_lifetime},
		{"inside", PARAM_STRING | PARAM_USE_FUNC, (void *)add_inside},
		{0, 0, 0}};

static pv_export_t pvs[] = {
		{{"tls_reuse", sizeof("tls_reuse") - 1}, PVT_OTHER, tls_reuse_pv_get, 0,
				tls_reuse_pv_parse, 0, 0, 0},
		{{0, 0}, 0, 0, 0, 0, 0, 0, 0}};

struct module_exports exports = {
		"tls_reuse",     /* module name */
		DEFAULT_DLFLAGS, /* dlopen flags */
		cmds,            /* exported functions */
		params,          /* exported parameters */
		tls_reuse_rpc,   /* RPC commands */
		pvs,             /* pseudo-variables */
		0,               /* reply processing */
		mod_init,        /* start */
		child_init,      /* start of each process */
		mod_destroy      /* end */
};

/* Called by the loadmodule line itself: the earliest moment to say that it
 * stands before that of cert_match. */
int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	if(tr_conn_cert_match_there() != 0) {
		return -1;
	}
	tls_reuse_kemi_register();
	return 0;
}
