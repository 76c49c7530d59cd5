/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May a message be read at all, and does it leave, or arrive, with addresses
 * that the other side should not read? See the header. */
#include "tr_hide.h"

#include "tr_cross.h"
#include "tr_header.h"
#include "tr_key.h"
#include "tr_params.h"
#include "tr_stats.h"
#include "tr_via.h"

#include "../../core/config.h"
#include "../../core/dprint.h"
#include "../../core/events.h"
#include "../../core/mem/mem.h"
#include "../../core/tcp_options.h"
#include "../../core/timer.h"

#include <string.h>
#include <strings.h>

/* Seconds between two log lines of one process about malformed heads. */
#define SAY_EVERY 5

static struct {
	ticks_t said; /* when this process logged a malformed head */
	int unsaid;   /* how many it has not logged since */
} state;

/* The message without the line ends that may precede it (RFC 3261 s7.5). */
static struct tr_view message(const str *buf)
{
	struct tr_view msg = {buf->s, (size_t)buf->len};

	while(msg.len > 0 && (*msg.s == '\r' || *msg.s == '\n')) {
		msg.s++;
		msg.len--;
	}
	return msg;
}

/* As the core tells replies: in any case of letters. */
static int is_reply(struct tr_view msg)
{
	return msg.len > 8 && strncasecmp(msg.s, "SIP/2.0", 7) == 0;
}

/* What is to be done to a message. */
struct task {
	enum tr_via (*vias)(const struct tr_via_side_keys *keys, struct tr_view msg,
			char *out, size_t cap, size_t *out_len); /* or NULL */
	enum tr_via_side side;                           /* the request went to */
	int call_ids;
};

enum outcome {
	REFUSED = 0, /* said and counted; nothing is left to free */
	SAME,        /* as before */
	CHANGED      /* the new text is the caller's to free */
};

static enum outcome refuse(
		struct tr_text *text, enum tr_stat stat, const char *why)
{
	tr_stats_inc(stat);
	LM_WARN("a message is thrown away: %s\n", why);
	pkg_free(text->s);
	return REFUSED;
}

/* Changes a copy: first the Vias on the way, then Call-IDs in place. */
static enum outcome work(
		const struct task *task, struct tr_view msg, struct tr_text *text)
{
	const struct tr_key_set *keys = tr_key_now();
	enum tr_via vias = TR_VIA_SAME;
	enum tr_cross call_ids = TR_CROSS_SAME;
	struct tr_crossed crossed;

	text->cap = msg.len + TR_VIA_ROOM + TR_CROSS_ROOM;
	text->s = pkg_malloc(text->cap + 1);
	if(text->s == NULL) {
		PKG_MEM_ERROR;
		tr_stats_inc(TR_STAT_ERRORS);
		return REFUSED;
	}
	if(task->vias != NULL) {
		vias = task->vias(
				&keys->via.to[task->side], msg, text->s, text->cap, &text->len);
	}
	if(vias == TR_VIA_TOO_LONG || vias == TR_VIA_NO_ROOM) {
		return refuse(text, TR_STAT_VIA_TOO_LONG,
				"a request's Vias cannot be hidden");
	}
	if(vias == TR_VIA_FORGED) {
		tr_stats_inc(TR_STAT_VIA_FORGED);
	}
	if(vias == TR_VIA_SAME) {
		memcpy(text->s, msg.s, msg.len);
		text->len = msg.len;
	}
	if(task->call_ids) {
		call_ids = tr_cross(&tr_params.inside, &keys->callid, text, &crossed);
	}
	if(call_ids == TR_CROSS_REFUSED) {
		return refuse(text, TR_STAT_CALL_ID_REFUSED,
				"a Call-ID names an inside host and cannot be hidden");
	}
	if(call_ids == TR_CROSS_DONE) {
		if(crossed.hidden > 0) {
			tr_stats_inc(TR_STAT_CALL_IDS_HIDDEN);
		}
		if(crossed.shown > 0) {
			tr_stats_inc(TR_STAT_CALL_IDS_SHOWN);
		}
	} else if(vias == TR_VIA_SAME) {
		pkg_free(text->s);
		return SAME;
	}
	text->s[text->len] = '\0';
	return CHANGED;
}

/* 0: a keep-alive, another protocol, or nothing to do for this message. */
static int has_work(const struct task *task, struct tr_view msg)
{
	return (task->vias != NULL || task->call_ids) && tr_header_is_sip(msg);
}

/* proto: of the other end. */
static void task_init(struct task *task, int proto)
{
	int outside = proto == PROTO_TLS;

	task->side = outside ? TR_VIA_OUTSIDE : TR_VIA_INSIDE;
	task->call_ids = tr_params.inside.count > 0 && outside;
}

/* A message that cannot be made fit to be seen is not sent: the core takes a
 * NULL buffer for an error of the send. */
static int on_send(sr_event_param_t *event)
{
	str *buf = event->data;
	struct tr_view msg;
	struct tr_text text;
	struct task task;
	enum outcome outcome = SAME;

	if(buf->s == NULL) {
		return 0;
	}
	msg = message(buf);
	task_init(&task, event->dst->proto);
	task.vias = tr_params.hide_via && !is_reply(msg) ? tr_via_hide : NULL;
	if(has_work(&task, msg)) {
		outcome = work(&task, msg, &text);
	}
	if(outcome == SAME) {
		return 0;
	}
	pkg_free(buf->s);
	buf->s = outcome == CHANGED ? text.s : NULL;
	buf->len = outcome == CHANGED ? (int)text.len : 0;
	return outcome == CHANGED ? 0 : -1;
}

/* The one line that tells of somebody who smuggles. */
static void log_malformed(const struct receive_info *from)
{
	struct ip_addr ip = from->src_ip;
	ticks_t now = get_ticks();

	if(state.said != 0 && now - state.said < SAY_EVERY) {
		state.unsaid++;
		return;
	}
	LM_WARN("a message from %s:%d is thrown away: its head has a control"
			" character, or a line that does not end in CRLF; %d more since"
			" the last such line\n",
			ip_addr2a(&ip), from->src_port, state.unsaid);
	state.said = now;
	state.unsaid = 0;
}

/* 1: the core and we read the same headers in it. */
static int may_be_read(struct tr_view msg, const struct receive_info *from)
{
	if(tr_header_is_clean(msg)) {
		return 1;
	}
	tr_stats_inc(TR_STAT_MALFORMED_HEAD);
	log_malformed(from);
	return 0;
}

/* The core's buffer is written over; it has room for BUF_SIZE. One that must
 * not be seen is emptied: no message any more, the core drops it. */
static int on_receive(sr_event_param_t *event)
{
	str *buf = event->data;
	struct tr_view msg = message(buf);
	struct tr_text text;
	struct task task;
	enum outcome outcome = SAME;

	if(!may_be_read(msg, event->rcv)) {
		buf->len = 0;
		return -1;
	}
	task_init(&task, event->rcv->proto);
	task.vias = tr_params.hide_via && is_reply(msg) ? tr_via_show : NULL;
	if(has_work(&task, msg)) {
		outcome = work(&task, msg, &text);
	}
	if(outcome == CHANGED && text.len > (size_t)buf->len
			&& text.len >= BUF_SIZE) {
		outcome = refuse(&text, TR_STAT_ERRORS, "it became too long");
	}
	if(outcome == SAME) {
		return 0;
	}
	if(outcome == REFUSED) {
		buf->len = 0;
		return -1;
	}
	memcpy(buf->s, text.s, text.len + 1);
	buf->len = (int)text.len;
	pkg_free(text.s);
	return 0;
}

int tr_hide_init(void)
{
	int out = tr_params.hide_via || tr_params.inside.count > 0;

	if((out && sr_event_register_cb(SREV_NET_DATA_OUT, on_send) != 0)
			|| sr_event_register_cb(SREV_NET_DATA_IN, on_receive) != 0) {
		LM_ERR("cannot look at messages of the network: unload a module that"
			   " does, such as topoh or topos\n");
		return -1;
	}
	/* of what came over TCP, too, we may write over the buffer */
	tcp_set_clone_rcvbuf(1);
	return 0;
}
