/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which contact did we give away under this name? A flow token is the user
 * part of the URI that stands for somebody's Contact while his address is
 * kept from the other side; it carries all that is needed to find him again
 * (the way of RFC 5626 s5.2, in the Contact and not in a Record-Route), sealed
 * so that nobody else reads it. */
#ifndef TR_FLOW_H
#define TR_FLOW_H

#include "tr_b64.h"
#include "tr_seal.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* What a token begins with, so that any other user part costs nothing. */
#define TR_FLOW_PREFIX "tr1_"
#define TR_FLOW_PREFIX_LEN 4

/* Longest original URI that any configuration can allow, in octets. */
#define TR_FLOW_URI_MAX 1024

/* Octets around the URI: head, epoch, connection, tag. */
#define TR_FLOW_OVERHEAD (3 + 4 + 4 + TR_SEAL_LEN)

/* Longest token, in characters. */
#define TR_FLOW_TOKEN_MAX                                                      \
	(TR_FLOW_PREFIX_LEN + TR_B64_LEN(TR_FLOW_OVERHEAD + TR_FLOW_URI_MAX))

/* Whose contact a token stands for, which is also who must present it: a
 * phone's token is for the PBX, the PBX's token is for phones. */
enum tr_kind {
	TR_KIND_NONE = 0,
	TR_KIND_PHONE = 1, /* bound to the inner address, has a connection */
	TR_KIND_PBX = 2    /* bound to the outer address, has none */
};

enum tr_verdict {
	TR_FORGED = 0,  /* our key, but not our seal */
	TR_NO_TOKEN,    /* somebody's ordinary user part */
	TR_MALFORMED,   /* our prefix, but we never wrote what follows */
	TR_UNKNOWN_KEY, /* an earlier or another key: cannot be judged, gone */
	TR_WRONG_SIDE,  /* true, but presented by the side it stands for */
	TR_STALE,       /* true, but from before this edge started: gone */
	TR_OK
};

struct tr_flow {
	enum tr_kind kind;
	uint32_t conid; /* the core's connection id; 0 for the PBX's tokens */
	struct tr_view uri;
};

/* All that sealing needs; written once at start. Holds key material. */
struct tr_flow_keys {
	struct tr_seal_key by_kind[3]; /* indexed by enum tr_kind */
	uint16_t key_id;
	uint32_t epoch;
};

/* secret: at least TR_FLOW_SECRET_MIN octets. inner, outer: the addresses
 * ("host:port") that tokens are bound to, at most 255 octets each. epoch: a
 * number that no earlier start of this edge had.
 * Returns 0, or -1 when one of these is out of bounds. */
#define TR_FLOW_SECRET_MIN 16
int tr_flow_init(struct tr_flow_keys *keys, struct tr_view secret,
		struct tr_view inner, struct tr_view outer, uint32_t epoch);

void tr_flow_wipe(struct tr_flow_keys *keys);

/* Writes the token of flow to out. The same flow always gives the same
 * token: a refreshed registration must refresh the binding it made before.
 * Returns 0 and sets *out_len; -1 when the flow is not one (no kind, no
 * connection, no URI or one over TR_FLOW_URI_MAX) or cap is too small. */
int tr_flow_encode(const struct tr_flow_keys *keys, const struct tr_flow *flow,
		char *out, size_t cap, size_t *out_len);

/* Judges a user part. want: the kind that the asking side may present.
 * With TR_OK, TR_STALE and TR_WRONG_SIDE *flow is filled, its URI being a
 * view into buf; buf has room for TR_FLOW_BUF octets. */
#define TR_FLOW_BUF (TR_FLOW_URI_MAX + 64)
enum tr_verdict tr_flow_decode(const struct tr_flow_keys *keys,
		enum tr_kind want, struct tr_view user, struct tr_flow *flow,
		char *buf);

/* The verdict in words, for a log line. */
const char *tr_flow_words(enum tr_verdict verdict);

#endif
