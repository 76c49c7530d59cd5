/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy_pv answers: what is $sdes(x) now? See sdes_policy_pv.h.
 */
#include <string.h>

#include "../../core/dprint.h"

#include "sdes_policy_pv.h"
#include "sp_session.h"

enum item {
	ITEM_FLAGS,
	ITEM_SDP,
	ITEM_VERDICT,
	ITEM_CODE,
	ITEM_REASON,
	ITEM_SUITE,
	ITEM_TAG,
	ITEM_PROFILE,
	ITEMS
};

static const char *const names[ITEMS] = {
		"flags", "sdp", "verdict", "code", "reason", "suite", "tag", "profile"};

int sdes_policy_pv_parse(pv_spec_t *spec, str *name)
{
	for(int i = 0; i < ITEMS; i++) {
		if(name->len == (int)strlen(names[i])
				&& memcmp(name->s, names[i], (size_t)name->len) == 0) {
			spec->pvp.pvn.type = PV_NAME_INTSTR;
			spec->pvp.pvn.u.isname.type = 0;
			spec->pvp.pvn.u.isname.name.n = i;
			return 0;
		}
	}
	LM_ERR("$sdes(%.*s): there are flags, sdp, verdict, code, reason, suite,"
		   " tag and profile\n",
			name->len, name->s);
	return -1;
}

static int get_words(struct sip_msg *msg, pv_param_t *param, pv_value_t *value,
		const char *words)
{
	return pv_get_strzval(msg, param, value, (char *)(uintptr_t)words);
}

static int get_buf(struct sip_msg *msg, pv_param_t *param, pv_value_t *value,
		const struct sp_buf *b)
{
	str text = {b->p, (int)b->len};

	if(b->len == 0)
		return pv_get_null(msg, param, value);
	return pv_get_strval(msg, param, value, &text);
}

/* "secure", "plain", "off", "none" (no SDP) or "refused". */
static const char *verdict_word(const struct sp_session *s)
{
	if(s->verdict.code != 200)
		return "refused";
	if(s->clean.len == 0)
		return "none";
	if(s->verdict.plain > 0)
		return "plain";
	return s->verdict.secure > 0 ? "secure" : "off";
}

int sdes_policy_pv_get(
		struct sip_msg *msg, pv_param_t *param, pv_value_t *value)
{
	const struct sp_session *s = sp_session_of(msg);
	const struct sp_suite_info *info;

	if(s == NULL)
		return pv_get_null(msg, param, value);
	info = sp_suite_info(s->verdict.suite);
	switch((enum item)param->pvn.u.isname.name.n) {
		case ITEM_FLAGS:
			return get_buf(msg, param, value, &s->flags);
		case ITEM_SDP:
			return get_buf(msg, param, value, &s->clean);
		case ITEM_VERDICT:
			return get_words(msg, param, value, verdict_word(s));
		case ITEM_CODE:
			return pv_get_sintval(msg, param, value, s->verdict.code);
		case ITEM_REASON:
			return get_words(msg, param, value, s->verdict.reason);
		case ITEM_SUITE:
			if(info == NULL)
				return pv_get_null(msg, param, value);
			return get_words(msg, param, value, info->name);
		case ITEM_TAG:
			if(info == NULL)
				return pv_get_null(msg, param, value);
			return pv_get_uintval(msg, param, value, s->verdict.tag);
		case ITEM_PROFILE:
			return get_words(msg, param, value, "default");
		default:
			return pv_get_null(msg, param, value);
	}
}
