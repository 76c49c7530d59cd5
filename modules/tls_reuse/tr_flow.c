/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which contact did we give away under this name? See the header.
 *
 *    0       1       2       3 .. 6    7 .. 10              last 16
 *   +-------+-------+-------+=========+=========+==========+---------+
 *   | head  |    key id     #  epoch  |  conid  |   URI    #   tag   |
 *   +-------+-------+-------+=========+=========+==========+---------+
 *                           '- phones' tokens --'
 *                           '---------- sealed ------------'
 *
 *   head     0 1 0 0 s t k k    s: "sip:" was taken off the front of the URI
 *                               t: ";transport=tls" was taken off its end
 *                               k: enum tr_kind
 *   key id   the first octets of HMAC(secret, "tls-edge key id")
 *   epoch    the start of the edge that holds the connection
 *   conid    the core's connection id; numbers in network order
 *   tag      tr_seal.h; its context is the address that the token is bound to
 *            (its length in one octet, its text); bound are head and key id
 *
 * The whole is written "tr1_" BASE64URL, without padding. A PBX's token has
 * no epoch: nothing in it dies with the edge, and calls outlive a restart. */
#include "tr_flow.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEAD_VERSION 0x40
#define HEAD_SIP 0x08
#define HEAD_TLS 0x04
#define HEAD_KIND 0x03
#define HEAD_LEN 3
#define CONN_LEN 8
#define ADDR_MAX 255 /* its length is one octet */

static const char scheme[] = "sip:";
static const char transport[] = ";transport=tls";
#define SCHEME_LEN (sizeof(scheme) - 1)
#define TRANSPORT_LEN (sizeof(transport) - 1)

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

static void bind_key(
		struct tr_seal_key *key, struct tr_view secret, struct tr_view addr)
{
	char context[1 + ADDR_MAX];

	context[0] = (char)addr.len;
	memcpy(context + 1, addr.s, addr.len);
	tr_seal_init(key, secret, (struct tr_view){context, 1 + addr.len});
}

int tr_flow_init(struct tr_flow_keys *keys, struct tr_view secret,
		struct tr_view inner, struct tr_view outer, uint32_t epoch)
{
	static const uint8_t label[] = "tls-edge key id";
	struct tr_mac_key plain;
	uint8_t mac[TR_MAC_LEN];

	if(secret.len < TR_FLOW_SECRET_MIN || inner.len == 0 || inner.len > ADDR_MAX
			|| outer.len == 0 || outer.len > ADDR_MAX) {
		return -1;
	}
	memset(keys, 0, sizeof(*keys));
	tr_mac_init(&plain, (const uint8_t *)secret.s, secret.len);
	tr_mac_make(&plain, label, sizeof(label) - 1, mac);
	tr_mac_wipe(&plain);
	keys->key_id = (uint16_t)((mac[0] << 8) | mac[1]);
	keys->epoch = epoch;
	bind_key(&keys->by_kind[TR_KIND_PHONE], secret, inner);
	bind_key(&keys->by_kind[TR_KIND_PBX], secret, outer);
	return 0;
}

void tr_flow_wipe(struct tr_flow_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

/* Takes off what nearly every phone's URI has; returns the bits that say so. */
static uint8_t shorten(struct tr_view *uri)
{
	uint8_t bits = 0;

	if(uri->len > SCHEME_LEN && memcmp(uri->s, scheme, SCHEME_LEN) == 0) {
		uri->s += SCHEME_LEN;
		uri->len -= SCHEME_LEN;
		bits |= HEAD_SIP;
	}
	if(uri->len > TRANSPORT_LEN
			&& memcmp(uri->s + uri->len - TRANSPORT_LEN, transport,
					   TRANSPORT_LEN)
					   == 0) {
		uri->len -= TRANSPORT_LEN;
		bits |= HEAD_TLS;
	}
	return bits;
}

int tr_flow_encode(const struct tr_flow_keys *keys, const struct tr_flow *flow,
		char *out, size_t cap, size_t *out_len)
{
	uint8_t raw[TR_FLOW_OVERHEAD + TR_FLOW_URI_MAX];
	struct tr_view uri = flow->uri;
	size_t n = HEAD_LEN;

	if((flow->kind != TR_KIND_PHONE && flow->kind != TR_KIND_PBX)
			|| (flow->kind == TR_KIND_PHONE) != (flow->conid != 0)
			|| uri.len == 0 || uri.len > TR_FLOW_URI_MAX) {
		return -1;
	}
	raw[0] = (uint8_t)(HEAD_VERSION | shorten(&uri) | flow->kind);
	raw[1] = (uint8_t)(keys->key_id >> 8);
	raw[2] = (uint8_t)keys->key_id;
	if(flow->kind == TR_KIND_PHONE) {
		put32(raw + n, keys->epoch);
		put32(raw + n + 4, flow->conid);
		n += CONN_LEN;
	}
	memcpy(raw + n, uri.s, uri.len);
	n += uri.len;
	tr_seal(&keys->by_kind[flow->kind],
			(struct tr_view){(const char *)raw, HEAD_LEN}, raw + HEAD_LEN,
			n - HEAD_LEN, raw + n);
	n += TR_SEAL_LEN;
	if(cap < TR_FLOW_PREFIX_LEN + TR_B64_LEN(n)) {
		return -1;
	}
	memcpy(out, TR_FLOW_PREFIX, TR_FLOW_PREFIX_LEN);
	tr_b64_encode(raw, n, out + TR_FLOW_PREFIX_LEN);
	*out_len = TR_FLOW_PREFIX_LEN + TR_B64_LEN(n);
	return 0;
}

/* Puts the URI together again; buf has room for TR_FLOW_BUF octets. */
static struct tr_view lengthen(
		uint8_t head, const uint8_t *text, size_t len, char *buf)
{
	struct tr_view uri = {buf, 0};

	if(head & HEAD_SIP) {
		memcpy(buf, scheme, SCHEME_LEN);
		uri.len = SCHEME_LEN;
	}
	memcpy(buf + uri.len, text, len);
	uri.len += len;
	if(head & HEAD_TLS) {
		memcpy(buf + uri.len, transport, TRANSPORT_LEN);
		uri.len += TRANSPORT_LEN;
	}
	return uri;
}

/* Finds kind and the length of what precedes the URI; -1: never ours. */
static int read_head(const uint8_t *raw, size_t len, enum tr_kind *kind)
{
	size_t before = HEAD_LEN;

	if(len < HEAD_LEN
			|| (raw[0] & ~(HEAD_SIP | HEAD_TLS | HEAD_KIND)) != HEAD_VERSION) {
		return -1;
	}
	*kind = (enum tr_kind)(raw[0] & HEAD_KIND);
	if(*kind == TR_KIND_PHONE) {
		before += CONN_LEN;
	} else if(*kind != TR_KIND_PBX) {
		return -1;
	}
	return len > before + TR_SEAL_LEN ? (int)before : -1;
}

enum tr_verdict tr_flow_decode(const struct tr_flow_keys *keys,
		enum tr_kind want, struct tr_view user, struct tr_flow *flow, char *buf)
{
	uint8_t raw[TR_FLOW_OVERHEAD + TR_FLOW_URI_MAX];
	enum tr_kind kind;
	size_t len, end;
	int before;

	if(user.len < TR_FLOW_PREFIX_LEN
			|| memcmp(user.s, TR_FLOW_PREFIX, TR_FLOW_PREFIX_LEN) != 0) {
		return TR_NO_TOKEN;
	}
	if(tr_b64_decode(user.s + TR_FLOW_PREFIX_LEN, user.len - TR_FLOW_PREFIX_LEN,
			   raw, sizeof(raw),
			   &len) != 0
			|| (before = read_head(raw, len, &kind)) < 0) {
		return TR_MALFORMED;
	}
	if(((raw[1] << 8) | raw[2]) != keys->key_id) {
		return TR_UNKNOWN_KEY;
	}
	end = len - TR_SEAL_LEN;
	if(!tr_seal_open(&keys->by_kind[kind],
			   (struct tr_view){(const char *)raw, HEAD_LEN}, raw + HEAD_LEN,
			   end - HEAD_LEN, raw + end)) {
		return TR_FORGED;
	}
	flow->kind = kind;
	flow->conid = kind == TR_KIND_PHONE ? get32(raw + HEAD_LEN + 4) : 0;
	flow->uri = lengthen(raw[0], raw + before, end - (size_t)before, buf);
	if(kind != want) {
		return TR_WRONG_SIDE;
	}
	if(kind == TR_KIND_PHONE && get32(raw + HEAD_LEN) != keys->epoch) {
		return TR_STALE;
	}
	return TR_OK;
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
		case TR_STALE:
			return "the token was made before this edge started";
		case TR_OK:
			return "the token is ours";
	}
	return "unknown verdict";
}
