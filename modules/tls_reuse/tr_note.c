/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a phone's message tell of the way to that phone? */
#include "tr_note.h"

#include "tr_conn.h"
#include "tr_last.h"
#include "tr_register.h"
#include "tr_store.h"

#include "../../core/parser/parse_from.h"
#include "../../core/parser/parse_to.h"

enum tr_pinned tr_note_refused(struct sip_msg *msg, enum tr_pinned result,
		enum tr_stat stat, const char *reason)
{
	tr_stats_inc(stat);
	tr_last_say(msg, reason);
	return result;
}

static enum tr_pinned no_memory(struct sip_msg *msg)
{
	return tr_note_refused(msg, TR_PIN_ERROR, TR_STAT_ERRORS, "out of memory");
}

static int is_register(const struct sip_msg *msg)
{
	return msg->first_line.type == SIP_REQUEST
		   && msg->REQ_METHOD == METHOD_REGISTER;
}

static const str *user_agent(struct sip_msg *msg)
{
	if(msg->first_line.type == SIP_REQUEST) {
		return msg->user_agent ? &msg->user_agent->body : NULL;
	}
	return msg->server ? &msg->server->body : NULL;
}

/* The connection's record is there before the first token leaves. */
static enum tr_pinned note_flow(
		struct sip_msg *msg, int conid, struct tr_note *note)
{
	struct tr_peer peer;

	tr_conn_peer(msg, &peer);
	switch(tr_store_seen(conid, &peer, user_agent(msg), &note->registrations,
			note->registration)) {
		case TR_FLOWS_THERE:
			return TR_PIN_OK;
		case TR_FLOWS_EVICTED:
			tr_stats_inc(TR_STAT_FLOWS_EVICTED);
			break;
		case TR_FLOWS_MADE:
			break;
		case TR_FLOWS_FULL:
			return tr_note_refused(msg, TR_PIN_FULL, TR_STAT_FULL,
					"there are max_flows registered flows already");
		case TR_FLOWS_NO_MEMORY:
			return no_memory(msg);
	}
	/* When it closed before the record was made, nobody removes that. */
	if(!tr_conn_alive(conid)) {
		tr_store_drop(conid);
		return tr_note_refused(msg, TR_PIN_CLOSED, TR_STAT_CLOSED,
				"the connection has closed");
	}
	return TR_PIN_OK;
}

static enum tr_pinned note_register(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts, struct tr_note *note)
{
	switch(tr_register_asks(msg, conid, contacts, note->ids)) {
		case TR_REGISTER_OK:
			return TR_PIN_OK;
		case TR_REGISTER_MALFORMED:
			return tr_note_refused(msg, TR_PIN_MALFORMED, TR_STAT_MALFORMED,
					"To has no address of record");
		case TR_REGISTER_FULL:
			return tr_note_refused(msg, TR_PIN_FULL, TR_STAT_FULL,
					"there are too many registrations already");
		case TR_REGISTER_CLOSED:
			return tr_note_refused(msg, TR_PIN_CLOSED, TR_STAT_CLOSED,
					"the connection has closed");
		case TR_REGISTER_NO_MEMORY:
			break;
	}
	return no_memory(msg);
}

/* Whose registration is a phone's message of, if it has several? Who calls is
 * in From, who is called in To. */
static void choose_registration(
		struct sip_msg *msg, int conid, struct tr_note *note)
{
	char aor[TR_REGISTER_AOR_MAX];
	const str *uri = NULL;
	int len;

	if(msg->first_line.type == SIP_REQUEST) {
		uri = parse_from_header(msg) == 0 ? &get_from(msg)->uri : NULL;
	} else if(msg->to != NULL && parse_to_header(msg) == 0) {
		uri = &get_to(msg)->uri;
	}
	if(uri != NULL && (len = tr_register_aor(uri, aor)) >= 0) {
		note->registrations = tr_store_which(
				conid, (struct tr_view){aor, (size_t)len}, note->registration);
	}
}

enum tr_pinned tr_note_phone(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts, struct tr_note *note)
{
	enum tr_pinned result = TR_PIN_OK;

	if(contacts->n > 0) {
		result = note_flow(msg, conid, note);
	} else if(contacts->star) {
		/* of a connection without a record there is nothing to note */
		tr_register_asks(msg, conid, contacts, note->ids);
	}
	if(result != TR_PIN_OK || contacts->n == 0) {
		return result;
	}
	note->asking = is_register(msg);
	if(note->asking) {
		return note_register(msg, conid, contacts, note);
	}
	if(note->registrations > 1) {
		choose_registration(msg, conid, note);
	}
	return TR_PIN_OK;
}
