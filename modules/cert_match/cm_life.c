/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the record of a TLS connection begin, and how does it end? */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "../../core/dprint.h"
#include "../../core/tcp_conn.h"
#include "../../core/timer.h"

#include "cm_cause.h"
#include "cm_events.h"
#include "cm_ledger.h"
#include "cm_life.h"
#include "cm_next.h"
#include "cm_stats.h"
#include "cm_store.h"

#define CM_FULL_LOG_SECONDS 60

struct cm_life {
	struct cm_trace_opts opts[2]; /* by enum cm_dir */
	struct cm_life_opts how;
	ticks_t full_logged; /* of this process */
};

static struct cm_life cm_life;

void cm_life_init(
		const struct cm_trace_opts *opts, const struct cm_life_opts *life)
{
	cm_life.opts[CM_DIR_IN] = cm_life.opts[CM_DIR_OUT] = *opts;
	cm_life.opts[CM_DIR_OUT].ident.peer_is_server = 1;
	cm_life.how = *life;
}

const struct cm_trace_opts *cm_life_opts(enum cm_dir dir)
{
	return &cm_life.opts[dir];
}

static void cm_tell_full(int why)
{
	ticks_t now = get_ticks();

	cm_stats_inc(CM_STAT_UNRECORDED);
	if(cm_life.full_logged && now - cm_life.full_logged < CM_FULL_LOG_SECONDS)
		return;
	cm_life.full_logged = now ? now : 1;
	if(why > 0)
		LM_WARN("%u TLS connections are recorded, no more are allowed: "
				"further ones work, but cert_match() is false for them; "
				"raise modparam max_connections\n",
				cm_store_max());
	else
		LM_ERR("no shared memory to record a TLS connection: cert_match() "
			   "is false for it; start kamailio with more (-m)\n");
}

static void cm_fill_info(
		const struct tcp_connection *c, struct cm_conn_info *info)
{
	memset(info, 0, sizeof(*info));
	info->id = c->id;
	/* F_CONN_PASSIVE is set only after this call */
	info->dir = c->state == S_CONN_ACCEPT ? CM_DIR_IN : CM_DIR_OUT;
	info->peer_ip = c->rcv.src_ip;
	info->peer_port = c->rcv.src_port;
	info->local_ip = c->rcv.dst_ip;
	info->local_port = c->rcv.dst_port;
	info->sock = c->rcv.bind_address;
	info->fd = -1;
}

static void cm_refuse_unexpected(const struct cm_conn_info *info)
{
	struct cm_shake shake;

	memset(&shake, 0, sizeof(shake));
	shake.outgoing = shake.unexpected = 1;
	shake.end = CM_END_REFUSED;
	shake.alert_in = shake.alert_out = CM_NO_ALERT;
	cm_ledger_add(info, &shake, NULL);
}

/* Whom is this connection meant for? 0, or -1: it must not be. */
static int cm_expect(const struct cm_conn_info *info,
		const struct cm_next *next, struct cm_trace *trace)
{
	memset(trace, 0, sizeof(*trace));
	trace->opts = &cm_life.opts[info->dir];
	trace->shake.alert_in = trace->shake.alert_out = CM_NO_ALERT;
	if(info->dir == CM_DIR_IN) {
		trace->tcp_up = 1;
		return 0;
	}
	trace->shake.outgoing = 1;
	if(next) {
		trace->expect = CM_EXPECT_DOMAIN;
		return 0;
	}
	/* what was meant for a domain must not go to another address */
	if(cm_next_is_set())
		return -1;
	if(cm_life.how.default_expect == CM_DEFAULT_REFUSE) {
		cm_refuse_unexpected(info);
		return -1;
	}
	if(cm_life.how.default_expect == CM_DEFAULT_ADDRESS) {
		trace->expect = CM_EXPECT_ADDRESS;
		trace->ip_len = info->peer_ip.len;
		memcpy(trace->ip, info->peer_ip.u.addr, trace->ip_len);
	}
	return 0;
}

/* No connection that was opened for a domain is found by its address, nor, if
 * that was said, one that a peer opened, maybe from the very port that he
 * listens on: it would be found for another domain of his, or of ours. The core
 * shall hash it under port 0, and has done so when the first byte is read. */
static void cm_hide(struct tcp_connection *c)
{
	struct cm_rec *rec = cm_store_find(c->id);

	rec->hidden = 1;
	rec->hidden_port = c->rcv.src_port;
	c->rcv.src_port = 0;
}

int cm_life_begin(struct tcp_connection *c)
{
	const struct cm_next *next = NULL;
	struct cm_conn_info info;
	struct cm_trace trace;
	int ret;

	cm_fill_info(c, &info);
	if(info.dir == CM_DIR_OUT)
		next = cm_next_get(&info.peer_ip, info.peer_port);
	if(cm_expect(&info, next, &trace) < 0)
		return -1;
	cm_stats_inc(
			info.dir == CM_DIR_IN ? CM_STAT_OPENED_IN : CM_STAT_OPENED_OUT);
	ret = cm_store_open(&info, next ? &next->domain : NULL,
			next && next->has_local ? &next->local : NULL, &trace);
	if(ret != 0) {
		cm_tell_full(ret);
		/* without a record nobody would check the name */
		return trace.expect == CM_EXPECT_NOTHING ? 0 : -1;
	}
	if(next)
		cm_next_take(c->id);
	if(next || (info.dir == CM_DIR_IN && !cm_life.how.accepted_by_address))
		cm_hide(c);
	cm_events_opened(&info);
	return 0;
}

/* tcp_main is about to close the socket: the last look at it. Whoever holds the
 * write_lock may have just met the end with a write, and be on his way out: the
 * trace is his, and what is seen here is noted beside it. */
void cm_life_closing(struct tcp_connection *c, int fd)
{
	struct cm_rec *rec = cm_store_find(c->id);
	struct tcp_info tcp;
	socklen_t len = sizeof(tcp);

	if(!rec || likely(!rec->trace))
		return;
	if(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &len) != 0)
		return;
	rec->last_state = tcp.tcpi_state;
	rec->was_up = tcp.tcpi_rtt != 0;
}

/* A connection that never came up has no round-trip time. What the peer did to
 * one that did may have been met by a write, which does not tell. */
static void cm_last_look(const struct cm_rec *rec, struct cm_trace *trace)
{
	if(rec->was_up)
		trace->tcp_up = 1;
	if(trace->shake.end != CM_END_SILENCE)
		return;
	if(rec->last_state == TCP_CLOSE)
		trace->shake.end = CM_END_RESET;
	else if(rec->last_state == TCP_CLOSE_WAIT)
		trace->shake.end = CM_END_EOF;
}

/* Nobody else has the record or the connection any more. */
static void cm_tell_failure(struct cm_rec *rec)
{
	struct cm_shake *shake = &rec->trace->shake;

	if(rec->facts && shake->alert_in <= 0)
		return;
	cm_last_look(rec, rec->trace);
	if(!rec->facts)
		cm_stats_inc(CM_STAT_UNFINISHED);
	if(!rec->trace->tcp_up)
		shake->end = CM_END_NO_TCP;
	else if(rec->trace->refused || shake->alert_out > 0
			|| (shake->ssl_reason != 0 && shake->alert_in < 0))
		shake->end = CM_END_REFUSED;
	cm_ledger_add(&rec->info, shake, rec->expected);
	cm_events_failed(&rec->info, cm_cause_words(cm_cause_of(shake)));
}

void cm_life_end(struct tcp_connection *c, SSL *ssl)
{
	struct cm_rec *rec = cm_store_take(c->id);

	if(!rec)
		return;
	cm_stats_inc(CM_STAT_CLOSED);
	cm_trace_disarm(ssl);
	if(rec->trace)
		cm_tell_failure(rec);
	cm_next_ended(c->id);
	cm_events_closed(&rec->info);
	cm_store_free(rec);
}
