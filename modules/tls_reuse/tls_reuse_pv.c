/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does $tls_reuse(x) say? */
#include "tls_reuse_pv.h"

#include "tr_conn.h"
#include "tr_last.h"
#include "tr_store.h"
#include "tr_to.h"

#include "../../core/dprint.h"
#include "../../core/route.h"

#include <string.h>

enum item {
	ITEM_FLOW,
	ITEM_CONID,
	ITEM_AOR,
	ITEM_USER_AGENT,
	ITEM_SIDE,
	ITEM_REASON,
	ITEM_DOMAIN,
	ITEM_LOCAL_DOMAIN,
	ITEM_REUSED,
	ITEM_ALIAS,
	ITEM_COUNT
};

static const char *const names[ITEM_COUNT] = {"flow", "conid", "aor",
		"user_agent", "side", "reason", "domain", "local_domain", "reused",
		"alias"};

/* Where texts lie until the script has read them. */
static struct {
	struct tr_flows_row flow;
	struct tr_domains pair;
} current;

int tls_reuse_pv_parse(pv_spec_t *spec, str *name)
{
	int i;

	for(i = 0; i < ITEM_COUNT; i++) {
		if(name->len == (int)strlen(names[i])
				&& memcmp(name->s, names[i], (size_t)name->len) == 0) {
			spec->pvp.pvn.type = PV_NAME_INTSTR;
			spec->pvp.pvn.u.isname.type = 0;
			spec->pvp.pvn.u.isname.name.n = i;
			return 0;
		}
	}
	LM_ERR("$tls_reuse(%.*s): there are flow, conid, aor, user_agent, side,"
		   " reason, domain, local_domain, reused and alias\n",
			name->len, name->s);
	return -1;
}

static int get_text(struct sip_msg *msg, pv_param_t *param, pv_value_t *res,
		const char *text)
{
	if(text == NULL || *text == '\0') {
		return pv_get_null(msg, param, res);
	}
	return pv_get_strzval(msg, param, res, (char *)text);
}

static int get_id(
		struct sip_msg *msg, pv_param_t *param, pv_value_t *res, int id)
{
	if(id == 0) {
		return pv_get_null(msg, param, res);
	}
	return pv_get_sintval(msg, param, res, id);
}

/* The flow that a token led to, else the one that the message came on. */
static int flow_of(const struct sip_msg *msg, const struct tr_last *last)
{
	int followed = last != NULL && last->conid != 0;
	int conid = followed ? last->conid : tr_conn_id(msg);
	const uint8_t *registration =
			followed && last->registered ? last->registration : NULL;

	if(conid == 0 || tr_store_get(conid, registration, &current.flow) != 0) {
		return 0;
	}
	return conid;
}

/* The connection that the message came on, or that a reply goes back on. */
static int connection_of(const struct sip_msg *msg)
{
	int conid = tr_conn_id(msg);

	if(conid == 0 && msg->first_line.type == SIP_REPLY) {
		conid = tr_conn_of_reply(msg);
	}
	return conid;
}

/* For whom is the request? In onsend_route: the branch that is sent. Never
 * NULL; without a domain when it is for none. */
static const struct tr_domains *pair_of(
		struct sip_msg *msg, const struct tr_last *last)
{
	if(is_route_type(ONSEND_ROUTE) && last != NULL) {
		return &last->pair;
	}
	if(is_route_type(ONSEND_ROUTE)
			|| tr_to_of(msg, &current.pair) != TR_MARK_OK) {
		memset(&current.pair, 0, sizeof(current.pair));
	}
	return &current.pair;
}

static int get_reused(struct sip_msg *msg, pv_param_t *param, pv_value_t *res,
		const struct tr_last *last)
{
	if(!is_route_type(ONSEND_ROUTE) || last == NULL
			|| last->pair.domain_len == 0) {
		return pv_get_null(msg, param, res);
	}
	return pv_get_sintval(msg, param, res, last->reused);
}

int tls_reuse_pv_get(struct sip_msg *msg, pv_param_t *param, pv_value_t *res)
{
	const struct tr_last *last = tr_last_get(msg);

	switch((enum item)param->pvn.u.isname.name.n) {
		case ITEM_FLOW:
			return get_id(msg, param, res, flow_of(msg, last));
		case ITEM_CONID:
			return get_id(msg, param, res, connection_of(msg));
		case ITEM_AOR:
			return get_text(msg, param, res,
					flow_of(msg, last) ? current.flow.aor : NULL);
		case ITEM_USER_AGENT:
			return get_text(msg, param, res,
					flow_of(msg, last) ? current.flow.user_agent : NULL);
		case ITEM_SIDE:
			return get_text(msg, param, res, last ? last->side : NULL);
		case ITEM_REASON:
			return get_text(msg, param, res, last ? last->reason : NULL);
		case ITEM_DOMAIN:
			return get_text(msg, param, res, pair_of(msg, last)->domain);
		case ITEM_LOCAL_DOMAIN:
			return get_text(msg, param, res, pair_of(msg, last)->local);
		case ITEM_REUSED:
			return get_reused(msg, param, res, last);
		case ITEM_ALIAS:
			return get_text(msg, param, res, last ? last->alias : NULL);
		case ITEM_COUNT:
			break;
	}
	return pv_get_null(msg, param, res);
}
