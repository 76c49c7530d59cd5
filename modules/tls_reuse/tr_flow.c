/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which contact did we give away under this name? See the header.
 *
 *     0       1       2                                     last 16
 *   +-------+-------+-------+==========+========+==========+---------+
 *   | head  |    key id     #   edge   |  who   |   URI    #   tag   |
 *   +-------+-------+-------+==========+========+==========+---------+
 *                           '---------- sealed ------------'
 *
 *   head     1 0 e e s s k k    e: the edge: 0 none, 1 IPv4, 2 IPv6
 *                               s: what was taken off the URI, tr_short.h
 *                               k: enum tr_kind
 *   key id   tr_keys.h
 *   edge     phones: IP address (4 or 16) and port (2) of the edge that holds
 *            the connection
 *   who      a phone's connection: epoch (4), the start of that edge, and the
 *            core's connection id (4)
 *            a registered phone: its registration (12), tr_registration.h
 *            the PBX: the hour when it was made (3)
 *   tag      tr_seal.h; bound are head and key id; numbers in network order
 *
 * The whole is written "tr1_" BASE64URL, without padding. Neither a registered
 * phone's token nor the PBX's has an epoch: nothing in them dies with the
 * edge, so registrations and calls outlive a restart.
 *
 * The seal's context is the same on all edges, so that each opens the others'
 * tokens. It needs no address: a phone's token cannot pass for the PBX's or
 * the other way round, as the kind is in the head, under the seal, and where
 * a phone's token belongs is in the token, under the seal as well. Whoever has
 * another key makes other tokens, and those of whoever has the same key are
 * meant to be ours: edges that are not one cluster have keys of their own. */
#include "tr_flow.h"

#include "tr_short.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEAD_VERSION 0x80
#define HEAD_VERSION_MASK 0xc0
#define HEAD_EDGE 0x30
#define HEAD_EDGE_4 0x10
#define HEAD_EDGE_6 0x20
#define HEAD_SHORT 0x0c
#define HEAD_SHORT_SHIFT 2
#define HEAD_KIND 0x03
#define HEAD_LEN 3
#define CONN_LEN 8
#define HOUR_LEN 3
#define HOUR 3600

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16)
		   | ((uint32_t)p[2] << 8) | p[3];
}

int tr_flow_init(struct tr_flow_keys *keys, const struct tr_secrets *secrets,
		const struct tr_edge_addr *edge, uint32_t epoch, uint32_t lifetime)
{
	/* no other context of tr_seal.h's begins so */
	static const char context[] = {0, 'f', 'l', 'o', 'w'};
	unsigned i;

	memset(keys, 0, sizeof(*keys));
	if(secrets->n == 0 || secrets->n > TR_KEYS_MAX) {
		return -1;
	}
	for(i = 0; i < secrets->n; i++) {
		keys->id[i] = secrets->id[i];
		tr_seal_init(&keys->key[i], secrets->secret[i],
				(struct tr_view){context, sizeof(context)});
	}
	keys->n = secrets->n;
	keys->epoch = epoch;
	keys->lifetime = lifetime;
	keys->edge = *edge;
	return 0;
}

void tr_flow_wipe(struct tr_flow_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

uint32_t tr_flow_hour(time_t now)
{
	return now > 0 ? (uint32_t)(now / HOUR) & 0xffffff : 0;
}

int tr_flow_is_phone(enum tr_kind kind)
{
	return kind == TR_KIND_PHONE || kind == TR_KIND_REGISTERED;
}

static uint8_t head_of(
		const struct tr_flow_keys *keys, const struct tr_flow *flow)
{
	uint8_t head = (uint8_t)(HEAD_VERSION | flow->kind);

	if(!tr_flow_is_phone(flow->kind) || keys->edge.ip_len == 0) {
		return head;
	}
	return head | (keys->edge.ip_len == 4 ? HEAD_EDGE_4 : HEAD_EDGE_6);
}

/* Edge and who, at p. Returns how many octets. */
static size_t put_who(
		const struct tr_flow_keys *keys, const struct tr_flow *flow, uint8_t *p)
{
	uint8_t *begin = p;

	if(flow->kind == TR_KIND_PBX) {
		p[0] = (uint8_t)(flow->made >> 16);
		p[1] = (uint8_t)(flow->made >> 8);
		p[2] = (uint8_t)flow->made;
		return HOUR_LEN;
	}
	p += tr_edge_write(&keys->edge, p);
	if(flow->kind == TR_KIND_REGISTERED) {
		memcpy(p, flow->registration, TR_REGISTRATION_LEN);
		p += TR_REGISTRATION_LEN;
	} else {
		put32(p, keys->epoch);
		put32(p + 4, flow->conid);
		p += CONN_LEN;
	}
	return (size_t)(p - begin);
}

static int is_flow(const struct tr_flow *flow)
{
	return (flow->kind == TR_KIND_PHONE || flow->kind == TR_KIND_PBX
				   || flow->kind == TR_KIND_REGISTERED)
		   && (flow->kind != TR_KIND_PHONE || flow->conid != 0)
		   && flow->made <= 0xffffff
		   && (flow->uri.len > 0 || flow->kind == TR_KIND_REGISTERED)
		   && flow->uri.len <= TR_FLOW_URI_MAX;
}

int tr_flow_encode(const struct tr_flow_keys *keys, const struct tr_flow *flow,
		char *out, size_t cap, size_t *out_len)
{
	uint8_t raw[TR_FLOW_OVERHEAD + TR_FLOW_URI_MAX];
	struct tr_view uri = flow->uri;
	size_t n = HEAD_LEN;

	if(keys->n == 0 || !is_flow(flow)) {
		return -1;
	}
	raw[0] = head_of(keys, flow)
			 | (uint8_t)(tr_short_take(&uri) << HEAD_SHORT_SHIFT);
	raw[1] = (uint8_t)(keys->id[0] >> 8);
	raw[2] = (uint8_t)keys->id[0];
	n += put_who(keys, flow, raw + n);
	if(uri.len > 0) {
		memcpy(raw + n, uri.s, uri.len);
		n += uri.len;
	}
	tr_seal(&keys->key[0], (struct tr_view){(const char *)raw, HEAD_LEN},
			raw + HEAD_LEN, n - HEAD_LEN, raw + n);
	n += TR_SEAL_LEN;
	if(cap < TR_FLOW_PREFIX_LEN + TR_B64_LEN(n)) {
		return -1;
	}
	memcpy(out, TR_FLOW_PREFIX, TR_FLOW_PREFIX_LEN);
	tr_b64_encode(raw, n, out + TR_FLOW_PREFIX_LEN);
	*out_len = TR_FLOW_PREFIX_LEN + TR_B64_LEN(n);
	return 0;
}

/* A token in octets, and how long the parts of it are that precede the URI. */
struct token {
	uint8_t raw[TR_FLOW_OVERHEAD + TR_FLOW_URI_MAX];
	enum tr_kind kind;
	uint8_t ip_len;
	size_t uri_at;
	size_t end; /* where the tag begins */
};

/* 0, or -1: no kind, no form of an edge that we write. */
static int read_head(uint8_t head, struct token *token)
{
	uint8_t edge = head & HEAD_EDGE;

	token->kind = (enum tr_kind)(head & HEAD_KIND);
	if((head & HEAD_VERSION_MASK) != HEAD_VERSION || edge == HEAD_EDGE
			|| token->kind == TR_KIND_NONE
			|| (token->kind == TR_KIND_PBX && edge != 0)) {
		return -1;
	}
	token->ip_len = edge == HEAD_EDGE_4 ? 4 : edge == HEAD_EDGE_6 ? 16 : 0;
	token->uri_at = HEAD_LEN + tr_edge_len(token->ip_len);
	switch(token->kind) {
		case TR_KIND_PHONE:
			token->uri_at += CONN_LEN;
			break;
		case TR_KIND_REGISTERED:
			token->uri_at += TR_REGISTRATION_LEN;
			break;
		default:
			token->uri_at += HOUR_LEN;
			break;
	}
	return 0;
}

/* 0, or -1: never ours. user begins with the prefix. */
static int read_token(struct tr_view user, struct token *token)
{
	size_t len;

	if(tr_b64_decode(user.s + TR_FLOW_PREFIX_LEN, user.len - TR_FLOW_PREFIX_LEN,
			   token->raw, sizeof(token->raw),
			   &len) != 0
			|| len < HEAD_LEN || read_head(token->raw[0], token) != 0
			|| len < token->uri_at + TR_SEAL_LEN
			|| (len == token->uri_at + TR_SEAL_LEN
					&& token->kind != TR_KIND_REGISTERED)
			|| len - token->uri_at - TR_SEAL_LEN > TR_FLOW_URI_MAX) {
		return -1;
	}
	token->end = len - TR_SEAL_LEN;
	return 0;
}

/* TR_OK, and *key is the number of the key that opened it. */
static enum tr_verdict open_token(
		const struct tr_flow_keys *keys, struct token *token, unsigned *key)
{
	unsigned id = ((unsigned)token->raw[1] << 8) | token->raw[2];
	unsigned i = 0;

	while(i < keys->n && keys->id[i] != id) {
		i++;
	}
	if(i == keys->n) {
		return TR_UNKNOWN_KEY;
	}
	*key = i;
	return tr_seal_open(&keys->key[i],
				   (struct tr_view){(const char *)token->raw, HEAD_LEN},
				   token->raw + HEAD_LEN, token->end - HEAD_LEN,
				   token->raw + token->end)
				   ? TR_OK
				   : TR_FORGED;
}

/* Returns the epoch of a phone's connection, else 0. */
static uint32_t read_who(const struct token *token, struct tr_flow *flow)
{
	const uint8_t *p = token->raw + HEAD_LEN;
	uint32_t epoch = 0;

	tr_edge_parse(p, token->ip_len, &flow->edge);
	p += tr_edge_len(token->ip_len);
	switch(token->kind) {
		case TR_KIND_PHONE:
			epoch = get32(p);
			flow->conid = get32(p + 4);
			break;
		case TR_KIND_REGISTERED:
			memcpy(flow->registration, p, TR_REGISTRATION_LEN);
			break;
		default:
			flow->made = ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | p[2];
			break;
	}
	return epoch;
}

/* Clocks of a cluster's edges may differ: an hour ahead is not too much. What
 * was made at the end of its hour lives as long as it should. */
static int is_expired(
		const struct tr_flow_keys *keys, uint32_t made, time_t now)
{
	int64_t age = (int64_t)now - (int64_t)made * HOUR;

	return age < -HOUR
		   || (keys->lifetime > 0 && age >= (int64_t)keys->lifetime + HOUR);
}

/* Of a true token: is it one that this edge can follow now? An edge without
 * an address has nobody to send to, and a token without one nowhere to go. */
static enum tr_verdict judge(const struct tr_flow_keys *keys, enum tr_kind want,
		const struct tr_flow *flow, uint32_t epoch, time_t now)
{
	if(want == TR_KIND_NONE
			|| tr_flow_is_phone(flow->kind) != tr_flow_is_phone(want)) {
		return TR_WRONG_SIDE;
	}
	if(flow->kind == TR_KIND_PBX) {
		return is_expired(keys, flow->made, now) ? TR_EXPIRED : TR_OK;
	}
	if(flow->edge.ip_len > 0 && keys->edge.ip_len > 0
			&& !tr_edge_same(&flow->edge, &keys->edge)) {
		return TR_ELSEWHERE;
	}
	return flow->kind == TR_KIND_PHONE && epoch != keys->epoch ? TR_STALE
															   : TR_OK;
}

enum tr_verdict tr_flow_decode(const struct tr_flow_keys *keys,
		enum tr_kind want, struct tr_view user, time_t now,
		struct tr_flow *flow, char *buf)
{
	enum tr_verdict verdict;
	struct token token;
	uint32_t epoch;
	unsigned key;

	if(user.len < TR_FLOW_PREFIX_LEN
			|| memcmp(user.s, TR_FLOW_PREFIX, TR_FLOW_PREFIX_LEN) != 0) {
		return TR_NO_TOKEN;
	}
	if(read_token(user, &token) != 0) {
		return TR_MALFORMED;
	}
	verdict = open_token(keys, &token, &key);
	if(verdict != TR_OK) {
		return verdict;
	}
	memset(flow, 0, sizeof(*flow));
	flow->kind = token.kind;
	flow->key = key;
	epoch = read_who(&token, flow);
	flow->uri = tr_short_give(
			(unsigned)(token.raw[0] & HEAD_SHORT) >> HEAD_SHORT_SHIFT,
			(struct tr_view){(const char *)token.raw + token.uri_at,
					token.end - token.uri_at},
			buf);
	return judge(keys, want, flow, epoch, now);
}

const char *tr_flow_words(enum tr_verdict verdict)
{
	switch(verdict) {
		case TR_FORGED:
			return "the token's seal is broken: it was altered or made up";
		case TR_NO_TOKEN:
			return "the user part is not a token of ours";
		case TR_MALFORMED:
			return "the user part begins like a token but cannot be one";
		case TR_UNKNOWN_KEY:
			return "the token was made with another key";
		case TR_WRONG_SIDE:
			return "the token was presented by the side it stands for";
		case TR_ELSEWHERE:
			return "the token belongs to another edge";
		case TR_STALE:
			return "the token was made before this edge started";
		case TR_EXPIRED:
			return "the token is older than token_lifetime, or of the future";
		case TR_OK:
			return "the token is ours";
	}
	return "unknown verdict";
}
