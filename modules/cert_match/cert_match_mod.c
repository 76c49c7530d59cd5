/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the cert_match module offer Kamailio, and how does it start? */

#include <string.h>

#include "../../core/dprint.h"
#include "../../core/ip_addr.h"
#include "../../core/mod_fix.h"
#include "../../core/pvar.h"
#include "../../core/script_cb.h"
#include "../../core/sr_module.h"

#include "cert_match_api.h"
#include "cert_match_kemi.h"
#include "cert_match_pv.h"
#include "cert_match_rpc.h"
#include "cert_match_rpc_failures.h"
#include "cm_check.h"
#include "cm_conn.h"
#include "cm_expiry.h"
#include "cm_fork.h"
#include "cm_ledger.h"
#include "cm_own.h"
#include "cm_route.h"
#include "cm_stats.h"
#include "cm_store.h"
#include "cm_ticker.h"

MODULE_VERSION

/* Records outlive the core's count of a connection by the moment in which its
 * last user lets go of it. */
#define CM_MAX_SPARE 64

struct cm_params {
	int wildcard;
	int common_name;
	int max_connections; /* 0: the core's tls_max_connections */
	char *eku;
	char *default_expect;
	int accepted_by_address;
	int failures;
	char *event_callback;
	struct cm_expiry_opts expiry;
};

static struct cm_params cm_params = {.eku = "tls",
		.default_expect = "profile",
		.accepted_by_address = 1,
		.failures = CM_LEDGER_DEFAULT,
		.expiry = {CM_EXPIRY_WARN_DAYS, CM_EXPIRY_MAX_CERTIFICATES,
				CM_EXPIRY_INTERVAL}};

static int cm_flag(const char *name, int value)
{
	if(value == 0 || value == 1)
		return 0;
	LM_ERR("modparam %s is %d: it must be 0 or 1\n", name, value);
	return -1;
}

static int cm_check_params(void)
{
	if(cm_flag("wildcard", cm_params.wildcard) < 0
			|| cm_flag("common_name", cm_params.common_name) < 0
			|| cm_flag("accepted_by_address", cm_params.accepted_by_address)
					   < 0)
		return -1;
	if(cm_params.max_connections < 0) {
		LM_ERR("modparam max_connections is %d: it must be 0 (as many as "
			   "tls_max_connections) or more\n",
				cm_params.max_connections);
		return -1;
	}
	if(cm_params.max_connections == 0)
		cm_params.max_connections = cm_conn_core_max() + CM_MAX_SPARE;
	if(cm_params.failures < 0 || cm_params.failures > CM_LEDGER_MAX) {
		LM_ERR("modparam failures is %d: it must be 0 (they are counted, none "
			   "is kept) to %d\n",
				cm_params.failures, CM_LEDGER_MAX);
		return -1;
	}
	return 0;
}

static int cm_read_options(
		struct cm_trace_opts *opts, enum cm_default_expect *default_expect)
{
	static const char *const names[] = {[CM_DEFAULT_PROFILE] = "profile",
			[CM_DEFAULT_ADDRESS] = "address",
			[CM_DEFAULT_REFUSE] = "refuse"};
	size_t i;

	memset(opts, 0, sizeof(*opts));
	opts->ident.common_name = cm_params.common_name;
	opts->match.wildcard = cm_params.wildcard;
	if(cm_eku_mode(cm_params.eku, strlen(cm_params.eku), &opts->ident.eku)
			< 0) {
		LM_ERR("modparam eku is \"%s\": it must be tls, sip or any\n",
				cm_params.eku);
		return -1;
	}
	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if(strcmp(cm_params.default_expect, names[i]) == 0) {
			*default_expect = (enum cm_default_expect)i;
			return 0;
		}
	}
	LM_ERR("modparam default_expect is \"%s\": it must be profile, address "
		   "or refuse\n",
			cm_params.default_expect);
	return -1;
}

/* A message is counted where the script gets it: the one place where "one
 * message" means the same for TCP framing and for people. */
static int cm_count_message(sip_msg_t *msg, unsigned int flags, void *param)
{
	int id = cm_check_conid(msg);

	(void)flags;
	(void)param;
	if(id)
		cm_store_message_in(id);
	return 1;
}

static int cm_watch_param(modparam_t type, void *value)
{
	(void)type;
	return cm_expiry_watch(value);
}

static int mod_init(void)
{
	struct cm_life_opts life;
	struct cm_trace_opts opts;

	if(cm_conn_tls_there() < 0 || cm_check_params() < 0
			|| cm_read_options(&opts, &life.default_expect) < 0)
		return -1;
	cm_check_init(&opts.match);
	cm_own_init();
	cert_match_rpc_options(&opts.ident, &opts.match);
	if(cm_store_init((unsigned)cm_params.max_connections) < 0)
		return -1;
	if(cm_stats_init() < 0 || cert_match_rpc_init() < 0)
		return -1;
	if(register_script_cb(
			   cm_count_message, PRE_SCRIPT_CB | REQUEST_CB | ONREPLY_CB, 0)
			< 0) {
		LM_ERR("cannot register the callback that counts messages\n");
		return -1;
	}
	if(!cm_conn_core_cures_fork() && cm_fork_cure() < 0)
		return -1;
	cm_route_callback(cm_params.event_callback);
	if(cm_ledger_init((unsigned)cm_params.failures) < 0 || cm_route_init() < 0
			|| cm_expiry_init(&cm_params.expiry) < 0 || cm_ticker_init() < 0
			|| cert_match_rpc_failures_init() < 0)
		return -1;
	life.accepted_by_address = cm_params.accepted_by_address;
	return cm_conn_hook(&opts, &life);
}

/* The core frees the connections after this; their records go here. */
static void mod_destroy(void)
{
	cm_store_destroy();
	cm_ledger_destroy();
	cm_expiry_destroy();
}

static cmd_export_t cmds[] = {
		{"cert_match", (cmd_function)w_cert_match, 1, fixup_spve_null,
				fixup_free_spve_null, ANY_ROUTE},
		{"cert_match_bind", (cmd_function)cert_match_bind, 0, 0, 0, 0},
		{0, 0, 0, 0, 0, 0}};

static param_export_t params[] = {{"wildcard", PARAM_INT, &cm_params.wildcard},
		{"common_name", PARAM_INT, &cm_params.common_name},
		{"max_connections", PARAM_INT, &cm_params.max_connections},
		{"eku", PARAM_STRING, &cm_params.eku},
		{"default_expect", PARAM_STRING, &cm_params.default_expect},
		{"accepted_by_address", PARAM_INT, &cm_params.accepted_by_address},
		{"failures", PARAM_INT, &cm_params.failures},
		{"event_callback", PARAM_STRING, &cm_params.event_callback},
		{"watch", PARAM_STRING | PARAM_USE_FUNC, (void *)cm_watch_param},
		{"expiry_warn_days", PARAM_INT, &cm_params.expiry.warn_days},
		{"max_certificates", PARAM_INT, &cm_params.expiry.max_certificates},
		{"watch_interval", PARAM_INT, &cm_params.expiry.interval}, {0, 0, 0}};

static pv_export_t pvs[] = {
		{{"cert_match", sizeof("cert_match") - 1}, PVT_OTHER, cert_match_pv_get,
				0, cert_match_pv_parse, 0, 0, 0},
		{{0, 0}, 0, 0, 0, 0, 0, 0, 0}};

struct module_exports exports = {"cert_match", DEFAULT_DLFLAGS, cmds, params, 0,
		pvs, 0, mod_init, cm_ticker_start, mod_destroy};

/* Called by the loadmodule line itself: the earliest moment to say that it
 * stands before that of the tls module. */
int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	(void)path;
	(void)dlflags;
	(void)p1;
	(void)p2;
	if(cm_conn_tls_there() < 0)
		return -1;
	return cert_match_kemi_init();
}
