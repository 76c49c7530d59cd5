/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often did we decide what? */
#include "tr_stats.h"

#include "tr_close.h"
#include "tr_keep.h"
#include "tr_peers.h"
#include "tr_store.h"
#include "tr_wait.h"

#include "../../core/counters.h"
#include "../../core/dprint.h"

static const struct {
	const char *name;
	const char *doc;
} table[TR_STAT_COUNT] = {
		[TR_STAT_PINNED] = {"pinned", "Contacts replaced by a token"},
		[TR_STAT_RESTORED] = {"restored",
				"tokens turned back in answers to REGISTER"},
		[TR_STAT_FOLLOWED_PHONE] = {"followed_phone",
				"requests whose token led to a phone"},
		[TR_STAT_FOLLOWED_PBX] = {"followed_pbx",
				"requests whose token led to the PBX"},
		[TR_STAT_FOLLOWED_EDGE] = {"followed_edge",
				"requests whose token led to another edge"},
		[TR_STAT_SENT] = {"sent", "messages sent on their flow's connection"},
		[TR_STAT_GONE] = {"gone", "requests for a flow that has closed"},
		[TR_STAT_GONE_AT_SEND] = {"gone_at_send",
				"messages whose connection closed before they were sent"},
		[TR_STAT_STALE] = {"stale", "tokens from before the edge started"},
		[TR_STAT_EXPIRED] = {"expired", "tokens older than token_lifetime"},
		[TR_STAT_UNKNOWN_KEY] = {"unknown_key", "tokens of another key"},
		[TR_STAT_FORGED] = {"forged", "tokens altered or made up"},
		[TR_STAT_WRONG_SIDE] = {"wrong_side",
				"tokens presented by the side they stand for"},
		[TR_STAT_MALFORMED] = {"refused_malformed", "Contacts not understood"},
		[TR_STAT_NOT_SIP] = {"refused_not_sip", "Contacts of another scheme"},
		[TR_STAT_TOO_LONG] = {"refused_too_long", "Contacts over max_uri_len"},
		[TR_STAT_TOO_MANY] = {"refused_too_many", "messages of many Contacts"},
		[TR_STAT_FULL] = {"refused_full",
				"messages beyond max_flows, or of too many registrations"},
		[TR_STAT_FLOWS_EVICTED] = {"flows_evicted",
				"unregistered flows that gave way at max_flows"},
		[TR_STAT_CLOSED] = {"refused_closed",
				"messages whose connection closed while they were handled"},
		[TR_STAT_VIA_FORGED] = {"via_forged",
				"replies with Vias that this edge never wrote"},
		[TR_STAT_VIA_TOO_LONG] = {"via_too_long",
				"requests not sent because of too many or long Vias"},
		[TR_STAT_CALL_IDS_HIDDEN] = {"call_ids_hidden",
				"messages with a Call-ID that became a token"},
		[TR_STAT_CALL_IDS_SHOWN] = {"call_ids_shown",
				"messages with a token that became its Call-ID again"},
		[TR_STAT_CALL_ID_REFUSED] = {"call_id_refused",
				"messages with a Call-ID that had to be hidden but cannot be"},
		[TR_STAT_MALFORMED_HEAD] = {"malformed_head",
				"messages dropped because of a control character"},
		[TR_STAT_TO] = {"to", "requests that a script sent to a domain"},
		[TR_STAT_TO_NO_NAME] = {"to_refused_name",
				"requests for a domain that is no host name"},
		[TR_STAT_TO_CLEAR] = {"to_refused_clear",
				"requests for a domain that TLS does not lead to"},
		[TR_STAT_TO_FORGED] = {"to_refused_forged",
				"requests with a destination marked by somebody else"},
		[TR_STAT_TO_STOPPED] = {"to_stopped",
				"requests for a domain that were stopped as they were sent"},
		[TR_STAT_ALIASES_OPENED] = {"aliases_opened",
				"connections opened to a domain"},
		[TR_STAT_ALIASES_REUSED] = {"aliases_reused",
				"requests sent on a domain's open connection"},
		[TR_STAT_ALIASES_EVICTED] = {"aliases_evicted",
				"rows that gave way at max_aliases"},
		[TR_STAT_ALIASES_REFUSED] = {"aliases_refused",
				"connections without a row: names too long, or rows enough"},
		[TR_STAT_ALIASES_CLOSED] = {"aliases_closed",
				"rows whose connection closed"},
		[TR_STAT_ALIASES_ACCEPTED] = {"aliases_accepted",
				"connections that a peer opened and that became an alias"},
		[TR_STAT_ALIASES_MORE] = {"aliases_more",
				"connections whose domains were too many to have a row each"},
		[TR_STAT_ALIAS_CLEAR] = {"alias_refused_clear",
				"requests with ;alias that came without TLS"},
		[TR_STAT_ALIAS_NO_CERTIFICATE] = {"alias_refused_no_certificate",
				"requests with ;alias from who showed no certificate"},
		[TR_STAT_ALIAS_NOT_VERIFIED] = {"alias_refused_not_verified",
				"requests with ;alias from who could not be verified"},
		[TR_STAT_ALIAS_NO_IDENTITY] = {"alias_refused_no_identity",
				"requests with ;alias from who has no SIP domain"},
		[TR_STAT_ALIAS_CLOSING] = {"alias_refused_closing",
				"requests with ;alias on a connection that is to be closed"},
		[TR_STAT_FAIL_REPLIES] = {"fail_replies",
				"requests answered with 503, as their connection failed"},
		[TR_STAT_FAIL_ACKS] = {"fail_acks",
				"ACKs to such answers, which go no further"},
		[TR_STAT_WAIT_FULL] = {"wait_full",
				"requests sent that would not be answered so: too many wait"},
		[TR_STAT_WAIT_EXPIRED] = {"wait_expired",
				"requests that waited for 32 seconds without an answer"},
		[TR_STAT_ALIAS_OFFERED] = {"alias_offered",
				"requests that offered their connection as an alias"},
		[TR_STAT_ALIAS_NOT_OFFERED] = {"alias_not_offered",
				"requests for a domain that could not offer it"},
		[TR_STAT_KEEP_REFUSED] = {"keep_refused",
				"connections beyond those that can be kept"},
		[TR_STAT_KEPT_ENDED] = {"kept_ended",
				"connections closed, idle, after nothing led to them any more"},
		[TR_STAT_PINGS] = {"pings", "pings sent on kept connections"},
		[TR_STAT_PONG_TIMEOUTS] = {"pong_timeouts",
				"connections closed because no pong came"},
		[TR_STAT_CLOSES] = {"closes", "connections that were to be closed"},
		[TR_STAT_CLOSES_ABANDONED] = {"closes_abandoned",
				"connections closed with transactions open"},
		[TR_STAT_OPEN_EVICTED] = {"open_evicted",
				"transactions that closing a connection does not wait for"},
		[TR_STAT_ERRORS] = {"errors", "out of memory and the like"},
};

/* Written once, before the processes are forked. */
static counter_handle_t handles[TR_STAT_COUNT];

static counter_val_t count_flows(counter_handle_t handle, void *param)
{
	return tr_store_count();
}

static counter_val_t count_registrations(counter_handle_t handle, void *param)
{
	return tr_store_registered();
}

static counter_val_t count_aliases(counter_handle_t handle, void *param)
{
	return tr_peers_count();
}

static counter_val_t count_waiting(counter_handle_t handle, void *param)
{
	return tr_wait_count();
}

static counter_val_t count_kept(counter_handle_t handle, void *param)
{
	return tr_keep_count();
}

static counter_val_t count_closing(counter_handle_t handle, void *param)
{
	return tr_close_count();
}

int tr_stats_init(void)
{
	counter_handle_t now;
	int i;

	if(counter_register(&now, "tls_reuse", "flows", CNT_F_NO_RESET, count_flows,
			   NULL, "flows that are known now",
			   0) < 0
			|| counter_register(&now, "tls_reuse", "registrations",
					   CNT_F_NO_RESET, count_registrations, NULL,
					   "registrations over them now", 0)
					   < 0
			|| counter_register(&now, "tls_reuse", "aliases", CNT_F_NO_RESET,
					   count_aliases, NULL, "rows in the alias table now", 0)
					   < 0
			|| counter_register(&now, "tls_reuse", "kept", CNT_F_NO_RESET,
					   count_kept, NULL, "connections kept now", 0)
					   < 0
			|| counter_register(&now, "tls_reuse", "closing", CNT_F_NO_RESET,
					   count_closing, NULL, "connections to be closed now", 0)
					   < 0
			|| counter_register(&now, "tls_reuse", "waiting", CNT_F_NO_RESET,
					   count_waiting, NULL,
					   "requests on connections whose peer is silent yet", 0)
					   < 0) {
		LM_ERR("cannot register the statistics\n");
		return -1;
	}
	for(i = 0; i < TR_STAT_COUNT; i++) {
		if(counter_register(&handles[i], "tls_reuse", table[i].name, 0, NULL,
				   NULL, table[i].doc, 0)
				< 0) {
			LM_ERR("cannot register statistic %s\n", table[i].name);
			return -1;
		}
	}
	return 0;
}

void tr_stats_inc(enum tr_stat stat)
{
	counter_inc(handles[stat]);
}

long tr_stats_get(enum tr_stat stat)
{
	return counter_get_val(handles[stat]);
}

const char *tr_stats_name(enum tr_stat stat)
{
	return table[stat].name;
}
