/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy answers: which media keys may be offered, accepted and passed
 * on here? This file is the module as Kamailio sees it: its parameters, its
 * functions, its start and end.
 */
#include <string.h>

#include "../../core/dprint.h"
#include "../../core/mod_fix.h"
#include "../../core/onsend.h"
#include "../../core/script_cb.h"
#include "../../core/sr_module.h"

#include "sdes_policy_kemi.h"
#include "sdes_policy_pv.h"
#include "sdes_policy_rpc.h"
#include "sp_session.h"
#include "sp_stats.h"
#include "sp_store.h"

MODULE_VERSION

#define WHY_MAX 512

static struct {
	char *policy;
	char *rtpengine_version;
} params = {NULL, "10.5"};

static int read_version(void)
{
	struct sp_version version;

	if(sp_version_read(sp_text_of(params.rtpengine_version), &version) < 0) {
		LM_ERR("rtpengine_version is \"%s\": expected what `rtpengine"
			   " --version` says, 10.0 or later, for example \"10.5\"\n",
				params.rtpengine_version);
		return -1;
	}
	sdes_policy_kemi_init(&version);
	return 0;
}

static int load_policy(void)
{
	char words[WHY_MAX];
	struct sp_buf why;

	if(params.policy == NULL || params.policy[0] == '\0') {
		LM_ERR("no policy: set modparam(\"sdes_policy\", \"policy\","
			   " \"/etc/tls-edge/sdes-policy.xml\")\n");
		return -1;
	}
	sp_buf_init(&why, words, sizeof(words));
	if(sp_store_load(params.policy, &why) < 0) {
		LM_ERR("the policy cannot be used: %s\n", words);
		return -1;
	}
	return 0;
}

static int wipe_cb(struct sip_msg *msg, unsigned int flags, void *param)
{
	sp_session_wipe();
	return 1;
}

static void warn_of_gaps(void)
{
	if(!onsend_route_enabled(SIP_REQUEST))
		LM_WARN("there is no onsend_route: without sdes_policy_onsend() in it"
				" nothing looks at finished messages\n");
	else if(!onsend_route_enabled(SIP_REPLY))
		LM_WARN("onsend_route_reply=yes is not set: nothing looks at finished"
				" replies\n");
}

static int mod_init(void)
{
	if(read_version() < 0 || sp_store_init() < 0 || load_policy() < 0)
		return -1;
	if(sp_stats_init() < 0)
		return -1;
	if(sdes_policy_rpc_init(params.policy) < 0) {
		LM_ERR("cannot register the RPC commands\n");
		return -1;
	}
	/* Keys must not outlive the message they came in. */
	if(register_script_cb(wipe_cb, POST_SCRIPT_CB | REQUEST_CB | ONREPLY_CB, 0)
			< 0) {
		LM_ERR("cannot register a script callback\n");
		return -1;
	}
	sp_session_wipe();
	warn_of_gaps();
	return 0;
}

static void mod_destroy(void)
{
	sp_session_wipe();
	sp_store_destroy();
}

static int get_str(struct sip_msg *msg, char *param, str *out)
{
	if(fixup_get_svalue(msg, (gparam_t *)param, out) < 0) {
		LM_ERR("a parameter has no value\n");
		return -1;
	}
	return 0;
}

static int w_in(struct sip_msg *msg, char *p1, char *p2)
{
	str side, kind;

	if(get_str(msg, p1, &side) < 0)
		return -3;
	if(p2 == NULL)
		return ki_sdes_policy_in(msg, &side);
	if(get_str(msg, p2, &kind) < 0)
		return -3;
	return ki_sdes_policy_in_as(msg, &side, &kind);
}

static int w_out(struct sip_msg *msg, char *p1, char *p2)
{
	str side;

	if(get_str(msg, p1, &side) < 0)
		return -3;
	return ki_sdes_policy_out(msg, &side);
}

static int w_onsend(struct sip_msg *msg, char *p1, char *p2)
{
	str side;

	if(p1 == NULL)
		return ki_sdes_policy_onsend(msg);
	if(get_str(msg, p1, &side) < 0)
		return -3;
	return ki_sdes_policy_onsend_to(msg, &side);
}

/* Where an SDP can be judged: all but onsend_route, where it is finished. */
#define JUDGE_ROUTES                                                           \
	(REQUEST_ROUTE | FAILURE_ROUTE | ONREPLY_ROUTE | BRANCH_ROUTE | LOCAL_ROUTE)

static cmd_export_t cmds[] = {{"sdes_policy_in", w_in, 1, fixup_spve_null,
									  fixup_free_spve_null, JUDGE_ROUTES},
		{"sdes_policy_in", w_in, 2, fixup_spve_spve, fixup_free_spve_spve,
				JUDGE_ROUTES},
		{"sdes_policy_out", w_out, 1, fixup_spve_null, fixup_free_spve_null,
				JUDGE_ROUTES},
		{"sdes_policy_onsend", w_onsend, 0, 0, 0, ONSEND_ROUTE},
		{"sdes_policy_onsend", w_onsend, 1, fixup_spve_null,
				fixup_free_spve_null, ONSEND_ROUTE},
		{0, 0, 0, 0, 0, 0}};

static param_export_t mod_params[] = {{"policy", PARAM_STRING, &params.policy},
		{"rtpengine_version", PARAM_STRING, &params.rtpengine_version},
		{0, 0, 0}};

static pv_export_t pvs[] = {
		{{"sdes", sizeof("sdes") - 1}, PVT_OTHER, sdes_policy_pv_get, 0,
				sdes_policy_pv_parse, 0, 0, 0},
		{{0, 0}, 0, 0, 0, 0, 0, 0, 0}};

struct module_exports exports = {
		"sdes_policy",   /* module name */
		DEFAULT_DLFLAGS, /* dlopen flags */
		cmds,            /* exported functions */
		mod_params,      /* exported parameters */
		0,               /* RPC commands: registered in mod_init */
		pvs,             /* pseudo-variables */
		0,               /* reply processing */
		mod_init,        /* start */
		0,               /* start of each process */
		mod_destroy      /* end */
};

int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	return sdes_policy_kemi_register();
}
