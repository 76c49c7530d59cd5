/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_sdp answers: which streams does this SDP describe, with which keys?
 *
 * The struct holds master keys: wipe it with sp_sdp_wipe(). Views in it point
 * into the body that was read, which must live as long.
 */
#ifndef SP_SDP_H
#define SP_SDP_H

#include "sp_crypto.h"
#include "sp_line.h"

#define SP_STREAMS_MAX 16 /* m-lines */
#define SP_CRYPTOS_MAX 64 /* a=crypto lines of all streams together */

enum sp_sdp_err {
	SP_SDP_EMPTY = 0, /* nothing read yet: refuses */
	SP_SDP_OK,
	SP_SDP_BIG,
	SP_SDP_LONG_LINE,
	SP_SDP_CONTROL,
	SP_SDP_NO_VERSION,
	SP_SDP_NO_ORIGIN,
	SP_SDP_TWICE,
	SP_SDP_KEY_WORD,
	SP_SDP_BAD_MEDIA,
	SP_SDP_NO_MEDIA,
	SP_SDP_MANY_MEDIA,
	SP_SDP_MANY_CRYPTO,
	SP_SDP_ERRS
};

enum sp_proto {
	SP_PROTO_OTHER = 0, /* udptl, TCP/..., anything we do not know */
	SP_PROTO_AVP,       /* RTP/AVP, RTP/AVPF */
	SP_PROTO_SAVP,      /* RTP/SAVP, RTP/SAVPF: keys by SDES */
	SP_PROTO_DTLS       /* UDP/TLS/...: keys by DTLS */
};

struct sp_stream {
	struct sp_text media;
	struct sp_text ports; /* number of ports behind the "/", or empty */
	struct sp_text proto_text;
	struct sp_text formats;
	uint16_t port;
	enum sp_proto proto;
	unsigned line;   /* of the m-line */
	unsigned hidden; /* lines that may hold a key and are no a=crypto */
	unsigned first;  /* of its rows in cryptos[] */
	unsigned count;  /* how many rows */
};

/* One a=crypto line, good or bad. */
struct sp_crypto_row {
	struct sp_crypto c;
	enum sp_crypto_err err;
	unsigned line;
	unsigned stream;
};

struct sp_sdp {
	enum sp_sdp_err err;
	unsigned err_line;
	struct sp_text body;
	unsigned n_streams;
	unsigned n_cryptos;
	unsigned hidden;        /* keys at session level, a=crypto there included */
	unsigned dropped_lines; /* junk and attributes not on the list */
	struct sp_stream streams[SP_STREAMS_MAX];
	struct sp_crypto_row cryptos[SP_CRYPTOS_MAX];
};

/* What the reader lets through; rows stay the caller's. */
struct sp_reading {
	struct sp_aliases aliases;
	const struct sp_pass *pass;
	size_t n_pass;
};

/* Reads all of body. Returns sdp->err; on an error err_line is set and the
 * rest of the facts must not be used. */
enum sp_sdp_err sp_sdp_read(
		struct sp_text body, const struct sp_reading *how, struct sp_sdp *sdp);

/* The SIP code that an unreadable SDP deserves, and why, in words that hold
 * nothing of the SDP. */
int sp_sdp_code(enum sp_sdp_err err);
const char *sp_sdp_words(enum sp_sdp_err err);

/* Reads the value of an m= line. Returns 0, or -1 when it is malformed. */
int sp_stream_read(struct sp_text value, struct sp_stream *s);

/* Appends the m= line, line end included, with this port. */
void sp_stream_print(
		const struct sp_stream *s, uint16_t port, struct sp_buf *b);

void sp_sdp_wipe(struct sp_sdp *sdp);

#endif
