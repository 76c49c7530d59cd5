/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_onsend answers: may this finished message leave? See sp_onsend.h.
 */
#include "../../core/dprint.h"
#include "../../core/onsend.h"

#include "sp_body.h"
#include "sp_onsend.h"
#include "sp_stats.h"
#include "sp_store.h"

/* Why the SDP must not leave, or NULL. */
static const char *sdp_fault(
		struct sp_text body, const struct sp_leg *leg, struct sp_verdict *v)
{
	struct sp_reading how = sp_policy_reading(leg->rules);
	struct sp_sdp sdp;

	sp_sdp_read(body, &how, &sdp);
	sp_final_judge(leg, &sdp, v);
	sp_sdp_wipe(&sdp);
	return v->code == 200 ? NULL : v->reason;
}

static const char *message_fault(
		struct sp_text message, const struct sp_leg *leg, struct sp_verdict *v)
{
	struct sp_body_verdict body;
	struct sp_body_facts facts;
	struct sp_text headers;

	if(sp_body_find(message, &facts, &headers) < 0)
		return "the headers do not end";
	if(sp_text_has_key(headers))
		return "a key in a header is about to leave";
	body = sp_body_judge(&facts);
	if(body.kind == SP_BODY_REFUSED)
		return body.words;
	return body.kind == SP_BODY_SDP ? sdp_fault(body.body, leg, v) : NULL;
}

/* Where the message goes: as the script says, else as it said before. */
static struct sp_leg leg_of(
		struct sip_msg *msg, const struct sp_rules *rules, struct sp_text side)
{
	const struct sp_session *s = sp_session_of(msg);
	struct sp_leg leg = {rules, NULL, SP_OVER_UNKNOWN, SP_ROLE_UNKNOWN};

	if(side.len == 0 && s != NULL)
		side = sp_text_of(s->to);
	leg.to = sp_rules_side(rules, side);
	if(s != NULL)
		leg.role = s->role;
	if(p_onsend->send_sock != NULL)
		leg.over = sp_transport_of(p_onsend->send_sock->proto);
	return leg;
}

enum sp_outcome sp_onsend_check(struct sip_msg *msg, struct sp_text side)
{
	const struct sp_rules *rules;
	struct sp_text message;
	struct sp_verdict v;
	struct sp_leg leg;
	const char *fault;

	if(p_onsend == NULL || p_onsend->buf == NULL) {
		LM_ERR("sdes_policy_onsend() belongs into onsend_route\n");
		return SP_OUTCOME_ERROR;
	}
	message.s = p_onsend->buf;
	message.len = (size_t)p_onsend->len;
	rules = sp_store_get();
	leg = leg_of(msg, rules, side);
	fault = message_fault(message, &leg, &v);
	if(fault != NULL) {
		sp_stats_add(SP_STAT_LEAKS, 1);
		LM_ERR("call %.*s: a message to side %s is held back: %s\n",
				msg->callid != NULL ? msg->callid->body.len : 0,
				msg->callid != NULL ? msg->callid->body.s : "",
				leg.to != NULL ? leg.to->name : "unknown", fault);
	}
	sp_store_put(rules);
	return fault == NULL ? SP_OUTCOME_GO : SP_OUTCOME_REFUSED;
}
