/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For which domain is each branch of a transaction?
 *
 * tm makes all branches first, runs a callback for each while its destination
 * URI is in the request, and then sends them, in the same process and call.
 * So what the callback sees is remembered until the next request. A branch is
 * known by the place where tm keeps its destination. */
#include "tr_branch.h"

#include "tr_to.h"

#include "../../core/sr_module.h"
#include "../tm/tm_load.h"

#define BRANCHES_MAX 32 /* the core allows 31 */

struct branch {
	const struct dest_info *dst;
	enum tr_mark mark;
	struct tr_domains pair;
};

static struct {
	struct tm_binds tm; /* without register_tmcb: there is no tm */
	unsigned msg_id;    /* the request whose branches these are */
	int pid;
	unsigned n;
	struct branch branch[BRANCHES_MAX];
} state;

int tr_branch_init(void)
{
	if(!module_loaded("tm")) {
		return 0;
	}
	return load_tm_api(&state.tm) < 0 ? -1 : 0;
}

/* tm is about to resolve the destination of a branch, the next in t. */
static void on_branch(struct cell *t, int type, struct tmcb_params *params)
{
	struct sip_msg *msg = params->req;
	struct branch *b;

	if(state.msg_id != msg->id || state.pid != msg->pid) {
		state.msg_id = msg->id;
		state.pid = msg->pid;
		state.n = 0;
	}
	if(state.n == BRANCHES_MAX) {
		return;
	}
	b = &state.branch[state.n++];
	b->dst = &t->uac[t->nr_of_outgoings].request.dst;
	b->mark = tr_to_of(msg, &b->pair);
}

static int is_watched(const struct cell *t)
{
	const struct tm_callback *cb;

	for(cb = (const struct tm_callback *)t->tmcb_hl.first; cb != NULL;
			cb = cb->next) {
		if(cb->callback == on_branch) {
			return 1;
		}
	}
	return 0;
}

int tr_branch_watch(struct sip_msg *msg)
{
	struct cell *t;

	if(state.tm.register_tmcb == NULL) {
		return 0;
	}
	t = state.tm.t_gett();
	if(t == T_UNDEFINED) {
		t = NULL;
	}
	if(t != NULL && is_watched(t)) {
		return 0;
	}
	/* without a transaction yet: for the one that is made of msg */
	return state.tm.register_tmcb(msg, t, TMCB_REQUEST_FWDED, on_branch, NULL,
				   NULL) < 0
				   ? -1
				   : 0;
}

int tr_branch_of(const struct sip_msg *msg, const struct dest_info *dst,
		enum tr_mark *mark, struct tr_domains *pair)
{
	unsigned i;

	if(state.msg_id != msg->id || state.pid != msg->pid) {
		return -1;
	}
	/* the latest first: a place may be used again */
	for(i = state.n; i > 0; i--) {
		if(state.branch[i - 1].dst == dst) {
			*mark = state.branch[i - 1].mark;
			*pair = state.branch[i - 1].pair;
			return 0;
		}
	}
	return -1;
}
