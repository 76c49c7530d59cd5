/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which registrations does a phone ask for, and which does the registrar grant?
 * See the header. */
#include "tr_register.h"

#include "tr_binding.h"
#include "tr_key.h"
#include "tr_params.h"
#include "tr_store.h"

#include "../../core/parser/parse_cseq.h"
#include "../../core/parser/parse_expires.h"
#include "../../core/parser/parse_to.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/ut.h"

#include <string.h>
#include <time.h>

static struct tr_view view(const str *text)
{
	return (struct tr_view){text->s, (size_t)text->len};
}

int tr_register_aor(const str *uri, char aor[TR_REGISTER_AOR_MAX])
{
	struct sip_uri parsed;

	/* RFC 3261 s10.2: a SIP or SIPS URI */
	if(parse_uri(uri->s, uri->len, &parsed) < 0
			|| (parsed.type != SIP_URI_T && parsed.type != SIPS_URI_T)) {
		return -1;
	}
	return tr_binding_aor(view(&parsed.user), view(&parsed.host),
			view(&parsed.port), aor, TR_REGISTER_AOR_MAX);
}

/* What names a REGISTER and its answer. msg is parsed. 0 or -1. */
static int request_of(
		const struct sip_msg *msg, struct tr_flows_request *request)
{
	unsigned int number;
	str digits;

	if(msg->callid == NULL) {
		return -1;
	}
	digits = get_cseq(msg)->number;
	if(str2int(&digits, &number) != 0) {
		return -1;
	}
	request->call_id = view(&msg->callid->body);
	request->cseq = number;
	return 0;
}

/* RFC 3261 s10.3: of a Contact without expires; otherwise if there is no such
 * header. */
static uint32_t lifetime(struct sip_msg *msg, uint32_t otherwise)
{
	exp_body_t *header;

	if(msg->expires == NULL || parse_expires(msg->expires) < 0) {
		return otherwise;
	}
	header = (exp_body_t *)msg->expires->parsed;
	return header->valid ? header->val : otherwise;
}

/* A registration's name, if c is what we wrote for one. 0 or -1. */
static int read_token(
		const struct tr_contact *c, uint8_t id[TR_REGISTRATION_LEN])
{
	char buf[TR_FLOW_BUF];
	struct tr_flow flow;

	if(tr_flow_decode(&tr_key_now()->flow, TR_KIND_PHONE, c->user, time(NULL),
			   &flow,
			   buf) != TR_OK
			|| flow.kind != TR_KIND_REGISTERED) {
		return -1;
	}
	memcpy(id, flow.registration, TR_REGISTRATION_LEN);
	return 0;
}

/* --- what a phone asks for -------------------------------------------------- */

static enum tr_register_asked ask_one(int conid, const struct tr_flows_ask *ask)
{
	switch(tr_store_ask(conid, ask)) {
		case TR_FLOWS_ASK_OK:
			return TR_REGISTER_OK;
		case TR_FLOWS_ASK_FULL:
			return TR_REGISTER_FULL;
		case TR_FLOWS_ASK_GONE:
			return TR_REGISTER_CLOSED;
		case TR_FLOWS_ASK_NO_MEMORY:
			break;
	}
	return TR_REGISTER_NO_MEMORY;
}

/* The message as pinned before and changed by the script: the token is what was
 * asked for. */
static int asked_already(int conid, const struct tr_contact *c,
		uint8_t id[TR_REGISTRATION_LEN], struct tr_view aor)
{
	struct tr_view inner = {tr_params.inner.text, tr_params.inner.len};
	uint8_t there[TR_REGISTRATION_LEN];

	if(!tr_contact_is_plain(c, inner) || read_token(c, there) != 0
			|| !tr_store_has(conid, there, aor)) {
		return 0;
	}
	memcpy(id, there, TR_REGISTRATION_LEN);
	return 1;
}

enum tr_register_asked tr_register_asks(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts,
		uint8_t ids[TR_CONTACTS_MAX][TR_REGISTRATION_LEN])
{
	enum tr_register_asked result = TR_REGISTER_OK;
	struct tr_flows_ask ask = {.uri = {NULL, 0}};
	char aor[TR_REGISTER_AOR_MAX];
	int len;
	size_t i;

	if(msg->to == NULL || parse_to_header(msg) < 0
			|| request_of(msg, &ask.request) != 0
			|| (len = tr_register_aor(&get_to(msg)->uri, aor)) < 0) {
		return TR_REGISTER_MALFORMED;
	}
	ask.aor = (struct tr_view){aor, (size_t)len};
	tr_binding_ids(
			contacts, ask.aor, ask.request.call_id, lifetime(msg, 1), ids);
	for(i = 0; i < contacts->n && result == TR_REGISTER_OK; i++) {
		if(!asked_already(conid, &contacts->c[i], ids[i], ask.aor)) {
			memcpy(ask.id, ids[i], TR_REGISTRATION_LEN);
			ask.uri = contacts->c[i].uri;
			result = ask_one(conid, &ask);
		}
	}
	/* RFC 3261 s10.2.2: all bindings are to be removed. Nothing has this id. */
	if(contacts->star) {
		memset(ask.id, 0, TR_REGISTRATION_LEN);
		result = ask_one(conid, &ask);
	}
	return result;
}

/* --- what the registrar grants ---------------------------------------------- */

/* Of those that are listed more than once, because the key of our tokens has
 * changed, only the one that lasts longest is shown. */
static int is_the_one(const struct tr_flows_listed *listed, size_t n, size_t i)
{
	size_t j;

	for(j = 0; j < n; j++) {
		if(j != i
				&& memcmp(listed[j].id, listed[i].id, TR_REGISTRATION_LEN) == 0
				&& (listed[j].seconds > listed[i].seconds
						|| (listed[j].seconds == listed[i].seconds && j < i))) {
			return 0;
		}
	}
	return 1;
}

void tr_register_answered(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts,
		struct tr_register_listed listed[TR_CONTACTS_MAX])
{
	struct tr_flows_listed granted[TR_CONTACTS_MAX];
	size_t at[TR_CONTACTS_MAX], n = 0, i;
	struct tr_flows_request request;
	uint32_t seconds = lifetime(msg, 0);

	for(i = 0; i < contacts->n; i++) {
		const struct tr_contact *c = &contacts->c[i];

		listed[i].own = 0;
		listed[i].registered = read_token(c, listed[i].id) == 0;
		if(listed[i].registered) {
			memcpy(granted[n].id, listed[i].id, TR_REGISTRATION_LEN);
			granted[n].seconds = c->has_expires ? c->expires : seconds;
			at[n++] = i;
		}
	}
	if(conid == 0 || request_of(msg, &request) != 0) {
		return;
	}
	tr_store_answered(conid, &request, granted, n);
	for(i = 0; i < n; i++) {
		listed[at[i]].own = is_the_one(granted, n, i);
	}
}
