/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom does the token in this Request-URI stand for? */
#include "tr_follow.h"

#include "tr_close.h"
#include "tr_conn.h"
#include "tr_dest.h"
#include "tr_key.h"
#include "tr_last.h"
#include "tr_params.h"
#include "tr_stats.h"
#include "tr_store.h"

#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/parser/parse_uri.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static enum tr_followed decided(
		const struct sip_msg *msg, enum tr_followed result, const char *reason)
{
	/* Only what was followed is remembered: a connection number of an earlier
	 * start, say, is somebody else's now. */
	tr_last_set(msg, 0, NULL, NULL, reason);
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

static enum tr_followed gone(
		struct sip_msg *msg, enum tr_stat stat, const char *reason)
{
	tr_stats_inc(stat);
	return decided(msg, TR_FOLLOW_GONE, reason);
}

static enum tr_followed refuse(struct sip_msg *msg, enum tr_verdict verdict)
{
	const char *reason = tr_flow_words(verdict);

	switch(verdict) {
		case TR_OK:
		case TR_ELSEWHERE:
		case TR_NO_TOKEN:
			return decided(msg, TR_FOLLOW_NO_TOKEN, reason);
		case TR_UNKNOWN_KEY:
			return gone(msg, TR_STAT_UNKNOWN_KEY, reason);
		case TR_STALE:
			return gone(msg, TR_STAT_STALE, reason);
		case TR_EXPIRED:
			return gone(msg, TR_STAT_EXPIRED, reason);
		case TR_WRONG_SIDE:
			tr_stats_inc(TR_STAT_WRONG_SIDE);
			log_refusal(msg, reason);
			return decided(msg, TR_FOLLOW_WRONG_SIDE, reason);
		case TR_MALFORMED:
		case TR_FORGED:
			break;
	}
	tr_stats_inc(TR_STAT_FORGED);
	log_refusal(msg, reason);
	return decided(msg, TR_FOLLOW_FORGED, reason);
}

static enum tr_followed no_memory(struct sip_msg *msg)
{
	tr_stats_inc(TR_STAT_ERRORS);
	return decided(msg, TR_FOLLOW_ERROR, "out of memory");
}

static int restore(struct sip_msg *msg, struct tr_view original)
{
	str uri;

	uri.s = (char *)original.s;
	uri.len = (int)original.len;
	return rewrite_uri(msg, &uri) < 0 ? -1 : 0;
}

/* RFC 5923 s8.3: nothing new is begun on a connection that is about to close;
 * CANCEL and ACK end what was begun. */
static int is_about_to_close(const struct sip_msg *msg, int conid)
{
	return tr_close_has(conid)
		   && (msg->REQ_METHOD & (METHOD_ACK | METHOD_CANCEL)) == 0;
}

/* Aims msg at a connection, and gives it back its URI. */
static enum tr_followed to_connection(struct sip_msg *msg, int conid,
		const struct tr_peer *peer, const uint8_t *registration,
		struct tr_view uri)
{
	const char *reason = "the phone is connected";

	if(!tr_conn_alive(conid)) {
		return gone(msg, TR_STAT_GONE, "the phone's connection has closed");
	}
	if(is_about_to_close(msg, conid)) {
		return gone(
				msg, TR_STAT_GONE, "the phone's connection is about to close");
	}
	if(tr_dest_aim(msg, conid, peer) != 0 || restore(msg, uri) != 0) {
		return no_memory(msg);
	}
	tr_stats_inc(TR_STAT_FOLLOWED_PHONE);
	tr_last_set(msg, conid, registration, "phones", reason);
	return TR_FOLLOW_OK;
}

static enum tr_followed to_phone(
		struct sip_msg *msg, const struct tr_flow *flow)
{
	struct tr_peer peer;
	int conid = (int)flow->conid;

	if(tr_store_follow_conn(conid, &peer) != 0) {
		return gone(msg, TR_STAT_GONE, "the phone's connection has closed");
	}
	return to_connection(msg, conid, &peer, NULL, flow->uri);
}

/* The URI is the one that the phone has registered, unless it had another one
 * in a dialog. */
static enum tr_followed to_registered(
		struct sip_msg *msg, const struct tr_flow *flow)
{
	char text[TR_FLOW_URI_MAX];
	struct tr_view uri = {text, 0};
	struct tr_peer peer;
	int conid = tr_store_follow(
			flow->registration, &peer, text, sizeof(text), &uri.len);

	if(conid < 0) {
		return gone(msg, TR_STAT_GONE, "the phone is not registered here");
	}
	return to_connection(msg, conid, &peer, flow->registration,
			flow->uri.len > 0 ? flow->uri : uri);
}

static enum tr_followed to_pbx(struct sip_msg *msg, const struct tr_flow *flow)
{
	if(restore(msg, flow->uri) != 0) {
		return no_memory(msg);
	}
	tr_stats_inc(TR_STAT_FOLLOWED_PBX);
	tr_last_set(msg, 0, NULL, "pbx", "the token stands for the PBX");
	return TR_FOLLOW_OK;
}

/* sip:IP:PORT;transport=tcp: nothing has to be looked up. 0 or -1. */
static int aim_at_edge(struct sip_msg *msg, const struct tr_edge_addr *edge)
{
	char text[IP_ADDR_MAX_STRZ_SIZE + 32];
	struct ip_addr ip = {
			.af = edge->ip_len == 4 ? AF_INET : AF_INET6, .len = edge->ip_len};
	str uri = {text, 4};
	int len;

	memcpy(ip.u.addr, edge->ip, edge->ip_len);
	memcpy(text, "sip:", 4);
	len = ip_addr2sbufz(&ip, text + uri.len, IP_ADDR_MAX_STRZ_SIZE);
	if(len <= 0) {
		return -1;
	}
	uri.len += len;
	uri.len += snprintf(text + uri.len, sizeof(text) - (size_t)uri.len,
			":%u;transport=tcp", edge->port);
	return set_dst_uri(msg, &uri);
}

/* The edge that holds the connection follows the token itself. Over TCP: when
 * it is dead, that is known at once. */
static enum tr_followed to_edge(struct sip_msg *msg, const struct tr_flow *flow)
{
	if(aim_at_edge(msg, &flow->edge) != 0) {
		return no_memory(msg);
	}
	tr_stats_inc(TR_STAT_FOLLOWED_EDGE);
	tr_last_set(msg, 0, NULL, "edge", "the phone is at another edge");
	return TR_FOLLOW_OK;
}

static enum tr_followed to(struct sip_msg *msg, const struct tr_flow *flow)
{
	switch(flow->kind) {
		case TR_KIND_PHONE:
			return to_phone(msg, flow);
		case TR_KIND_REGISTERED:
			return to_registered(msg, flow);
		case TR_KIND_PBX:
			return to_pbx(msg, flow);
		case TR_KIND_NONE:
			break;
	}
	return refuse(msg, TR_FORGED);
}

enum tr_followed tr_follow(struct sip_msg *msg)
{
	char buf[TR_FLOW_BUF];
	struct tr_flow flow = {.kind = TR_KIND_NONE};
	enum tr_verdict verdict;
	struct tr_view user;

	if(msg->first_line.type != SIP_REQUEST || parse_sip_msg_uri(msg) < 0) {
		return decided(msg, TR_FOLLOW_NO_TOKEN, "there is no SIP Request-URI");
	}
	user.s = msg->parsed_uri.user.s;
	user.len = (size_t)msg->parsed_uri.user.len;
	verdict = tr_flow_decode(&tr_key_now()->flow,
			tr_conn_from_outside(msg) ? TR_KIND_PBX : TR_KIND_PHONE, user,
			time(NULL), &flow, buf);
	if(verdict == TR_OK) {
		return to(msg, &flow);
	}
	return verdict == TR_ELSEWHERE ? to_edge(msg, &flow) : refuse(msg, verdict);
}

enum tr_followed tr_follow_onsend(struct sip_msg *msg)
{
	int conid = tr_dest_hold(msg);

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
