/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_clean answers: what of this SDP may rtpengine see? See sp_clean.h.
 */
#include "sp_clean.h"

static void put_line(struct sp_buf *b, struct sp_text t)
{
	sp_buf_text(b, t);
	sp_buf_str(b, "\r\n");
}

static void put_crypto(struct sp_buf *b, const struct sp_crypto *c)
{
	sp_buf_str(b, "a=crypto:");
	sp_crypto_print(c, b);
	sp_buf_str(b, "\r\n");
}

/* The keys of a stream, in the offerer's order (RFC 4568 s5.1.1) or ours. */
static void put_cryptos(const struct sp_sdp *sdp, const struct sp_verdict *v,
		const struct sp_rules *rules, unsigned stream, struct sp_buf *b)
{
	const struct sp_stream *s = &sdp->streams[stream];
	unsigned passes = rules->order_policy ? rules->n_suites : 1;

	if(v->state[stream] != SP_STATE_SECURE)
		return;
	for(unsigned rank = 1; rank <= passes; rank++) {
		for(unsigned i = s->first; i < s->first + s->count; i++) {
			const struct sp_crypto *c = &sdp->cryptos[i].c;

			if(!sp_why_stays(v->crypto_why[i]))
				continue;
			if(!rules->order_policy || rules->rank[c->suite] == rank)
				put_crypto(b, c);
		}
	}
}

/* A line above all streams, or below one that goes on. */
static void put_pass(struct sp_buf *b, const struct sp_line *l)
{
	/* RFC 4566 s5.3: the name says nothing that a call needs. */
	if(l->type == 's')
		put_line(b, SP_TEXT("s=-"));
	else
		put_line(b, l->whole);
}

/* A line below a stream that does not go on: where it would have been is
 * nobody's business, but RFC 4566 s5.7 wants an address for each stream. */
static void put_dead(struct sp_buf *b, const struct sp_line *l)
{
	if(l->type == 'c')
		put_line(b, SP_TEXT("c=IN IP4 0.0.0.0"));
}

/* RFC 4566 s5: what may stand below an m= line. */
static int passes_below(const struct sp_line *l)
{
	return l->type == 'c' || l->type == 'a' || l->type == 'b';
}

/* 1 when the stream goes on with its own port and attributes. */
static int is_live(enum sp_state state)
{
	return state == SP_STATE_SECURE || state == SP_STATE_PLAIN;
}

int sp_clean(const struct sp_sdp *sdp, const struct sp_verdict *v,
		const struct sp_rules *rules, struct sp_buf *b)
{
	struct sp_walk w;
	struct sp_line l;
	unsigned streams = 0; /* m-lines seen; the current one is streams - 1 */

	if(sdp->err != SP_SDP_OK)
		return -1;
	sp_walk_init(&w, sdp->body, rules->pass, rules->n_pass);
	while(sp_walk_next(&w, &l) == SP_WALK_LINE) {
		if(l.kind == SP_LINE_MEDIA) {
			int live;

			if(streams >= sdp->n_streams)
				return -1;
			if(streams > 0)
				put_cryptos(sdp, v, rules, streams - 1, b);
			live = is_live(v->state[streams]);
			sp_stream_print(&sdp->streams[streams],
					live ? sdp->streams[streams].port : 0, b);
			streams++;
		} else if(l.kind == SP_LINE_PASS) {
			if(streams > 0 && !is_live(v->state[streams - 1]))
				put_dead(b, &l);
			else if(streams == 0 || passes_below(&l))
				put_pass(b, &l);
		}
	}
	if(streams != sdp->n_streams)
		return -1;
	put_cryptos(sdp, v, rules, streams - 1, b);
	return b->full ? -1 : 0;
}
