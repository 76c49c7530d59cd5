/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever an SDP says: what comes out is judged the same again, and what
 * comes out for a side without SRTP holds not a word of a key.
 *
 * The first octet chooses side, transport and role.
 */
#include <stdlib.h>
#include <string.h>

#include "../../modules/sdes_policy/sp_clean.h"
#include "../../modules/sdes_policy/sp_final.h"

static struct sp_rules rules(void)
{
	struct sp_rules r = {.n_suites = 4, .n_sides = 3};

	r.rank[SP_AEAD_AES_256_GCM] = 1;
	r.rank[SP_AES_256_CM_HMAC_SHA1_80] = 2;
	r.rank[SP_AES_CM_128_HMAC_SHA1_80] = 3;
	r.rank[SP_AES_CM_128_HMAC_SHA1_32] = 4;
	r.quality[SP_QUALITY_PRINTABLE] = SP_ACT_WARN;
	memcpy(r.sides[0].name, "phones", 7);
	memcpy(r.sides[1].name, "soft", 5);
	memcpy(r.sides[2].name, "pbx", 4);
	r.sides[1].mode = SP_MODE_PREFER;
	r.sides[2].mode = SP_MODE_FORBID;
	return r;
}

static void check(const struct sp_question *q, const struct sp_verdict *v,
		unsigned streams, struct sp_text out)
{
	struct sp_reading how = sp_policy_reading(q->rules);
	struct sp_leg leg = {
			q->rules, &q->rules->sides[2], SP_OVER_UDP, SP_ROLE_UNKNOWN};
	static struct sp_sdp clean;
	struct sp_verdict again;

	if(sp_sdp_read(out, &how, &clean) != SP_SDP_OK)
		abort();
	if(clean.n_streams != streams || clean.hidden > 0
			|| clean.dropped_lines > 0)
		abort();
	if(v->secure == 0 && sp_text_has_key_word(out))
		abort();
	if(q->from->mode == SP_MODE_FORBID) {
		sp_final_judge(&leg, &clean, &again);
		if(v->secure > 0 || again.code != 200)
			abort();
	}
	sp_policy_judge(q, &clean, &again);
	if(v->code == 200
			&& (again.code != 200 || again.secure != v->secure
					|| again.plain != v->plain || again.refused > 0
					|| again.dropped > 0 || again.removed > 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[2 * SP_BODY_MAX], words[65536];
	static struct sp_sdp sdp;
	struct sp_rules r = rules();
	struct sp_reading how = sp_policy_reading(&r);
	struct sp_question q = {&r, NULL, NULL, SP_OVER_TLS, 0, NULL};
	struct sp_text body = {(const char *)data + 1, size - 1};
	struct sp_verdict v;
	struct sp_buf b;

	if(size < 1)
		return 0;
	q.from = &r.sides[data[0] % 3];
	q.over = (enum sp_transport)(data[0] >> 2 & 3);
	q.answer = data[0] >> 4 & 1;
	r.order_policy = data[0] >> 5 & 1;
	sp_sdp_read(body, &how, &sdp);
	sp_policy_judge(&q, &sdp, &v);
	if(v.reason[0] == '\0' || memchr(v.reason, '"', strlen(v.reason)) != NULL)
		abort();
	sp_buf_init(&b, words, sizeof(words));
	sp_verdict_report(&v, &sdp, &b);
	sp_buf_init(&b, out, sizeof(out));
	if(sp_clean(&sdp, &v, &r, &b) == 0)
		check(&q, &v, sdp.n_streams, (struct sp_text){out, b.len});
	else if(v.code == 200 && !b.full)
		abort();
	return 0;
}
