/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_verdict answers: what was decided about each line and stream, in words?
 * See sp_verdict.h.
 */
#include <string.h>

#include "sp_verdict.h"

static const char *const words[SP_WHYS] = {
		[SP_WHY_UNJUDGED] = "not judged",
		[SP_WHY_GOOD] = "accepted",
		[SP_WHY_WEAK] = "accepted, but the key looks weak: it is all text",
		[SP_WHY_INVALID] = "invalid",
		[SP_WHY_SUITE] = "the policy does not allow this suite",
		[SP_WHY_ZERO] = "the key is all zeros",
		[SP_WHY_REPEATED] = "the key repeats itself",
		[SP_WHY_KNOWN] = "the key is an example printed in an RFC",
		[SP_WHY_ASCII_HEX] = "the key is hex digits: half of it is missing",
		[SP_WHY_PRINTABLE] = "the key is printable text, not random",
		[SP_WHY_SAME_STREAM] = "the same key as an earlier line",
		[SP_WHY_OTHER_STREAM] = "the same key as another stream",
		[SP_WHY_OFFER_KEY] = "the same key as in the offer",
		[SP_WHY_TAG] = "the tag was not offered",
		[SP_WHY_TAG_SUITE] = "the tag was offered with another suite",
		[SP_WHY_CLEAR] = "the key came without TLS: it is burnt",
		[SP_WHY_FORBIDDEN] = "no key is taken from this side",
		[SP_WHY_UNUSED] = "not used: the stream is not secure",
		[SP_WHY_SECURE] = "accepted, SRTP",
		[SP_WHY_PLAIN] = "accepted, plain RTP",
		[SP_WHY_OFF] = "switched off by its sender",
		[SP_WHY_SPARE] = "the plain twin of a secure stream: port 0",
		[SP_WHY_DUP_TAG] = "a crypto tag is used twice: number them",
		[SP_WHY_REQUIRED] = "SRTP is required here: switch on SRTP with SDES",
		[SP_WHY_REQUIRED_CLEAR] =
				"SRTP is required and its keys need TLS: call over TLS",
		[SP_WHY_NO_KEY] = "RTP/SAVP without a usable key: send a=crypto",
		[SP_WHY_SAVP_CLEAR] =
				"RTP/SAVP without TLS: call over TLS or offer RTP/AVP",
		[SP_WHY_SAVP_FORBIDDEN] =
				"SRTP is not spoken with this side: use RTP/AVP",
		[SP_WHY_DTLS] = "DTLS-SRTP is not spoken here: use SDES (RTP/SAVP)",
		[SP_WHY_NOT_RTP] =
				"only SRTP may pass and this is not RTP: switch it off",
		[SP_WHY_ANSWER_LINES] =
				"an answer carries exactly one a=crypto line per stream",
		[SP_WHY_ANSWER_PROTO] =
				"the answer changes the profile that was offered",
		[SP_WHY_ANSWER_REVIVED] =
				"the answer switches on a stream that was offered off",
		[SP_WHY_ANSWER_COUNT] =
				"the answer has another number of m= lines than the offer",
};

int sp_why_stays(enum sp_why why)
{
	return why == SP_WHY_GOOD || why == SP_WHY_WEAK;
}

const char *sp_why_words(enum sp_why why)
{
	if((int)why < 0 || why >= SP_WHYS)
		return words[SP_WHY_UNJUDGED];
	return words[why];
}

const char *sp_media_name(const struct sp_stream *s)
{
	static const char *const names[] = {
			"audio", "video", "application", "image", "text", "message"};

	for(size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if(sp_text_ieq(s->media, sp_text_of(names[i])))
			return names[i];
	}
	return "other";
}

static const char *row_words(
		const struct sp_verdict *v, const struct sp_sdp *sdp, unsigned row)
{
	if(v->crypto_why[row] == SP_WHY_INVALID)
		return sp_crypto_words(sdp->cryptos[row].err);
	return sp_why_words(v->crypto_why[row]);
}

static int explains(enum sp_why why)
{
	return why == SP_WHY_REQUIRED || why == SP_WHY_NO_KEY;
}

void sp_verdict_stream(struct sp_verdict *v, int code, const struct sp_sdp *sdp,
		unsigned stream)
{
	const struct sp_stream *s = &sdp->streams[stream];
	struct sp_buf b;

	v->code = code;
	sp_buf_init(&b, v->reason, sizeof(v->reason));
	sp_buf_str(&b, sp_media_name(s));
	sp_buf_str(&b, " (m-line ");
	sp_buf_number(&b, stream + 1);
	sp_buf_str(&b, "): ");
	sp_buf_str(&b, sp_why_words(v->stream_why[stream]));
	if(!explains(v->stream_why[stream]))
		return;
	for(unsigned i = s->first; i < s->first + s->count; i++) {
		if(sp_why_stays(v->crypto_why[i]) || v->crypto_why[i] == SP_WHY_UNUSED)
			continue;
		sp_buf_str(&b, " (line ");
		sp_buf_number(&b, sdp->cryptos[i].line);
		sp_buf_str(&b, ": ");
		sp_buf_str(&b, row_words(v, sdp, i));
		sp_buf_str(&b, ")");
		return;
	}
}

void sp_verdict_all(struct sp_verdict *v, int code, const char *why)
{
	struct sp_buf b;

	v->code = code;
	sp_buf_init(&b, v->reason, sizeof(v->reason));
	sp_buf_str(&b, why);
}

static void report_row(const struct sp_verdict *v, const struct sp_sdp *sdp,
		unsigned row, struct sp_buf *b)
{
	const struct sp_crypto_row *r = &sdp->cryptos[row];
	const struct sp_suite_info *info = sp_suite_info((enum sp_suite)r->c.suite);

	sp_buf_str(b, "  line ");
	sp_buf_number(b, r->line);
	sp_buf_str(b, ": crypto");
	if(r->c.has_tag) {
		sp_buf_str(b, " tag ");
		sp_buf_number(b, r->c.tag);
	}
	if(info != NULL) {
		sp_buf_str(b, " ");
		sp_buf_str(b, info->name);
	}
	sp_buf_str(b, sp_why_stays(v->crypto_why[row]) ? ": " : ": dropped: ");
	sp_buf_str(b, row_words(v, sdp, row));
	sp_buf_str(b, "\n");
}

void sp_verdict_report(
		const struct sp_verdict *v, const struct sp_sdp *sdp, struct sp_buf *b)
{
	for(unsigned i = 0; i < sdp->n_streams; i++) {
		const struct sp_stream *s = &sdp->streams[i];

		sp_buf_str(b, "m-line ");
		sp_buf_number(b, i + 1);
		sp_buf_str(b, " (line ");
		sp_buf_number(b, s->line);
		sp_buf_str(b, ", ");
		sp_buf_str(b, sp_media_name(s));
		sp_buf_str(b, v->state[i] == SP_STATE_REFUSED ? "): refused: " : "): ");
		sp_buf_str(b, sp_why_words(v->stream_why[i]));
		sp_buf_str(b, "\n");
		for(unsigned r = s->first; r < s->first + s->count; r++)
			report_row(v, sdp, r, b);
	}
	if(v->removed > 0) {
		sp_buf_str(b, "removed: ");
		sp_buf_number(b, v->removed);
		sp_buf_str(b, " other line(s) that may hold a key\n");
	}
}
