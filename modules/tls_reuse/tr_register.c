/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is registered over which flow? Told by the registrar's 2xx. */
#include "tr_register.h"

#include "tr_store.h"

#include "../../core/parser/parse_expires.h"
#include "../../core/parser/parse_to.h"

void tr_register_answered(int conid)
{
	if(conid != 0) {
		tr_store_registered(conid, NULL, 0);
	}
}

/* RFC 3261 s10.3: the binding's own parameter, else the header. */
static uint32_t lifetime(struct sip_msg *msg, const struct tr_contact *c)
{
	exp_body_t *header;

	if(c->has_expires) {
		return c->expires;
	}
	if(msg->expires == NULL || parse_expires(msg->expires) < 0) {
		return 0;
	}
	header = (exp_body_t *)msg->expires->parsed;
	return header->valid ? header->val : 0;
}

void tr_register_bound(
		struct sip_msg *msg, int conid, const struct tr_contact *c)
{
	uint32_t seconds = lifetime(msg, c);

	if(msg->to == NULL || parse_to_header(msg) < 0) {
		return;
	}
	tr_store_registered(conid, seconds > 0 ? &get_to(msg)->uri : NULL, seconds);
}
