/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_final answers: may this finished SDP leave on this leg? See sp_final.h.
 */
#include <string.h>

#include "sp_final.h"

static int takes_keys(const struct sp_leg *leg)
{
	return leg->to != NULL && leg->to->mode != SP_MODE_FORBID
		   && leg->over == SP_OVER_TLS;
}

/* What is wrong with the keys of a stream that may have some, or NULL. */
static const char *rows_fault(const struct sp_leg *leg,
		const struct sp_sdp *sdp, const struct sp_stream *s)
{
	for(unsigned i = s->first; i < s->first + s->count; i++) {
		const struct sp_crypto_row *r = &sdp->cryptos[i];

		if(r->err != SP_CRYPTO_OK)
			return "a malformed a=crypto line is about to leave";
		if(leg->rules->rank[r->c.suite] == 0)
			return "a suite outside of the policy is about to leave";
	}
	/* RFC 4568 s5.1.2 */
	if(leg->role == SP_ROLE_ANSWER && s->count > 1)
		return "an answer with several a=crypto lines is about to leave";
	return NULL;
}

static const char *stream_fault(const struct sp_leg *leg,
		const struct sp_sdp *sdp, const struct sp_stream *s)
{
	if(s->hidden > 0)
		return "key material outside of a=crypto is about to leave";
	if(s->count > 0 && !takes_keys(leg))
		return "a key is about to leave on a leg that must not have it";
	if(s->port == 0)
		return NULL;
	if(s->proto == SP_PROTO_SAVP && s->count == 0)
		return "RTP/SAVP without a key is about to leave";
	if(s->proto == SP_PROTO_DTLS)
		return "DTLS-SRTP is about to leave: rtpengine needs DTLS=off";
	if(leg->to != NULL && leg->to->mode == SP_MODE_REQUIRE && s->count == 0)
		return "a stream without SRTP is about to leave where it is required";
	return rows_fault(leg, sdp, s);
}

void sp_final_judge(const struct sp_leg *leg, const struct sp_sdp *sdp,
		struct sp_verdict *v)
{
	memset(v, 0, sizeof(*v));
	if(sdp->err != SP_SDP_OK) {
		sp_verdict_all(v, 488, sp_sdp_words(sdp->err));
		return;
	}
	sp_verdict_all(v, 200, "clean");
	if(sdp->hidden > 0) {
		sp_verdict_all(
				v, 488, "key material at session level is about to leave");
		return;
	}
	/* Beyond the lines we understand: not even a word of it. */
	if(!takes_keys(leg) && sp_text_has_key_word(sdp->body)) {
		sp_verdict_all(v, 488,
				"key material is about to leave on a leg that"
				" must not have it");
		return;
	}
	for(unsigned i = 0; i < sdp->n_streams; i++) {
		const char *fault = stream_fault(leg, sdp, &sdp->streams[i]);

		if(fault != NULL) {
			sp_verdict_all(v, 488, fault);
			return;
		}
	}
}
