/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom does the token in this Request-URI stand for? */
#include "tr_follow.h"

#include "tr_conn.h"
#include "tr_last.h"
#include "tr_params.h"
#include "tr_stats.h"
#include "tr_store.h"

#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/parser/parse_uri.h"

static enum tr_followed decided(const struct sip_msg *msg,
		enum tr_followed result, const struct tr_flow *flow, const char *reason)
{
	/* Only what was followed is remembered: a connection number of an earlier
	 * start, say, is somebody else's now. */
	if(result == TR_FOLLOW_OK) {
		tr_last_set(msg, (int)flow->conid, flow->kind, reason);
	} else {
		tr_last_set(msg, 0, TR_KIND_NONE, reason);
	}
	return result;
}

/* The one line that tells of somebody who makes up tokens. */
static void log_refusal(struct sip_msg *msg, const char *reason)
{
	str none = str_init("-");
	str *call_id = &none;

	if(msg->callid != NULL
			|| (parse_headers(msg, HDR_CALLID_F, 0) == 0
					&& msg->callid != NULL)) {
		call_id = &msg->callid->body;
	}
	LM_WARN("refused: %s; Call-ID %.*s, from %s:%d\n", reason, call_id->len,
			call_id->s, ip_addr2a(&msg->rcv.src_ip), msg->rcv.src_port);
}

static enum tr_followed refuse(struct sip_msg *msg, enum tr_verdict verdict,
		const struct tr_flow *flow)
{
	const char *reason = tr_flow_words(verdict);

	switch(verdict) {
		case TR_OK:
		case TR_NO_TOKEN:
			return decided(msg, TR_FOLLOW_NO_TOKEN, flow, reason);
		case TR_UNKNOWN_KEY:
			tr_stats_inc(TR_STAT_UNKNOWN_KEY);
			return decided(msg, TR_FOLLOW_GONE, flow, reason);
		case TR_STALE:
			tr_stats_inc(TR_STAT_STALE);
			return decided(msg, TR_FOLLOW_GONE, flow, reason);
		case TR_WRONG_SIDE:
			tr_stats_inc(TR_STAT_WRONG_SIDE);
			log_refusal(msg, reason);
			return decided(msg, TR_FOLLOW_WRONG_SIDE, flow, reason);
		case TR_MALFORMED:
		case TR_FORGED:
			break;
	}
	tr_stats_inc(TR_STAT_FORGED);
	log_refusal(msg, reason);
	return decided(msg, TR_FOLLOW_FORGED, flow, reason);
}

static int restore(struct sip_msg *msg, const struct tr_flow *flow)
{
	str uri;

	uri.s = (char *)flow->uri.s;
	uri.len = (int)flow->uri.len;
	return rewrite_uri(msg, &uri) < 0 ? -1 : 0;
}

static enum tr_followed to_phone(
		struct sip_msg *msg, const struct tr_flow *flow)
{
	struct tr_peer peer;
	int conid = (int)flow->conid;

	if(!tr_conn_alive(conid) || tr_store_use(conid, &peer) != 0) {
		tr_stats_inc(TR_STAT_GONE);
		return decided(
				msg, TR_FOLLOW_GONE, flow, "the phone's connection has closed");
	}
	if(tr_conn_aim(msg, conid, &peer) != 0 || restore(msg, flow) != 0) {
		tr_stats_inc(TR_STAT_ERRORS);
		return decided(msg, TR_FOLLOW_ERROR, flow, "out of memory");
	}
	tr_stats_inc(TR_STAT_FOLLOWED_PHONE);
	return decided(msg, TR_FOLLOW_OK, flow, "the phone is connected");
}

static enum tr_followed to_pbx(struct sip_msg *msg, const struct tr_flow *flow)
{
	if(restore(msg, flow) != 0) {
		tr_stats_inc(TR_STAT_ERRORS);
		return decided(msg, TR_FOLLOW_ERROR, flow, "out of memory");
	}
	tr_stats_inc(TR_STAT_FOLLOWED_PBX);
	return decided(msg, TR_FOLLOW_OK, flow, "the token stands for the PBX");
}

enum tr_followed tr_follow(struct sip_msg *msg)
{
	char buf[TR_FLOW_BUF];
	struct tr_flow flow = {TR_KIND_NONE, 0, {NULL, 0}};
	enum tr_verdict verdict;
	struct tr_view user;

	if(msg->first_line.type != SIP_REQUEST || parse_sip_msg_uri(msg) < 0) {
		return decided(
				msg, TR_FOLLOW_NO_TOKEN, &flow, "there is no SIP Request-URI");
	}
	user.s = msg->parsed_uri.user.s;
	user.len = (size_t)msg->parsed_uri.user.len;
	verdict = tr_flow_decode(&tr_params.keys,
			tr_conn_from_outside(msg) ? TR_KIND_PBX : TR_KIND_PHONE, user,
			&flow, buf);
	if(verdict != TR_OK) {
		return refuse(msg, verdict, &flow);
	}
	if(flow.kind == TR_KIND_PHONE) {
		return to_phone(msg, &flow);
	}
	return to_pbx(msg, &flow);
}

enum tr_followed tr_follow_onsend(struct sip_msg *msg)
{
	int conid = tr_conn_hold(msg);

	if(conid == 0) {
		return TR_FOLLOW_NO_TOKEN;
	}
	if(!tr_conn_alive(conid)) {
		tr_stats_inc(TR_STAT_GONE_AT_SEND);
		return TR_FOLLOW_GONE;
	}
	tr_stats_inc(TR_STAT_SENT);
	return TR_FOLLOW_OK;
}
