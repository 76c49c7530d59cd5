/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is $cert_match(x) for this message? Text from the connection's row. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/pvapi.h"

#include "cert_match_pv.h"
#include "cm_check.h"
#include "cm_route.h"
#include "cm_row.h"

enum cm_pv {
	CM_PV_VERIFIED,
	CM_PV_IDENTITIES,
	CM_PV_IDENTITY,
	CM_PV_SOURCE,
	CM_PV_REASON,
	CM_PV_FINGERPRINT,
	CM_PV_DAYS_LEFT,
	CM_PVS
};

static const char *const cm_pv_names[CM_PVS] = {
		[CM_PV_VERIFIED] = "verified",
		[CM_PV_IDENTITIES] = "identities",
		[CM_PV_IDENTITY] = "identity",
		[CM_PV_SOURCE] = "source",
		[CM_PV_REASON] = "reason",
		[CM_PV_FINGERPRINT] = "fingerprint",
		[CM_PV_DAYS_LEFT] = "days_left",
};

static int cm_pv_is(const str *name, const char *want)
{
	return (size_t)name->len == strlen(want)
		   && strncmp(name->s, want, (size_t)name->len) == 0;
}

/* From CM_PVS on: the values of an event route, by their number there. */
static int cm_pv_find(const str *name)
{
	const char *value;
	int i;

	for(i = 0; i < CM_PVS; i++)
		if(cm_pv_is(name, cm_pv_names[i]))
			return i;
	for(i = 0; (value = cm_route_name((unsigned)i)) != NULL; i++)
		if(cm_pv_is(name, value))
			return CM_PVS + i;
	return -1;
}

int cert_match_pv_parse(pv_spec_t *spec, str *name)
{
	int i = name ? cm_pv_find(name) : -1;

	if(i >= 0) {
		spec->pvp.pvn.type = PV_NAME_INTSTR;
		spec->pvp.pvn.u.isname.type = 0;
		spec->pvp.pvn.u.isname.name.n = i;
		return 0;
	}
	LM_ERR("$cert_match(%.*s) does not exist: it is one of verified, "
		   "identities, identity, source, reason, fingerprint, days_left; or, "
		   "in an event route of cert_match, one of event_peer, event_reason "
		   "and others\n",
			name ? name->len : 0, name ? name->s : "");
	return -1;
}

/* The core's buffers are used in turn, so several of ours in one line of the
 * script do not overwrite each other. */
static int cm_pv_text(
		sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const char *text)
{
	str s;

	s.s = pv_get_buffer();
	s.len = (int)strlen(text);
	if(s.len == 0 || s.len >= pv_get_buffer_size())
		return pv_get_null(msg, param, res);
	memcpy(s.s, text, (size_t)s.len);
	return pv_get_strval(msg, param, res, &s);
}

/* The last cert_match() on this message, or why the peer is authenticated as
 * anybody at all. */
static const char *cm_pv_reason(const sip_msg_t *msg, const struct cm_row *row)
{
	enum cm_reason r = cm_check_last(msg);

	if(r == CM_REFUSED || r == CM_NOT_VERIFIED)
		return cm_row_words(row);
	return cm_reason_words(r);
}

/* The text stays where it is as long as the route runs. What is a number may be
 * compared as one. */
static int cm_pv_event(
		sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const char *name)
{
	const char *text = cm_route_value(name);
	str s = {(char *)text, 0};
	char *end;
	long n;

	if(!text)
		return pv_get_null(msg, param, res);
	s.len = (int)strlen(text);
	n = strtol(text, &end, 10);
	if(s.len > 0 && *end == '\0' && n >= INT_MIN && n <= INT_MAX)
		return pv_get_strintval(msg, param, res, &s, (int)n);
	return pv_get_strval(msg, param, res, &s);
}

int cert_match_pv_get(sip_msg_t *msg, pv_param_t *param, pv_value_t *res)
{
	int what = (int)param->pvn.u.isname.name.n;
	struct cm_row row;
	int id;

	if(what >= CM_PVS)
		return cm_pv_event(
				msg, param, res, cm_route_name((unsigned)(what - CM_PVS)));
	id = cm_check_conid(msg);
	if(!id || cm_row_get(id, &row) < 0) {
		if(what == CM_PV_VERIFIED)
			return pv_get_sintval(msg, param, res, 0);
		if(what == CM_PV_REASON)
			return cm_pv_text(
					msg, param, res, cm_reason_words(CM_NO_CONNECTION));
		return pv_get_null(msg, param, res);
	}
	/* RFC 5922 s7.1: what a certificate that is not valid says is no
	 * identity; a script that forgets to ask for verified is safe */
	if(!row.verified)
		row.identities[0] = row.first[0] = '\0';
	switch(what) {
		case CM_PV_VERIFIED:
			return pv_get_sintval(msg, param, res, row.verified);
		case CM_PV_IDENTITIES:
			return cm_pv_text(msg, param, res, row.identities);
		case CM_PV_IDENTITY:
			return cm_pv_text(msg, param, res, row.first);
		case CM_PV_SOURCE:
			return cm_pv_text(msg, param, res,
					row.verified ? cm_source_name(row.source) : "");
		case CM_PV_REASON:
			return cm_pv_text(msg, param, res, cm_pv_reason(msg, &row));
		case CM_PV_FINGERPRINT:
			return cm_pv_text(msg, param, res, row.fingerprint);
		case CM_PV_DAYS_LEFT:
			if(!row.has_cert)
				return pv_get_null(msg, param, res);
			return pv_get_sintval(
					msg, param, res, cm_row_days_left(&row, time(NULL)));
		case CM_PVS:
			break;
	}
	return pv_get_null(msg, param, res);
}
