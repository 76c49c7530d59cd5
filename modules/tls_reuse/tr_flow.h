/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which contact did we give away under this name? A flow token is the user
 * part of the URI that stands for somebody's Contact while his address is
 * kept from the other side; it carries all that is needed to find him again
 * (the way of RFC 5626 s5.2-1, in the Contact and not in a Record-Route), sealed
 * so that nobody else reads it. */
#ifndef TR_FLOW_H
#define TR_FLOW_H

#include "tr_b64.h"
#include "tr_edge.h"
#include "tr_keys.h"
#include "tr_registration.h"
#include "tr_seal.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What a token begins with, so that any other user part costs nothing. */
#define TR_FLOW_PREFIX "tr1_"
#define TR_FLOW_PREFIX_LEN 4

/* Longest original URI that any configuration can allow, in octets. */
#define TR_FLOW_URI_MAX 1024

/* Octets around the URI: head and key id, edge, registration, tag. */
#define TR_FLOW_OVERHEAD                                                       \
	(3 + TR_EDGE_LEN_MAX + TR_REGISTRATION_LEN + TR_SEAL_LEN)

/* Longest token, in characters. */
#define TR_FLOW_TOKEN_MAX                                                      \
	(TR_FLOW_PREFIX_LEN + TR_B64_LEN(TR_FLOW_OVERHEAD + TR_FLOW_URI_MAX))

/* Whose contact a token stands for, which is also who must present it: a
 * phone's token is for the PBX, the PBX's token is for phones. */
enum tr_kind {
	TR_KIND_NONE = 0,
	TR_KIND_PHONE = 1,     /* a connection, for as long as it is there */
	TR_KIND_PBX = 2,       /* the PBX, for token_lifetime */
	TR_KIND_REGISTERED = 3 /* a phone, on whatever connection it registered
							  last: over reconnects and restarts; its
							  URI may change, and need not be here */
};

enum tr_verdict {
	TR_FORGED = 0,  /* our key, but not our seal */
	TR_NO_TOKEN,    /* somebody's ordinary user part */
	TR_MALFORMED,   /* our prefix, but we never wrote what follows */
	TR_UNKNOWN_KEY, /* an earlier or another key: cannot be judged, gone */
	TR_WRONG_SIDE,  /* true, but presented by the side it stands for */
	TR_ELSEWHERE,   /* true, but the phone is at another edge: flow->edge */
	TR_STALE,       /* true, but from before this edge started: gone */
	TR_EXPIRED,     /* true, but of the PBX and too old, or of tomorrow */
	TR_OK
};

struct tr_flow {
	enum tr_kind kind;
	uint32_t conid; /* PHONE: the core's connection id */
	uint8_t registration[TR_REGISTRATION_LEN]; /* REGISTERED */
	uint32_t made;            /* PBX: tr_flow_hour() when it was made */
	struct tr_edge_addr edge; /* both phone kinds: who holds the connection;
								 written is always our own */
	unsigned key;             /* which one opened it: 0 is the one that makes
								 tokens now, the others rest; not written */
	struct tr_view uri;
};

/* All that making and judging needs. Holds key material. */
struct tr_flow_keys {
	unsigned n; /* of keys; with 0 nothing is made and nothing opened */
	uint16_t id[TR_KEYS_MAX];
	struct tr_seal_key key[TR_KEYS_MAX]; /* the first makes tokens */
	uint32_t epoch;
	uint32_t lifetime;        /* of the PBX's tokens in seconds, 0: no end */
	struct tr_edge_addr edge; /* our own address */
};

/* epoch: a number that no earlier start of this edge had. edge: its address
 * for the other edges that have the same keys; without one (ip_len 0) there
 * are none, and every phone is here.
 * Returns 0, or -1 when there is no secret. */
int tr_flow_init(struct tr_flow_keys *keys, const struct tr_secrets *secrets,
		const struct tr_edge_addr *edge, uint32_t epoch, uint32_t lifetime);

void tr_flow_wipe(struct tr_flow_keys *keys);

/* Hours since 1970, as the PBX's tokens have them in three octets. */
uint32_t tr_flow_hour(time_t now);

/* 1: a phone's, of either kind. */
int tr_flow_is_phone(enum tr_kind kind);

/* Writes the token of flow to out. The same flow always gives the same token,
 * until the key changes: a refreshed registration must refresh the binding it
 * made before. The PBX's changes with the hour in flow->made.
 * Returns 0 and sets *out_len; -1 when the flow is not one (no kind, no
 * connection, no URI unless REGISTERED, one over TR_FLOW_URI_MAX), when there
 * is no key, or when cap is too small. */
int tr_flow_encode(const struct tr_flow_keys *keys, const struct tr_flow *flow,
		char *out, size_t cap, size_t *out_len);

/* Judges a user part. want: whose tokens the asking side may present, the
 * PBX's, or (TR_KIND_PHONE) a phone's of either kind.
 * With TR_OK, TR_EXPIRED, TR_STALE, TR_ELSEWHERE and TR_WRONG_SIDE *flow is
 * filled, its URI being a view into buf; buf has room for TR_FLOW_BUF octets.
 * A phone at another edge is TR_ELSEWHERE whatever the epoch of that edge:
 * who forwards the request there leaves that to it. */
#define TR_FLOW_BUF (TR_FLOW_URI_MAX + 64)
enum tr_verdict tr_flow_decode(const struct tr_flow_keys *keys,
		enum tr_kind want, struct tr_view user, time_t now,
		struct tr_flow *flow, char *buf);

/* The verdict in words, for a log line. */
const char *tr_flow_words(enum tr_verdict verdict);

#endif
