/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must each Contact of this message say on the other side?
 *
 *   message                       Contact              becomes
 *   a phone's REGISTER            its URI              the registration's token
 *   else from a phone             its URI              a token of the
 *                                                      registration over this
 *                                                      connection, else of the
 *                                                      connection
 *   from the PBX                  its URI              a PBX's token
 *   the PBX's 2xx to REGISTER     the token of a       what it stands for
 *                                 registration over
 *                                 the connection that
 *                                 asked
 *                                 another phone's      that token, at our
 *                                 token                outer address
 *                                 any other            a PBX's token
 *   3xx from a phone              whom to ask instead  that, parameters taken
 *                                                      off
 *
 * A registration's token does not change with the connection, nor with the URI
 * that the phone has there: so what the phone registers when it comes back is
 * the binding that the PBX has already.
 *
 * The 2xx because a phone must recognise its own binding, and only that. The
 * others are opaque, and of no use to it: a phone's token is not for phones.
 *
 * The 3xx because a phone that redirects a call names somebody else, whom its
 * own connection does not lead to. */
#include "tr_pin.h"

#include "tr_conn.h"
#include "tr_edit.h"
#include "tr_key.h"
#include "tr_last.h"
#include "tr_note.h"
#include "tr_params.h"
#include "tr_register.h"
#include "tr_stats.h"
#include "tr_store.h"

#include "../../core/dprint.h"
#include "../../core/parser/parse_cseq.h"
#include "../../core/parser/parse_uri.h"

#include <string.h>
#include <time.h>

/* What pinning needs to know about a message. */
struct job {
	struct sip_msg *msg;
	int conid;          /* of the phone, 0 from the PBX's side */
	enum tr_kind given; /* whose token is given out for its Contacts */
	int answered;       /* the PBX's 2xx to REGISTER: listed is what it lists */
	int asked;          /* ... the connection that the REGISTER came on, or 0 */
	int redirected;     /* 3xx from a phone */
	struct tr_note note; /* of a phone's message */
	struct tr_register_listed listed[TR_CONTACTS_MAX];
	struct tr_contacts contacts;
	struct tr_edits edits;
};

static struct tr_view literal(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static enum tr_pinned refuse(const struct job *job, enum tr_pinned result,
		enum tr_stat stat, const char *reason)
{
	return tr_note_refused(job->msg, result, stat, reason);
}

static enum tr_pinned no_memory(const struct job *job)
{
	return refuse(job, TR_PIN_ERROR, TR_STAT_ERRORS, "out of memory");
}

static int is_register(const struct sip_msg *msg)
{
	if(msg->first_line.type == SIP_REQUEST) {
		return msg->REQ_METHOD == METHOD_REGISTER;
	}
	return get_cseq(msg)->method_id == METHOD_REGISTER;
}

static void job_init(struct job *job, struct sip_msg *msg)
{
	int reply = msg->first_line.type == SIP_REPLY;
	int class = reply ? (int)msg->REPLY_STATUS / 100 : 0;
	int outside = tr_conn_from_outside(msg);

	/* not the arrays: they are large, and what counts them is 0 */
	job->contacts.n = job->edits.n = 0;
	job->contacts.star = 0;
	job->note.asking = job->note.registrations = 0;
	job->msg = msg;
	job->conid = tr_conn_id(msg);
	job->given = outside ? TR_KIND_PHONE : TR_KIND_PBX;
	job->answered = class == 2 && !outside && is_register(msg);
	job->asked = job->answered ? tr_conn_of_reply(msg) : 0;
	job->redirected = class == 3 && outside;
}

/* What is refused is not noted: the URIs of a REGISTER would be kept for as long
 * as its answer may take. */
static enum tr_pinned check_lengths(const struct job *job)
{
	size_t i;

	for(i = 0; job->given == TR_KIND_PHONE && i < job->contacts.n; i++) {
		if(job->contacts.c[i].uri.len > (size_t)tr_params.max_uri_len) {
			return refuse(job, TR_PIN_TOO_LONG, TR_STAT_TOO_LONG,
					"a Contact is too long");
		}
	}
	return TR_PIN_OK;
}

/* Gathers the Contacts of all Contact headers. */
static enum tr_pinned read_contacts(struct job *job)
{
	struct hdr_field *h;
	struct tr_view body;
	size_t at;
	int rc = 0;

	for(h = job->msg->contact; h != NULL && rc == 0; h = h->next) {
		if(h->type != HDR_CONTACT_T) {
			continue;
		}
		body.s = h->body.s;
		body.len = (size_t)h->body.len;
		rc = tr_contact_walk(body, &job->contacts, &at);
		if(rc != 0) {
			LM_DBG("Contact '%.*s' not understood at offset %d\n", h->body.len,
					h->body.s, (int)at);
		}
	}
	switch(rc) {
		case 0:
			return check_lengths(job);
		case TR_CONTACT_NOT_SIP:
			return refuse(job, TR_PIN_NOT_SIP, TR_STAT_NOT_SIP,
					"a Contact is no SIP URI");
		case TR_CONTACT_TOO_MANY:
			return refuse(job, TR_PIN_TOO_MANY, TR_STAT_TOO_MANY,
					"there are too many Contacts");
		default:
			return refuse(job, TR_PIN_MALFORMED, TR_STAT_MALFORMED,
					"a Contact is malformed");
	}
}

/* The address in the Contacts that we write into this message. */
static const struct tr_addr *given_address(const struct job *job)
{
	return job->given == TR_KIND_PHONE ? &tr_params.inner : &tr_params.outer;
}

/* The Contact is what put_token() writes for the token in it. */
static int is_as_written(const struct job *job, const struct tr_contact *c)
{
	const struct tr_addr *addr = given_address(job);

	return tr_contact_is_plain(c, (struct tr_view){addr->text, addr->len});
}

/* Leaves only the parameters that the other side may read. 0 or -1. */
static int put_params(struct job *job, const struct tr_contact *c)
{
	if(c->all_kept) {
		return 0;
	}
	return tr_edits_add(&job->edits, job->msg, c->params, 0, c->keep, c->kept);
}

/* What the token of Contact number i stands for. */
static struct tr_flow flow_of(const struct job *job, size_t i)
{
	struct tr_flow flow = {.kind = job->given,
			.conid = (uint32_t)job->conid,
			.made = tr_flow_hour(time(NULL)),
			.uri = job->contacts.c[i].uri};

	if(job->note.asking) {
		flow.kind = TR_KIND_REGISTERED;
		memcpy(flow.registration, job->note.ids[i], TR_REGISTRATION_LEN);
		flow.uri.len = 0; /* it may be another one next time */
	} else if(job->note.registrations > 0) {
		flow.kind = TR_KIND_REGISTERED;
		memcpy(flow.registration, job->note.registration, TR_REGISTRATION_LEN);
	}
	return flow;
}

static enum tr_pinned put_token(struct job *job, size_t i)
{
	char token[TR_FLOW_TOKEN_MAX];
	const struct tr_contact *c = &job->contacts.c[i];
	const struct tr_addr *addr = given_address(job);
	struct tr_flow flow = flow_of(job, i);
	struct tr_view pieces[4];

	if(c->uri.len > (size_t)tr_params.max_uri_len) {
		return refuse(job, TR_PIN_TOO_LONG, TR_STAT_TOO_LONG,
				"a Contact is too long");
	}
	pieces[0] = literal("sip:");
	pieces[1].s = token;
	if(tr_flow_encode(
			   &tr_key_now()->flow, &flow, token, sizeof(token), &pieces[1].len)
			!= 0) {
		return refuse(job, TR_PIN_ERROR, TR_STAT_ERRORS, "no token made");
	}
	pieces[2] = literal("@");
	pieces[3] = (struct tr_view){addr->text, addr->len};
	if(tr_edits_add(&job->edits, job->msg, c->uri, !c->bracketed, pieces, 4)
			!= 0) {
		return no_memory(job);
	}
	tr_stats_inc(TR_STAT_PINNED);
	return TR_PIN_OK;
}

/* Another phone's binding: its token says nothing, its address here is not
 * the phone's business. */
static enum tr_pinned put_opaque(struct job *job, const struct tr_contact *c)
{
	struct tr_view pieces[4];

	pieces[0] = literal("sip:");
	pieces[1] = c->user;
	pieces[2] = literal("@");
	pieces[3] = (struct tr_view){tr_params.outer.text, tr_params.outer.len};
	if(tr_edits_add(&job->edits, job->msg, c->uri, !c->bracketed, pieces, 4)
			!= 0) {
		return no_memory(job);
	}
	return TR_PIN_OK;
}

/* sip:user@host:port and nothing else: no sips, no transport=tls. */
static enum tr_pinned put_bare(
		struct job *job, const struct tr_contact *c, const struct sip_uri *uri)
{
	struct tr_view pieces[6];
	size_t n = 0;

	pieces[n++] = literal("sip:");
	if(uri->user.len > 0) {
		pieces[n++] = c->user;
		pieces[n++] = literal("@");
	}
	pieces[n++] = (struct tr_view){uri->host.s, (size_t)uri->host.len};
	if(uri->port.len > 0) {
		pieces[n++] = literal(":");
		pieces[n++] = (struct tr_view){uri->port.s, (size_t)uri->port.len};
	}
	if(tr_edits_add(&job->edits, job->msg, c->uri, !c->bracketed, pieces, n)
			!= 0) {
		return no_memory(job);
	}
	return TR_PIN_OK;
}

/* One of the registrations that a 2xx lists: its own the phone sees as it wrote
 * it. */
static enum tr_pinned put_binding(struct job *job, size_t i)
{
	const struct tr_contact *c = &job->contacts.c[i];
	char text[TR_FLOW_URI_MAX];
	struct tr_view uri = {text, 0};
	int len = -1;

	if(job->listed[i].own) {
		len = tr_store_own(job->asked, job->listed[i].id, text, sizeof(text));
	}
	if(len < 0) {
		return put_opaque(job, c);
	}
	uri.len = (size_t)len;
	if(tr_edits_add(&job->edits, job->msg, c->uri, !c->bracketed, &uri, 1)
			!= 0) {
		return no_memory(job);
	}
	tr_stats_inc(TR_STAT_RESTORED);
	return TR_PIN_OK;
}

/* 1: the token is one that this message may have been given: a REGISTER the very
 * one that is noted for it, and not another account's. */
static int is_given(const struct job *job, const struct tr_flow *flow, size_t i)
{
	if(flow->kind == TR_KIND_REGISTERED) {
		if(job->note.asking) {
			return memcmp(flow->registration, job->note.ids[i],
						   TR_REGISTRATION_LEN)
				   == 0;
		}
		return tr_store_has(
				job->conid, flow->registration, (struct tr_view){NULL, 0});
	}
	return (int)flow->conid == job->conid;
}

static enum tr_pinned put(struct job *job, size_t i)
{
	const struct tr_contact *c = &job->contacts.c[i];
	char buf[TR_FLOW_BUF];
	enum tr_verdict verdict;
	struct tr_flow flow;
	struct sip_uri uri;

	if(tr_edits_done(job->msg, c->uri)) {
		return TR_PIN_OK;
	}
	if(put_params(job, c) != 0) {
		return no_memory(job);
	}
	if(job->answered && job->listed[i].registered) {
		return put_binding(job, i);
	}
	verdict = tr_flow_decode(&tr_key_now()->flow,
			job->answered ? TR_KIND_PHONE : job->given, c->user, time(NULL),
			&flow, buf);
	if(job->answered
			&& (verdict == TR_OK || verdict == TR_STALE
					|| verdict == TR_ELSEWHERE)) {
		return put_opaque(job, c);
	}
	/* What we wrote comes back when the script applied our changes to the
	 * message and pins again; anything else is wrapped like any URI. */
	if(verdict == TR_OK && is_as_written(job, c) && is_given(job, &flow, i)) {
		return TR_PIN_OK;
	}
	if(parse_uri((char *)c->uri.s, (int)c->uri.len, &uri) < 0) {
		return refuse(job, TR_PIN_MALFORMED, TR_STAT_MALFORMED,
				"a Contact is malformed");
	}
	return job->redirected ? put_bare(job, c, &uri) : put_token(job, i);
}

static enum tr_pinned put_all(struct job *job)
{
	enum tr_pinned result = TR_PIN_OK;
	size_t i;

	for(i = 0; i < job->contacts.n && result == TR_PIN_OK; i++) {
		result = put(job, i);
	}
	if(result != TR_PIN_OK) {
		tr_edits_free(&job->edits);
		return result;
	}
	if(tr_edits_apply(&job->edits, job->msg) != 0) {
		return no_memory(job);
	}
	tr_last_say(job->msg, "the Contact was replaced");
	return TR_PIN_OK;
}

enum tr_pinned tr_pin(struct sip_msg *msg)
{
	struct job job;
	enum tr_pinned result;

	/* all Contacts, and what registrations and flows are noted from */
	if(parse_headers(msg, HDR_EOH_F, 0) < 0 || msg->cseq == NULL
			|| msg->cseq->parsed == NULL) {
		job.msg = msg;
		return refuse(&job, TR_PIN_MALFORMED, TR_STAT_MALFORMED,
				"a header is malformed");
	}
	job_init(&job, msg);
	result = read_contacts(&job);
	if(result == TR_PIN_OK && job.given == TR_KIND_PHONE) {
		result = tr_note_phone(msg, job.conid, &job.contacts, &job.note);
	}
	if(job.answered && result == TR_PIN_OK) {
		tr_register_answered(msg, job.asked, &job.contacts, job.listed);
	}
	if(result != TR_PIN_OK || (job.contacts.n == 0 && !job.answered)) {
		return result;
	}
	return put_all(&job);
}
