/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy_rpc answers: what does an operator see and order at run time?
 * See sdes_policy_rpc.h.
 */
#include <stdlib.h>

#include "../../core/dprint.h"
#include "../../core/rpc.h"
#include "../../core/rpc_lookup.h"

#include "sdes_policy_rpc.h"
#include "sp_file.h"
#include "sp_policy.h"
#include "sp_stats.h"
#include "sp_store.h"

#define WHY_MAX 512
#define REPORT_MAX 16384

/* Set before the fork. */
static const char *policy_path;

static void rpc_reload(rpc_t *rpc, void *ctx)
{
	char words[WHY_MAX];
	struct sp_buf why;

	sp_buf_init(&why, words, sizeof(words));
	if(sp_store_load(policy_path, &why) < 0) {
		sp_stats_add(SP_STAT_RELOADS_FAILED, 1);
		LM_ERR("the old policy stays: %s\n", words);
		rpc->fault(ctx, 500, "the old policy stays: %s", words);
		return;
	}
	sp_stats_add(SP_STAT_RELOADS, 1);
	LM_NOTICE("new policy in force: %s\n", policy_path);
	rpc->rpl_printf(ctx, "new policy in force: %s", policy_path);
}

static void add_side(rpc_t *rpc, void *sides, const struct sp_side *side)
{
	rpc->struct_add(sides, "ssss", "name", side->name, "srtp",
			sp_mode_name((enum sp_mode)side->mode), "to", side->to, "interface",
			side->interface);
}

static const char *action_name(uint8_t action)
{
	switch(action) {
		case SP_ACT_WARN:
			return "warn";
		case SP_ACT_ALLOW:
			return "allow";
		default:
			return "refuse";
	}
}

static void show_quality(rpc_t *rpc, void *top, const struct sp_rules *rules)
{
	static const char *const names[SP_QUALITIES] = {
			"zero", "repeated", "known", "ascii-hex", "printable"};
	void *quality;

	if(rpc->struct_add(top, "{", "key_quality", &quality) < 0)
		return;
	for(int i = 0; i < SP_QUALITIES; i++)
		rpc->struct_add(quality, "s", names[i], action_name(rules->quality[i]));
	rpc->struct_add(quality, "s", "reuse", action_name(rules->reuse));
}

static void show_rules(rpc_t *rpc, void *ctx, const struct sp_rules *rules)
{
	void *top, *suites, *sides, *side;

	if(rpc->add(ctx, "{", &top) < 0)
		return;
	rpc->struct_add(top, "sd", "policy", policy_path, "age",
			(int)(time(NULL) - sp_store_loaded(rules)));
	rpc->struct_add(
			top, "s", "suite_order", rules->order_policy ? "policy" : "offer");
	if(rpc->struct_add(top, "[", "suites", &suites) < 0)
		return;
	for(unsigned rank = 1; rank <= rules->n_suites; rank++)
		rpc->array_add(
				suites, "s", sp_suite_info(sp_rules_suite(rules, rank))->name);
	show_quality(rpc, top, rules);
	if(rpc->struct_add(top, "[", "sides", &sides) < 0)
		return;
	for(unsigned i = 0; i < rules->n_sides; i++) {
		if(rpc->array_add(sides, "{", &side) < 0)
			return;
		add_side(rpc, side, &rules->sides[i]);
	}
}

static void rpc_show(rpc_t *rpc, void *ctx)
{
	const struct sp_rules *rules = sp_store_get();

	show_rules(rpc, ctx, rules);
	sp_store_put(rules);
}

static void rpc_stats(rpc_t *rpc, void *ctx)
{
	void *top;

	if(rpc->add(ctx, "{", &top) < 0)
		return;
	for(int i = 0; i < SP_STATS; i++)
		rpc->struct_printf(top, (char *)(uintptr_t)sp_stats_name(i), "%ld",
				sp_stats_get(i));
}

static enum sp_transport transport_of(struct sp_text t)
{
	if(sp_text_ieq(t, SP_TEXT("tls")))
		return SP_OVER_TLS;
	if(sp_text_ieq(t, SP_TEXT("tcp")))
		return SP_OVER_TCP;
	return sp_text_ieq(t, SP_TEXT("udp")) ? SP_OVER_UDP : SP_OVER_UNKNOWN;
}

/* Judges an offer as if it had come from a side. No key is printed. */
static void check_text(
		rpc_t *rpc, void *ctx, struct sp_text text, const struct sp_question *q)
{
	struct sp_reading how = sp_policy_reading(q->rules);
	char words[REPORT_MAX];
	struct sp_verdict v;
	struct sp_sdp sdp;
	struct sp_buf b;
	void *top;

	sp_buf_init(&b, words, sizeof(words));
	sp_sdp_read(text, &how, &sdp);
	sp_policy_judge(q, &sdp, &v);
	if(sdp.err == SP_SDP_OK)
		sp_verdict_report(&v, &sdp, &b);
	sp_sdp_wipe(&sdp);
	if(rpc->add(ctx, "{", &top) < 0)
		return;
	rpc->struct_add(top, "sds", "verdict",
			v.code == 200 ? "accepted" : "refused", "code", v.code, "reason",
			v.reason);
	rpc->struct_add(top, "s", "report", words);
}

static void check_from(rpc_t *rpc, void *ctx, str *side, str *over, char *file)
{
	struct sp_text name = {side->s, (size_t)side->len}, text;
	struct sp_text transport = {over->s, (size_t)over->len};
	const struct sp_rules *rules = sp_store_get();
	struct sp_question q = {rules, sp_rules_side(rules, name), NULL,
			transport_of(transport), 0, NULL};
	char words[WHY_MAX];
	struct sp_buf why;

	sp_buf_init(&why, words, sizeof(words));
	if(q.from == NULL || q.over == SP_OVER_UNKNOWN) {
		rpc->fault(ctx, 400,
				"expected a side of the policy, then tls, tcp or"
				" udp, then the file of an SDP");
	} else if(sp_file_read(file, SP_BODY_MAX, "the file of an SDP", &text, &why)
			  < 0) {
		rpc->fault(ctx, 404, "%s", words);
	} else {
		q.to = sp_rules_next(rules, q.from);
		check_text(rpc, ctx, text, &q);
		free((void *)(uintptr_t)text.s);
	}
	sp_store_put(rules);
}

static void rpc_check(rpc_t *rpc, void *ctx)
{
	str side, over;
	char *file;

	if(rpc->scan(ctx, "SSs", &side, &over, &file) < 3) {
		rpc->fault(ctx, 400, "expected SIDE TRANSPORT FILE");
		return;
	}
	check_from(rpc, ctx, &side, &over, file);
}

static const char *reload_doc[] = {
		"Reads the policy file again; a bad one changes nothing.", 0};
static const char *show_doc[] = {"Shows the policy in force.", 0};
static const char *check_doc[] = {
		"Judges the SDP in a file as if it came: SIDE TRANSPORT FILE.", 0};
static const char *stats_doc[] = {"Shows the counters.", 0};

static rpc_export_t commands[] = {
		{"sdes_policy.reload", rpc_reload, reload_doc, 0},
		{"sdes_policy.show", rpc_show, show_doc, 0},
		{"sdes_policy.check", rpc_check, check_doc, 0},
		{"sdes_policy.stats", rpc_stats, stats_doc, 0}, {0, 0, 0, 0}};

int sdes_policy_rpc_init(const char *path)
{
	policy_path = path;
	return rpc_register_array(commands) == 0 ? 0 : -1;
}
