/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_verdict answers: what was decided about each line and stream, in words?
 */
#ifndef SP_VERDICT_H
#define SP_VERDICT_H

#include "sp_rules.h"
#include "sp_sdp.h"

enum sp_why {
	SP_WHY_UNJUDGED = 0,
	/* about a crypto line: it stays */
	SP_WHY_GOOD,
	SP_WHY_WEAK,
	/* about a crypto line: it is dropped */
	SP_WHY_INVALID, /* sp_crypto_words() of the row says how */
	SP_WHY_SUITE,
	SP_WHY_ZERO,
	SP_WHY_REPEATED,
	SP_WHY_KNOWN,
	SP_WHY_ASCII_HEX,
	SP_WHY_PRINTABLE,
	SP_WHY_SAME_STREAM,
	SP_WHY_OTHER_STREAM,
	SP_WHY_OFFER_KEY,
	SP_WHY_TAG,
	SP_WHY_TAG_SUITE,
	SP_WHY_CLEAR,
	SP_WHY_FORBIDDEN,
	SP_WHY_UNUSED,
	/* about a stream: it goes on */
	SP_WHY_SECURE,
	SP_WHY_PLAIN,
	SP_WHY_OFF,
	SP_WHY_SPARE,
	/* about a stream: it is refused */
	SP_WHY_DUP_TAG,
	SP_WHY_REQUIRED,
	SP_WHY_REQUIRED_CLEAR,
	SP_WHY_NO_KEY,
	SP_WHY_SAVP_CLEAR,
	SP_WHY_SAVP_FORBIDDEN,
	SP_WHY_DTLS,
	SP_WHY_NOT_RTP,
	SP_WHY_ANSWER_LINES,
	SP_WHY_ANSWER_PROTO,
	SP_WHY_ANSWER_REVIVED,
	SP_WHY_ANSWER_COUNT,
	SP_WHYS
};

enum sp_state {
	SP_STATE_REFUSED = 0, /* port 0 by us */
	SP_STATE_SECURE,
	SP_STATE_PLAIN,
	SP_STATE_OFF,  /* port 0 already */
	SP_STATE_SPARE /* the plain twin of a secure stream, port 0 by us */
};

struct sp_verdict {
	int code;         /* 200: go on; else the SIP answer */
	char reason[240]; /* in words, for a Warning header; never a key */
	unsigned secure;  /* how many streams of each state */
	unsigned plain;
	unsigned refused;
	unsigned dropped;    /* crypto lines that do not go on */
	unsigned removed;    /* other lines with key material */
	enum sp_suite suite; /* of the first line that stays */
	uint32_t tag;
	enum sp_state state[SP_STREAMS_MAX];
	enum sp_why stream_why[SP_STREAMS_MAX];
	enum sp_why crypto_why[SP_CRYPTOS_MAX];
};

/* 1 when a crypto line with this finding goes on. */
int sp_why_stays(enum sp_why why);

/* The finding in words that say what to do; never with anything secret. */
const char *sp_why_words(enum sp_why why);

/* A media type that is safe to print: the well-known ones, else "other". */
const char *sp_media_name(const struct sp_stream *s);

/* Sets v->code and v->reason to the stream's finding, and to the finding on
 * its first bad crypto line where that explains it. */
void sp_verdict_stream(struct sp_verdict *v, int code, const struct sp_sdp *sdp,
		unsigned stream);

/* Sets v->code and v->reason to these words; the whole SDP is refused. */
void sp_verdict_all(struct sp_verdict *v, int code, const char *words);

/* Appends one line of words per stream and crypto line: the report of
 * sdescheck and of the RPC. Never a key. */
void sp_verdict_report(
		const struct sp_verdict *v, const struct sp_sdp *sdp, struct sp_buf *b);

#endif
