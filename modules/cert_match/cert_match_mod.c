/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the cert_match module offer Kamailio, and how does it start? */

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
#include "cm_check.h"
#include "cm_conn.h"
#include "cm_fork.h"
#include "cm_stats.h"
#include "cm_store.h"

MODULE_VERSION

/* Records outlive the core's count of a connection by the moment in which its
 * last user lets go of it. */
#define CM_MAX_SPARE 64

struct cm_params {
	int wildcard;
	int common_name;
	int max_connections; /* 0: the core's tls_max_connections */
};

static struct cm_params cm_params;

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
			|| cm_flag("common_name", cm_params.common_name) < 0)
		return -1;
	if(cm_params.max_connections < 0) {
		LM_ERR("modparam max_connections is %d: it must be 0 (as many as "
			   "tls_max_connections) or more\n",
				cm_params.max_connections);
		return -1;
	}
	if(cm_params.max_connections == 0)
		cm_params.max_connections = cm_conn_core_max() + CM_MAX_SPARE;
	return 0;
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

static int mod_init(void)
{
	struct cm_ident_opts ident = {cm_params.common_name};
	struct cm_match_opts match = {cm_params.wildcard};

	if(cm_conn_tls_there() < 0 || cm_check_params() < 0)
		return -1;
	cm_check_init(&match);
	cert_match_rpc_options(&ident, &match);
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
	return cm_conn_hook(&ident);
}

/* The core frees the connections after this; their records go here. */
static void mod_destroy(void)
{
	cm_store_destroy();
}

static cmd_export_t cmds[] = {
		{"cert_match", (cmd_function)w_cert_match, 1, fixup_spve_null,
				fixup_free_spve_null, ANY_ROUTE},
		{"cert_match_bind", (cmd_function)cert_match_bind, 0, 0, 0, 0},
		{0, 0, 0, 0, 0, 0}};

static param_export_t params[] = {{"wildcard", PARAM_INT, &cm_params.wildcard},
		{"common_name", PARAM_INT, &cm_params.common_name},
		{"max_connections", PARAM_INT, &cm_params.max_connections}, {0, 0, 0}};

static pv_export_t pvs[] = {
		{{"cert_match", sizeof("cert_match") - 1}, PVT_OTHER, cert_match_pv_get,
				0, cert_match_pv_parse, 0, 0, 0},
		{{0, 0}, 0, 0, 0, 0, 0, 0, 0}};

struct module_exports exports = {"cert_match", DEFAULT_DLFLAGS, cmds, params, 0,
		pvs, 0, mod_init, 0, mod_destroy};

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
