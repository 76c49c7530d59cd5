/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_sdp answers: which streams does this SDP describe, with which keys?
 * See sp_sdp.h.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "sp_sdp.h"

static const char *const words[SP_SDP_ERRS] = {
		[SP_SDP_EMPTY] = "there is no SDP",
		[SP_SDP_OK] = "readable",
		[SP_SDP_BIG] =
				"the SDP is longer than 65535 octets: send a smaller one",
		[SP_SDP_LONG_LINE] =
				"a line of the SDP is longer than 4096 octets: shorten it",
		[SP_SDP_CONTROL] = "the SDP holds a control character: remove it",
		[SP_SDP_NO_VERSION] = "the SDP does not begin with v=0: send RFC 4566",
		[SP_SDP_NO_ORIGIN] = "the SDP has no o= line before m=: send RFC 4566",
		[SP_SDP_TWICE] =
				"the SDP has a second v= or o= line: send one description",
		[SP_SDP_KEY_WORD] =
				"key material in a v=, o=, c=, t=, b= or m= line: remove it",
		[SP_SDP_BAD_MEDIA] = "an m= line is malformed: send RFC 4566",
		[SP_SDP_NO_MEDIA] = "the SDP has no m= line: offer a stream",
		[SP_SDP_MANY_MEDIA] = "the SDP has more than 16 m= lines: offer fewer",
		[SP_SDP_MANY_CRYPTO] =
				"the SDP has more than 64 a=crypto lines: offer fewer",
};

const char *sp_sdp_words(enum sp_sdp_err err)
{
	if((int)err < 0 || err >= SP_SDP_ERRS)
		return words[SP_SDP_EMPTY];
	return words[err];
}

int sp_sdp_code(enum sp_sdp_err err)
{
	switch(err) {
		case SP_SDP_OK:
			return 200;
		case SP_SDP_NO_MEDIA:
		case SP_SDP_MANY_MEDIA:
		case SP_SDP_MANY_CRYPTO:
			return 488;
		case SP_SDP_BIG:
			return 413;
		default:
			return 400;
	}
}

void sp_sdp_wipe(struct sp_sdp *sdp)
{
	size_t n =
			sdp->n_cryptos < SP_CRYPTOS_MAX ? sdp->n_cryptos : SP_CRYPTOS_MAX;

	OPENSSL_cleanse(sdp->cryptos, n * sizeof(sdp->cryptos[0]));
	sdp->n_cryptos = 0;
	sdp->n_streams = 0;
	sdp->err = SP_SDP_EMPTY;
}

static enum sp_proto proto_of(struct sp_text t)
{
	if(sp_text_ieq(t, SP_TEXT("RTP/AVP"))
			|| sp_text_ieq(t, SP_TEXT("RTP/AVPF")))
		return SP_PROTO_AVP;
	if(sp_text_ieq(t, SP_TEXT("RTP/SAVP"))
			|| sp_text_ieq(t, SP_TEXT("RTP/SAVPF")))
		return SP_PROTO_SAVP;
	if(sp_text_ihas(t, SP_TEXT("TLS")))
		return SP_PROTO_DTLS;
	return SP_PROTO_OTHER;
}

/* RFC 4566 s9 token, a few characters narrower, with "/" for the proto. */
static int is_token(struct sp_text t, size_t max, int slash)
{
	if(t.len == 0 || t.len > max)
		return 0;
	for(size_t i = 0; i < t.len; i++) {
		char l = sp_lower(t.s[i]);

		if((l < 'a' || l > 'z') && !sp_is_digit(l) && l != '-' && l != '_'
				&& l != '.' && l != '+' && !(slash && l == '/'))
			return 0;
	}
	return 1;
}

int sp_stream_read(struct sp_text value, struct sp_stream *s)
{
	struct sp_text port;
	const char *slash;
	uint64_t n;

	memset(s, 0, sizeof(*s));
	s->media = sp_text_word(&value);
	port = sp_text_word(&value);
	s->proto_text = sp_text_word(&value);
	s->formats = value;
	slash = port.len > 0 ? memchr(port.s, '/', port.len) : NULL;
	if(slash != NULL) {
		s->ports.s = slash + 1;
		s->ports.len = (size_t)(port.s + port.len - s->ports.s);
		port.len = (size_t)(slash - port.s);
		if(sp_text_number(s->ports, 65535, &n) < 0)
			return -1;
	}
	if(sp_text_number(port, 65535, &n) < 0)
		return -1;
	if(!is_token(s->media, 32, 0) || !is_token(s->proto_text, 32, 1))
		return -1;
	if(s->formats.len == 0)
		return -1;
	s->port = (uint16_t)n;
	s->proto = proto_of(s->proto_text);
	return 0;
}

void sp_stream_print(const struct sp_stream *s, uint16_t port, struct sp_buf *b)
{
	struct sp_text rest = s->formats;

	sp_buf_str(b, "m=");
	sp_buf_text(b, s->media);
	sp_buf_str(b, " ");
	sp_buf_number(b, port);
	if(s->ports.len > 0 && port != 0) {
		sp_buf_str(b, "/");
		sp_buf_text(b, s->ports);
	}
	sp_buf_str(b, " ");
	for(size_t i = 0; i < s->proto_text.len; i++) {
		char c = s->proto_text.s[i];
		struct sp_text one = {&c, 1};

		if(s->proto != SP_PROTO_OTHER && c >= 'a' && c <= 'z')
			c = (char)(c - ('a' - 'A'));
		sp_buf_text(b, one);
	}
	while(rest.len > 0) {
		sp_buf_str(b, " ");
		sp_buf_text(b, sp_text_word(&rest));
	}
	sp_buf_str(b, "\r\n");
}

static enum sp_sdp_err add_stream(struct sp_sdp *sdp, const struct sp_line *l)
{
	struct sp_stream *s;

	if(sdp->n_streams >= SP_STREAMS_MAX)
		return SP_SDP_MANY_MEDIA;
	s = &sdp->streams[sdp->n_streams];
	if(sp_stream_read(l->value, s) < 0)
		return SP_SDP_BAD_MEDIA;
	s->line = l->number;
	s->first = sdp->n_cryptos;
	sdp->n_streams++;
	return SP_SDP_OK;
}

static enum sp_sdp_err add_crypto(struct sp_sdp *sdp, const struct sp_line *l,
		const struct sp_reading *how)
{
	struct sp_crypto_row *row;

	if(sdp->n_streams == 0) {
		/* RFC 4568 s4: MUST only appear at the media level. */
		sdp->hidden++;
		return SP_SDP_OK;
	}
	if(sdp->n_cryptos >= SP_CRYPTOS_MAX)
		return SP_SDP_MANY_CRYPTO;
	row = &sdp->cryptos[sdp->n_cryptos++];
	row->line = l->number;
	row->stream = sdp->n_streams - 1;
	row->err = sp_crypto_read(l->value, &how->aliases, &row->c, NULL);
	sdp->streams[row->stream].count++;
	return SP_SDP_OK;
}

static enum sp_sdp_err add_line(struct sp_sdp *sdp, const struct sp_line *l,
		const struct sp_reading *how)
{
	switch(l->kind) {
		case SP_LINE_BAD:
			return SP_SDP_KEY_WORD;
		case SP_LINE_MEDIA:
			return add_stream(sdp, l);
		case SP_LINE_CRYPTO:
			return add_crypto(sdp, l, how);
		case SP_LINE_KEY:
			if(sdp->n_streams > 0)
				sdp->streams[sdp->n_streams - 1].hidden++;
			else
				sdp->hidden++;
			return SP_SDP_OK;
		case SP_LINE_PASS:
			return SP_SDP_OK;
		default:
			sdp->dropped_lines++;
			return SP_SDP_OK;
	}
}

static enum sp_sdp_err read_lines(
		struct sp_sdp *sdp, const struct sp_reading *how)
{
	enum sp_sdp_err err = SP_SDP_OK;
	enum sp_walk_result got;
	struct sp_walk w;
	struct sp_line l;
	int version = 0, origin = 0;

	sp_walk_init(&w, sdp->body, how->pass, how->n_pass);
	while((got = sp_walk_next(&w, &l)) == SP_WALK_LINE) {
		sdp->err_line = l.number;
		if(version == 0 && !sp_text_eq(l.whole, SP_TEXT("v=0")))
			return SP_SDP_NO_VERSION;
		/* A second description hidden behind the first one. */
		version += l.type == 'v';
		origin += l.type == 'o';
		if(version > 1 || origin > 1)
			return SP_SDP_TWICE;
		if(l.type == 'm' && origin == 0)
			return SP_SDP_NO_ORIGIN;
		err = add_line(sdp, &l, how);
		if(err != SP_SDP_OK)
			return err;
	}
	sdp->err_line = l.number;
	if(got == SP_WALK_BIG)
		return SP_SDP_BIG;
	if(got == SP_WALK_LONG)
		return SP_SDP_LONG_LINE;
	if(got == SP_WALK_CONTROL)
		return SP_SDP_CONTROL;
	if(version == 0)
		return SP_SDP_NO_VERSION;
	if(origin == 0)
		return SP_SDP_NO_ORIGIN;
	return sdp->n_streams > 0 ? SP_SDP_OK : SP_SDP_NO_MEDIA;
}

enum sp_sdp_err sp_sdp_read(
		struct sp_text body, const struct sp_reading *how, struct sp_sdp *sdp)
{
	sdp->body = body;
	sdp->n_streams = 0;
	sdp->n_cryptos = 0;
	sdp->hidden = 0;
	sdp->dropped_lines = 0;
	sdp->err_line = 0;
	sdp->err = read_lines(sdp, how);
	return sdp->err;
}
