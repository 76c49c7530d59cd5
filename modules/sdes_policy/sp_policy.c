/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_policy answers: do these keys and streams meet the policy?
 * See sp_policy.h.
 */
#include <string.h>

#include "sp_policy.h"
#include "sp_quality.h"

struct sp_reading sp_policy_reading(const struct sp_rules *rules)
{
	struct sp_reading how;

	how.aliases.rows = rules->aliases;
	how.aliases.count = rules->n_aliases;
	how.pass = rules->pass;
	how.n_pass = rules->n_pass;
	return how;
}

static enum sp_why quality_why(
		const struct sp_rules *rules, const struct sp_crypto *c)
{
	static const enum sp_why refused[SP_QUALITIES] = {
			[SP_QUALITY_ZERO] = SP_WHY_ZERO,
			[SP_QUALITY_REPEATED] = SP_WHY_REPEATED,
			[SP_QUALITY_KNOWN] = SP_WHY_KNOWN,
			[SP_QUALITY_ASCII_HEX] = SP_WHY_ASCII_HEX,
			[SP_QUALITY_PRINTABLE] = SP_WHY_PRINTABLE};
	enum sp_quality q = sp_quality_of(c);

	if(q == SP_QUALITY_GOOD || rules->quality[q] == SP_ACT_ALLOW)
		return SP_WHY_GOOD;
	return rules->quality[q] == SP_ACT_WARN ? SP_WHY_WEAK : refused[q];
}

/* RFC 4568 s6.1: a master key is unique in the entire SDP. */
static enum sp_why reuse_why(const struct sp_question *q,
		const struct sp_sdp *sdp, const struct sp_verdict *v, unsigned row)
{
	const struct sp_crypto_row *r = &sdp->cryptos[row];

	for(unsigned i = 0; i < sdp->n_cryptos; i++) {
		const struct sp_crypto_row *o = &sdp->cryptos[i];

		if(i == row || !sp_why_stays(v->crypto_why[i])
				|| !sp_crypto_same_key(&r->c, &o->c))
			continue;
		if(o->stream == r->stream)
			return SP_WHY_SAME_STREAM;
		if(q->rules->reuse == SP_ACT_REFUSE)
			return SP_WHY_OTHER_STREAM;
	}
	/* RFC 4568 s7.1.2: the answer's key differs from all the offer's. */
	for(unsigned i = 0; q->offer != NULL && i < q->offer->n_cryptos; i++) {
		if(q->offer->cryptos[i].err == SP_CRYPTO_OK
				&& q->rules->reuse == SP_ACT_REFUSE
				&& sp_crypto_same_key(&r->c, &q->offer->cryptos[i].c))
			return SP_WHY_OFFER_KEY;
	}
	return SP_WHY_GOOD;
}

/* RFC 4568 s5.1.3: tag and suite are one of those offered for the stream. */
static enum sp_why offered_why(
		const struct sp_question *q, const struct sp_crypto_row *r)
{
	const struct sp_stream *s;

	if(q->offer == NULL || r->stream >= q->offer->n_streams)
		return SP_WHY_GOOD;
	s = &q->offer->streams[r->stream];
	for(unsigned i = s->first; i < s->first + s->count; i++) {
		const struct sp_crypto_row *o = &q->offer->cryptos[i];

		if(o->err != SP_CRYPTO_OK || o->c.tag != r->c.tag)
			continue;
		return o->c.suite == r->c.suite ? SP_WHY_GOOD : SP_WHY_TAG_SUITE;
	}
	return SP_WHY_TAG;
}

static enum sp_why row_why(const struct sp_question *q,
		const struct sp_sdp *sdp, const struct sp_verdict *v, unsigned row)
{
	const struct sp_crypto_row *r = &sdp->cryptos[row];
	enum sp_why why;

	if(r->err != SP_CRYPTO_OK)
		return SP_WHY_INVALID;
	if(q->from->mode == SP_MODE_FORBID)
		return SP_WHY_FORBIDDEN;
	/* RFC 4568 s8: the SDP itself must be protected. */
	if(q->over != SP_OVER_TLS)
		return SP_WHY_CLEAR;
	if(r->c.suite >= SP_SUITES || q->rules->rank[r->c.suite] == 0)
		return SP_WHY_SUITE;
	why = quality_why(q->rules, &r->c);
	if(sp_why_stays(why)) {
		enum sp_why other = reuse_why(q, sdp, v, row);

		if(other == SP_WHY_GOOD)
			other = offered_why(q, r);
		if(other != SP_WHY_GOOD)
			return other;
	}
	return why;
}

/* RFC 4568 s4.1: the tag MUST be unique for a given media line. */
static int has_dup_tag(const struct sp_sdp *sdp, const struct sp_stream *s)
{
	for(unsigned i = s->first; i < s->first + s->count; i++) {
		for(unsigned k = s->first; k < i; k++) {
			if(sdp->cryptos[i].c.has_tag && sdp->cryptos[k].c.has_tag
					&& sdp->cryptos[i].c.tag == sdp->cryptos[k].c.tag)
				return 1;
		}
	}
	return 0;
}

static unsigned judge_rows(const struct sp_question *q,
		const struct sp_sdp *sdp, struct sp_verdict *v, unsigned stream)
{
	const struct sp_stream *s = &sdp->streams[stream];
	unsigned good = 0;

	for(unsigned i = s->first; i < s->first + s->count; i++) {
		v->crypto_why[i] = row_why(q, sdp, v, i);
		good += sp_why_stays(v->crypto_why[i]) ? 1u : 0u;
	}
	return good;
}

/* The secure twin of a plain stream: the same media on the same or the next
 * m-line, as devices send that offer both profiles. */
static int has_secure_twin(
		const struct sp_sdp *sdp, const struct sp_verdict *v, unsigned stream)
{
	const struct sp_stream *s = &sdp->streams[stream];

	for(unsigned i = 0; i < sdp->n_streams; i++) {
		const struct sp_stream *o = &sdp->streams[i];

		if(o->proto != SP_PROTO_SAVP || v->state[i] != SP_STATE_SECURE
				|| !sp_text_ieq(o->media, s->media))
			continue;
		if(o->port == s->port || i + 1 == stream || stream + 1 == i)
			return 1;
	}
	return 0;
}

static enum sp_why plain_rtp_why(const struct sp_question *q,
		const struct sp_sdp *sdp, const struct sp_verdict *v, unsigned stream)
{
	if(!q->answer && has_secure_twin(sdp, v, stream))
		return SP_WHY_SPARE;
	if(q->from->mode == SP_MODE_REQUIRE)
		return q->over == SP_OVER_TLS ? SP_WHY_REQUIRED : SP_WHY_REQUIRED_CLEAR;
	return SP_WHY_PLAIN;
}

static enum sp_why savp_why(const struct sp_question *q)
{
	if(q->from->mode == SP_MODE_FORBID)
		return SP_WHY_SAVP_FORBIDDEN;
	if(q->over == SP_OVER_TLS)
		return SP_WHY_NO_KEY; /* RFC 4568 s5.1.2: MUST be rejected */
	return q->from->mode == SP_MODE_REQUIRE ? SP_WHY_REQUIRED_CLEAR
											: SP_WHY_SAVP_CLEAR;
}

/* What an answer must keep of the offer's m-line. */
static enum sp_why answer_why(
		const struct sp_question *q, const struct sp_sdp *sdp, unsigned stream)
{
	const struct sp_stream *s = &sdp->streams[stream];
	const struct sp_stream *o;

	if(q->offer != NULL && stream < q->offer->n_streams) {
		o = &q->offer->streams[stream];
		if(o->port == 0)
			return SP_WHY_ANSWER_REVIVED; /* RFC 3264 s6 */
		if(!sp_text_ieq(o->proto_text, s->proto_text))
			return SP_WHY_ANSWER_PROTO;
	}
	/* RFC 4568 s5.1.2: accept exactly one of the offered attributes. */
	if(s->count > 1 && q->from->mode != SP_MODE_FORBID)
		return SP_WHY_ANSWER_LINES;
	return SP_WHY_GOOD;
}

static enum sp_why stream_why(const struct sp_question *q,
		const struct sp_sdp *sdp, const struct sp_verdict *v, unsigned stream,
		unsigned good)
{
	const struct sp_stream *s = &sdp->streams[stream];
	enum sp_why why;

	if(s->port == 0)
		return SP_WHY_OFF;
	if(q->answer) {
		why = answer_why(q, sdp, stream);
		if(why != SP_WHY_GOOD)
			return why;
	}
	switch(s->proto) {
		case SP_PROTO_DTLS:
			return SP_WHY_DTLS;
		case SP_PROTO_AVP:
		case SP_PROTO_SAVP:
			if(q->from->mode != SP_MODE_FORBID && has_dup_tag(sdp, s))
				return SP_WHY_DUP_TAG;
			if(good > 0)
				return SP_WHY_SECURE;
			return s->proto == SP_PROTO_SAVP ? savp_why(q)
											 : plain_rtp_why(q, sdp, v, stream);
		default:
			if(q->from->mode == SP_MODE_REQUIRE
					|| (q->to != NULL && q->to->mode == SP_MODE_REQUIRE))
				return SP_WHY_NOT_RTP;
			return SP_WHY_PLAIN;
	}
}

static enum sp_state state_of(enum sp_why why)
{
	switch(why) {
		case SP_WHY_SECURE:
			return SP_STATE_SECURE;
		case SP_WHY_PLAIN:
			return SP_STATE_PLAIN;
		case SP_WHY_OFF:
			return SP_STATE_OFF;
		case SP_WHY_SPARE:
			return SP_STATE_SPARE;
		default:
			return SP_STATE_REFUSED;
	}
}

static void judge_stream(const struct sp_question *q, const struct sp_sdp *sdp,
		struct sp_verdict *v, unsigned stream)
{
	const struct sp_stream *s = &sdp->streams[stream];
	unsigned good = judge_rows(q, sdp, v, stream);

	v->stream_why[stream] = stream_why(q, sdp, v, stream, good);
	v->state[stream] = state_of(v->stream_why[stream]);
	v->secure += v->state[stream] == SP_STATE_SECURE;
	v->plain += v->state[stream] == SP_STATE_PLAIN;
	v->refused += v->state[stream] == SP_STATE_REFUSED;
	v->removed += s->hidden;
	for(unsigned i = s->first; i < s->first + s->count; i++) {
		if(sp_why_stays(v->crypto_why[i])
				&& v->state[stream] != SP_STATE_SECURE)
			v->crypto_why[i] = SP_WHY_UNUSED;
		if(!sp_why_stays(v->crypto_why[i])) {
			v->dropped++;
		} else if(v->suite == SP_SUITE_NONE) {
			v->suite = (enum sp_suite)sdp->cryptos[i].c.suite;
			v->tag = sdp->cryptos[i].c.tag;
		}
	}
}

/* Is the whole refused? An answer stands or falls with each stream, an offer
 * goes on as long as one stream is left. */
static void conclude(const struct sp_question *q, const struct sp_sdp *sdp,
		struct sp_verdict *v)
{
	if(q->answer && q->offer != NULL && q->offer->n_streams != sdp->n_streams) {
		sp_verdict_all(v, 488, sp_why_words(SP_WHY_ANSWER_COUNT));
		return;
	}
	sp_verdict_all(v, 200, "accepted");
	if(v->refused == 0 || (!q->answer && v->secure + v->plain > 0))
		return;
	for(unsigned i = 0; i < sdp->n_streams; i++) {
		if(v->state[i] == SP_STATE_REFUSED) {
			sp_verdict_stream(v, 488, sdp, i);
			return;
		}
	}
}

void sp_policy_judge(const struct sp_question *q, const struct sp_sdp *sdp,
		struct sp_verdict *v)
{
	memset(v, 0, sizeof(*v));
	if(sdp->err != SP_SDP_OK) {
		sp_verdict_all(v, sp_sdp_code(sdp->err), sp_sdp_words(sdp->err));
		return;
	}
	v->removed = sdp->hidden;
	/* Secure profiles first: their plain twins depend on them. */
	for(unsigned i = 0; i < sdp->n_streams; i++) {
		if(sdp->streams[i].proto == SP_PROTO_SAVP)
			judge_stream(q, sdp, v, i);
	}
	for(unsigned i = 0; i < sdp->n_streams; i++) {
		if(sdp->streams[i].proto != SP_PROTO_SAVP)
			judge_stream(q, sdp, v, i);
	}
	conclude(q, sdp, v);
}
