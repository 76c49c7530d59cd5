/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy_kemi answers: what do the functions return to a script?
 * See sdes_policy_kemi.h.
 */
#include "../../core/dprint.h"
#include "../../core/kemi.h"

#include "sdes_policy_kemi.h"
#include "sp_onsend.h"
#include "sp_session.h"

/* Set before the fork. */
static struct sp_version version;

void sdes_policy_kemi_init(const struct sp_version *rtpengine)
{
	version = *rtpengine;
}

static struct sp_text text_of(const str *s)
{
	struct sp_text t = {s->s, s->len > 0 ? (size_t)s->len : 0};
	return t;
}

static int value_of(enum sp_outcome outcome)
{
	switch(outcome) {
		case SP_OUTCOME_GO:
			return 1;
		case SP_OUTCOME_NO_SDP:
			return 2;
		case SP_OUTCOME_REFUSED:
			return -1;
		case SP_OUTCOME_REFUSED_LATE:
			return -2;
		default:
			return -3;
	}
}

int ki_sdes_policy_in(struct sip_msg *msg, str *side)
{
	return value_of(sp_session_in(msg, text_of(side), SP_ROLE_UNKNOWN));
}

int ki_sdes_policy_in_as(struct sip_msg *msg, str *side, str *kind)
{
	enum sp_role role = SP_ROLE_UNKNOWN;

	if(sp_text_ieq(text_of(kind), SP_TEXT("offer"))) {
		role = SP_ROLE_OFFER;
	} else if(sp_text_ieq(text_of(kind), SP_TEXT("answer"))) {
		role = SP_ROLE_ANSWER;
	} else {
		sp_session_wipe();
		LM_ERR("sdes_policy_in(): the second parameter is \"%.*s\": expected"
			   " \"offer\" or \"answer\"\n",
				kind->len, kind->s);
		return value_of(SP_OUTCOME_ERROR);
	}
	return value_of(sp_session_in(msg, text_of(side), role));
}

int ki_sdes_policy_out(struct sip_msg *msg, str *side)
{
	return value_of(sp_session_out(msg, text_of(side), &version));
}

int ki_sdes_policy_onsend(struct sip_msg *msg)
{
	struct sp_text nobody_said = {"", 0};

	return value_of(sp_onsend_check(msg, nobody_said));
}

int ki_sdes_policy_onsend_to(struct sip_msg *msg, str *side)
{
	return value_of(sp_onsend_check(msg, text_of(side)));
}

#define NONE SR_KEMIP_NONE

static sr_kemi_t exports[] = {
		{str_init("sdes_policy"), str_init("sdes_policy_in"), SR_KEMIP_INT,
				ki_sdes_policy_in,
				{SR_KEMIP_STR, NONE, NONE, NONE, NONE, NONE}},
		{str_init("sdes_policy"), str_init("sdes_policy_in_as"), SR_KEMIP_INT,
				ki_sdes_policy_in_as,
				{SR_KEMIP_STR, SR_KEMIP_STR, NONE, NONE, NONE, NONE}},
		{str_init("sdes_policy"), str_init("sdes_policy_out"), SR_KEMIP_INT,
				ki_sdes_policy_out,
				{SR_KEMIP_STR, NONE, NONE, NONE, NONE, NONE}},
		{str_init("sdes_policy"), str_init("sdes_policy_onsend"), SR_KEMIP_INT,
				ki_sdes_policy_onsend, {NONE, NONE, NONE, NONE, NONE, NONE}},
		{str_init("sdes_policy"), str_init("sdes_policy_onsend_to"),
				SR_KEMIP_INT, ki_sdes_policy_onsend_to,
				{SR_KEMIP_STR, NONE, NONE, NONE, NONE, NONE}},
		{{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}}};

int sdes_policy_kemi_register(void)
{
	return sr_kemi_modules_add(exports);
}
