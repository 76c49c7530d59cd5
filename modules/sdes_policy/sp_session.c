/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_session answers: what was decided about the message that this process is
 * handling? See sp_session.h.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "../../core/dprint.h"

#include "sp_body.h"
#include "sp_clean.h"
#include "sp_session.h"
#include "sp_stats.h"
#include "sp_store.h"

/* Line ends grow from LF to CRLF, so a little more than an SDP may have. */
#define CLEAN_MAX (2 * SP_BODY_MAX)
#define FLAGS_MAX 1024

struct state {
	struct sp_session session;
	struct sp_sdp sdp;
	char clean[CLEAN_MAX];
	char flags[FLAGS_MAX];
};

static struct state state;

void sp_session_wipe(void)
{
	struct sp_session *s = &state.session;

	if(s->clean.len > 0)
		OPENSSL_cleanse(state.clean, s->clean.len);
	sp_buf_init(&s->clean, state.clean, sizeof(state.clean));
	sp_buf_init(&s->flags, state.flags, sizeof(state.flags));
	s->valid = 0;
	s->from[0] = '\0';
	s->to[0] = '\0';
}

const struct sp_session *sp_session_of(const struct sip_msg *msg)
{
	if(!state.session.valid || msg == NULL || state.session.msg_id != msg->id)
		return NULL;
	return &state.session;
}

enum sp_transport sp_transport_of(int proto)
{
	switch(proto) {
		case PROTO_TLS:
		case PROTO_WSS:
			return SP_OVER_TLS;
		case PROTO_TCP:
			return SP_OVER_TCP;
		case PROTO_UDP:
			return SP_OVER_UDP;
		default:
			return SP_OVER_UNKNOWN;
	}
}

static int is_ack(const struct sip_msg *msg)
{
	return msg->first_line.type == SIP_REQUEST
		   && msg->first_line.u.request.method_value == METHOD_ACK;
}

/* 1 when msg cannot be refused with a SIP answer. */
static int is_late(const struct sip_msg *msg)
{
	return msg->first_line.type == SIP_REPLY || is_ack(msg);
}

/* RFC 3261 s13.2.1: an ACK may carry an answer; it is never answered. */
static enum sp_role role_of(const struct sip_msg *msg, enum sp_role said)
{
	if(said != SP_ROLE_UNKNOWN)
		return said;
	return is_late(msg) ? SP_ROLE_ANSWER : SP_ROLE_OFFER;
}

static enum sp_outcome conclude(struct sip_msg *msg)
{
	const struct sp_verdict *v = &state.session.verdict;
	int late = is_late(msg);

	sp_stats_add(SP_STAT_DROPPED, v->dropped);
	sp_stats_add(SP_STAT_REMOVED, v->removed);
	if(v->code == 200) {
		sp_stats_add(SP_STAT_ACCEPTED, 1);
		sp_stats_add(SP_STAT_SECURE, v->secure);
		sp_stats_add(SP_STAT_PLAIN, v->plain);
		sp_stats_add(SP_STAT_STREAMS_OFF, v->refused);
		return SP_OUTCOME_GO;
	}
	sp_stats_add(late ? SP_STAT_REFUSED_LATE : SP_STAT_REFUSED, 1);
	if(v->code == 400 || v->code == 413 || v->code == 415)
		sp_stats_add(SP_STAT_MALFORMED, 1);
	LM_NOTICE("call %.*s from %s: SDP from side %s refused with %d: %s\n",
			msg->callid != NULL ? msg->callid->body.len : 0,
			msg->callid != NULL ? msg->callid->body.s : "",
			ip_addr2a(&msg->rcv.src_ip), state.session.from, v->code,
			v->reason);
	return late ? SP_OUTCOME_REFUSED_LATE : SP_OUTCOME_REFUSED;
}

static void copy_name(char *to, const char *from)
{
	memcpy(to, from, SP_NAME_MAX);
}

/* Reads and judges the SDP; the session keeps the verdict and the clean
 * SDP, the keys in between are wiped. */
static void judge(struct sp_text body, const struct sp_question *q)
{
	struct sp_reading how = sp_policy_reading(q->rules);
	struct sp_session *s = &state.session;

	sp_sdp_read(body, &how, &state.sdp);
	sp_policy_judge(q, &state.sdp, &s->verdict);
	sp_buf_init(&s->clean, state.clean, sizeof(state.clean));
	if(sp_clean(&state.sdp, &s->verdict, q->rules, &s->clean) < 0) {
		OPENSSL_cleanse(state.clean, s->clean.len);
		sp_buf_init(&s->clean, state.clean, sizeof(state.clean));
		if(s->verdict.code == 200)
			sp_verdict_all(&s->verdict, 413,
					"the SDP is too large: send a"
					" smaller one");
	}
	sp_sdp_wipe(&state.sdp);
}

static enum sp_outcome judge_message(struct sip_msg *msg,
		const struct sp_rules *rules, const struct sp_side *from,
		const struct sp_side *to)
{
	struct sp_text message = {msg->buf, (size_t)msg->len}, headers;
	struct sp_question q = {rules, from, to, sp_transport_of(msg->rcv.proto),
			state.session.role == SP_ROLE_ANSWER, NULL};
	struct sp_body_facts facts;
	struct sp_body_verdict body;

	memset(&state.session.verdict, 0, sizeof(state.session.verdict));
	if(sp_body_find(message, &facts, &headers) < 0) {
		sp_verdict_all(&state.session.verdict, 400, "the headers do not end");
		return conclude(msg);
	}
	body = sp_body_judge(&facts);
	switch(body.kind) {
		case SP_BODY_SDP:
			judge(body.body, &q);
			return conclude(msg);
		case SP_BODY_REFUSED:
			sp_verdict_all(&state.session.verdict, body.code, body.words);
			return conclude(msg);
		default:
			sp_verdict_all(&state.session.verdict, 200, body.words);
			return SP_OUTCOME_NO_SDP;
	}
}

enum sp_outcome sp_session_in(
		struct sip_msg *msg, struct sp_text side, enum sp_role role)
{
	const struct sp_rules *rules = sp_store_get();
	const struct sp_side *from = sp_rules_side(rules, side);
	enum sp_outcome outcome = SP_OUTCOME_ERROR;

	sp_session_wipe();
	state.session.valid = 1;
	state.session.msg_id = msg->id;
	state.session.role = role_of(msg, role);
	if(from == NULL) {
		LM_ERR("the policy has no side \"%.*s\": name one of its <side>\n",
				(int)side.len, side.s);
		sp_verdict_all(&state.session.verdict, 500,
				"the edge is not set up for this side");
	} else {
		if(parse_headers(msg, HDR_CALLID_F, 0) < 0)
			LM_DBG("no Call-ID\n");
		copy_name(state.session.from, from->name);
		outcome = judge_message(msg, rules, from, sp_rules_next(rules, from));
	}
	sp_store_put(rules);
	return outcome;
}

static enum sp_outcome choose(struct sip_msg *msg, const struct sp_rules *rules,
		const struct sp_side *from, const struct sp_side *to,
		const struct sp_version *rtpengine)
{
	struct sp_session *s = &state.session;
	struct sp_bridge bridge = {
			rules, from, to, s->role == SP_ROLE_ANSWER, *rtpengine};

	copy_name(s->to, to->name);
	if(s->clean.len == 0)
		return s->verdict.code == 200 ? SP_OUTCOME_NO_SDP : SP_OUTCOME_ERROR;
	if(s->verdict.code != 200 && !is_late(msg))
		return SP_OUTCOME_REFUSED;
	/* Where it goes decides about streams that are not RTP. */
	if(to != sp_rules_next(rules, from)) {
		enum sp_outcome outcome = judge_message(msg, rules, from, to);

		if(outcome != SP_OUTCOME_GO)
			return outcome;
	}
	sp_buf_init(&s->flags, state.flags, sizeof(state.flags));
	if(sp_flags(&bridge, &s->flags) < 0) {
		LM_ERR("rtpengine's flags do not fit into %d octets\n", FLAGS_MAX);
		return SP_OUTCOME_ERROR;
	}
	return SP_OUTCOME_GO;
}

enum sp_outcome sp_session_out(struct sip_msg *msg, struct sp_text side,
		const struct sp_version *rtpengine)
{
	const struct sp_rules *rules;
	const struct sp_side *from, *to;
	enum sp_outcome outcome = SP_OUTCOME_ERROR;

	if(sp_session_of(msg) == NULL) {
		LM_ERR("sdes_policy_out() without sdes_policy_in() before it\n");
		return SP_OUTCOME_ERROR;
	}
	rules = sp_store_get();
	from = sp_rules_side(rules, sp_text_of(state.session.from));
	to = sp_rules_side(rules, side);
	if(from == NULL || to == NULL)
		LM_ERR("the policy has no side \"%.*s\": name one of its <side>\n",
				(int)side.len, side.s);
	else
		outcome = choose(msg, rules, from, to, rtpengine);
	sp_store_put(rules);
	return outcome;
}
