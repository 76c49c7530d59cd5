/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection does a request for a domain leave? See the header.
 *
 * Between the choice and the core's own search the chosen connection may
 * close, and the core would then open one without asking for whom. So whatever
 * is chosen, cert_match is told for whom the send is when it begins; a
 * connection opened by it is checked and gets its row.
 *
 * onsend_route sees each branch once. What tm sends of itself on a branch
 * later (CANCEL, ACK) has its destination and thereby its tag, which names the
 * pair of domains: the same choice is made for it at the moment when it is
 * sent. */
#include "tr_send.h"

#include "tr_branch.h"
#include "tr_close.h"
#include "tr_dest.h"
#include "tr_keep.h"
#include "tr_last.h"
#include "tr_line.h"
#include "tr_offer.h"
#include "tr_peers.h"
#include "tr_stats.h"
#include "tr_to.h"

#include "../../core/dprint.h"
#include "../../core/events.h"
#include "../../core/mem/mem.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* A tag is TR_SEND_UNSETTLED and the number of a pair, or one of these. Without
 * a number only what onsend_route sees can be sent. */
#define TAG_NUMBER 0x7ffu
#define TAG_NO_NUMBER (TR_SEND_UNSETTLED | 0x7ffu)
#define TAG_REFUSED (TR_SEND_UNSETTLED | 0x7feu)

static_assert((TR_SEND_UNSETTLED | TR_TARGET_MAX) < TAG_REFUSED,
		"numbers fit into a tag");
static_assert((TR_SEND_UNSETTLED | TAG_NUMBER) <= TR_DEST_TAG_MAX, "tags fit");

/* Connections of one key that are tried before a new one is opened. */
#define TRY_MAX TR_PEERS_SAME_MAX

/* Seconds between two log lines of one process about refusals. */
#define SAY_EVERY 5

/* The send of this process that is under way. */
static struct {
	const struct dest_info *dst; /* NULL: none is */
	int begun;                   /* the core has begun to send */
	unsigned tag;
	int ticket;     /* 0: on a connection that is open */
	int conid;      /* ... this one */
	unsigned found; /* rows there were for it */
	struct tr_domains pair;
	struct tr_alias_key key; /* its names are views into pair */
	time_t said;             /* when a refusal was logged last */
} sending;

static void forget(void)
{
	sending.dst = NULL;
	sending.begun = 0;
	tr_conn_expect(NULL, NULL);
}

/* Does the connection that the branch under way had before lead there yet? One
 * that is about to close has no rows any more; what was begun on it ends on
 * it. */
static int still_leads_there(int before)
{
	return tr_conn_leads_to(before, &sending.key)
		   || tr_peers_has(&sending.key, before)
		   || (tr_close_has(before) && tr_line_is_from(before, &sending.key));
}

/* The connection that the send under way shall use: the one it had before if
 * that still serves, whether it still has a row or not, else the oldest that
 * does; 0: a new one. Address and domain must be those of its row (RFC 5923
 * s8.1-13, s8.2-10); one that is gone has none (RFC 5923 s8.1-14, s8.2-4). */
static int choose(int before)
{
	struct tr_alias_row rows[TRY_MAX];
	unsigned n, i;

	if(before != 0 && still_leads_there(before)
			&& tr_conn_fits(before, sending.key.domain)) {
		tr_peers_use(&sending.key, before);
		return before;
	}
	n = tr_peers_find(&sending.key, rows, TRY_MAX);
	sending.found = n;
	for(i = 0; i < n; i++) {
		if(tr_conn_fits(rows[i].conid, sending.key.domain)
				&& tr_peers_take(&sending.key, &rows[i]) == 0) {
			return rows[i].conid;
		}
	}
	return 0;
}

/* Makes a send to sending.pair ready. 0, or -1: it does not go over TLS.
 *
 * A destination has the connection that it was sent on. If that one is yet to
 * be opened it has a ticket, which leads to it later; the core finds neither
 * a connection of that number nor one by the address, and opens one. */
static int prepare(struct dest_info *dst)
{
	int before = 0, conid;

	if(tr_dest_address(dst, &sending.key) != 0) {
		return -1;
	}
	sending.key.domain = tr_domains_domain(&sending.pair);
	sending.key.local = tr_domains_local(&sending.pair);
	/* what one without a number has is not from here */
	if((tr_dest_tag(dst) & TAG_NUMBER) != 0) {
		before = tr_dest_chosen(dst);
	}
	conid = choose(before < 0 ? tr_peers_redeemed(before) : before);
	if(conid != 0) {
		tr_stats_inc(TR_STAT_ALIASES_REUSED);
	}
	sending.conid = conid;
	sending.ticket = conid == 0 ? tr_peers_ticket() : 0;
	tr_dest_choose(dst, conid != 0 ? conid : sending.ticket);
	sending.dst = dst;
	return 0;
}

/* --- onsend_route --------------------------------------------------------- */

/* For whom is the request that goes to dst? */
static enum tr_mark meant_for(
		struct sip_msg *msg, const struct dest_info *dst, struct tr_domains *to)
{
	unsigned tag = tr_dest_tag(dst);
	enum tr_mark mark = TR_MARK_NONE;
	int told = tr_branch_of(msg, dst, &mark, to) == 0;

	if(mark == TR_MARK_NONE && tag != TR_SEND_UNSETTLED
			&& tr_peers_pair(tag & TAG_NUMBER, to) == 0) {
		/* another address for a branch that we have seen before */
		return TR_MARK_OK;
	}
	return told ? mark : tr_to_of(msg, to);
}

/* May a line be logged? Not for each request of somebody who keeps trying. */
static int may_say(void)
{
	time_t seconds = time(NULL);

	if(seconds - sending.said < SAY_EVERY) {
		return 0;
	}
	sending.said = seconds;
	return 1;
}

static enum tr_send refuse(struct sip_msg *msg, enum tr_send result,
		enum tr_stat stat, const char *reason)
{
	const struct hdr_field *id = msg->callid;

	forget();
	tr_dest_set_tag(msg, TAG_REFUSED);
	tr_stats_inc(stat);
	tr_last_sent(msg, NULL, 0, reason);
	if(may_say()) {
		LM_WARN("not sent: %s; Call-ID %.*s, from %s:%d\n", reason,
				id ? id->body.len : 1, id ? id->body.s : "-",
				ip_addr2a(&msg->rcv.src_ip), msg->rcv.src_port);
	}
	return result;
}

/* Why it reuses a connection, or why not. */
static const char *words_of(int reused)
{
	if(reused) {
		return "a connection to this address is open for this domain";
	}
	return sending.found > 0
				   ? "the connections to this address for this domain are"
					 " closing"
				   : "no connection to this address is open for this domain";
}

enum tr_send tr_send(struct sip_msg *msg)
{
	struct dest_info *dst = tr_dest_now();
	unsigned number;
	int reused;

	forget();
	if(dst == NULL || msg->first_line.type != SIP_REQUEST) {
		return TR_SEND_NOT_MEANT;
	}
	switch(meant_for(msg, dst, &sending.pair)) {
		case TR_MARK_NONE:
			tr_dest_set_tag(msg, 0);
			tr_last_sent(msg, NULL, 0, NULL);
			return TR_SEND_NOT_MEANT;
		case TR_MARK_FORGED:
			return refuse(msg, TR_SEND_FORGED, TR_STAT_TO_FORGED,
					"the destination URI was marked by somebody else");
		case TR_MARK_OK:
			break;
	}
	if(prepare(dst) != 0) {
		return refuse(msg, TR_SEND_CLEAR, TR_STAT_TO_CLEAR,
				"the domain is not reached over TLS");
	}
	number = tr_peers_number(&sending.pair);
	sending.tag = number != 0 ? TR_SEND_UNSETTLED | number : TAG_NO_NUMBER;
	tr_dest_set_tag(msg, sending.tag);
	reused = sending.ticket == 0;
	tr_last_sent(msg, &sending.pair, reused, words_of(reused));
	return TR_SEND_OK;
}

/* --- the moment of the send ----------------------------------------------- */

/* Is this the destination that onsend_route has seen last? */
static int is_prepared(const struct dest_info *dst, unsigned tag)
{
	struct tr_alias_key key;

	return sending.dst == dst && !sending.begun && sending.tag == tag
		   && tr_dest_address(dst, &key) == 0 && key.port == sending.key.port
		   && memcmp(key.ip, sending.key.ip, sizeof(key.ip)) == 0;
}

/* What tm sends of itself on a branch: onsend_route has not seen it. Its
 * connection may have closed: RFC 5923 s8.1-16, s8.1-17. */
static int prepare_again(struct dest_info *dst, unsigned tag)
{
	forget();
	return tr_peers_pair(tag & TAG_NUMBER, &sending.pair) == 0 ? prepare(dst)
															   : -1;
}

/* From here on the core sends. 0, or -1: it must not. */
static int begin(void)
{
	sending.begun = 1;
	if(tr_conn_expect(&sending.pair, &sending.key) != 0) {
		return -1;
	}
	if(sending.conid != 0) {
		tr_conn_expect_accepted(sending.conid);
	}
	return 0;
}

/* The core takes a NULL buffer for an error of the send. */
static int stop(str *buf, unsigned tag)
{
	forget();
	tr_stats_inc(TR_STAT_TO_STOPPED);
	if(tag == TR_SEND_UNSETTLED && may_say()) {
		LM_ERR("a request for a domain is not sent: call tls_reuse_onsend()"
			   " in onsend_route\n");
	}
	if(buf->s != NULL) {
		pkg_free(buf->s);
	}
	buf->s = NULL;
	buf->len = 0;
	return -1;
}

/* All that leaves over the network passes here. */
static int on_send(sr_event_param_t *event)
{
	unsigned tag = tr_dest_tag(event->dst);

	if(tag == 0) {
		if(sending.dst != NULL) {
			forget();
		}
		return 0;
	}
	if((!is_prepared(event->dst, tag) && prepare_again(event->dst, tag) != 0)
			|| begin() != 0) {
		return stop(event->data, tag);
	}
	tr_offer(event->data, event->dst, &sending.pair);
	return 0;
}

/* RFC 5923 s8.1-10, s8.1-11, s8.1-12: its domain, the resolved address and its
 * number become a row; also when it replaces one that has closed (RFC 5923
 * s8.1-15, s8.2-5). */
void tr_send_opened(int conid, const struct tr_alias_key *address)
{
	if(sending.dst == NULL || !sending.begun
			|| address->port != sending.key.port
			|| address->ip_len != sending.key.ip_len
			|| memcmp(address->ip, sending.key.ip, sizeof(address->ip)) != 0) {
		return;
	}
	if(sending.ticket != 0) {
		tr_peers_redeem(sending.ticket, conid);
	}
	switch(tr_peers_add(&sending.key, TR_ALIAS_OPENED, conid)) {
		case TR_ALIAS_EVICTED:
			tr_stats_inc(TR_STAT_ALIASES_EVICTED);
			break;
		case TR_ALIAS_REFUSED:
			tr_stats_inc(TR_STAT_ALIASES_REFUSED);
			return;
		case TR_ALIAS_ADDED:
		case TR_ALIAS_THERE:
			break;
	}
	tr_stats_inc(TR_STAT_ALIASES_OPENED);
	tr_keep(conid);
}

int tr_send_init(void)
{
	if(sr_event_register_cb(SREV_NET_DATA_OUT, on_send) != 0) {
		LM_ERR("cannot look at what is sent: too many modules do\n");
		return -1;
	}
	return 0;
}
