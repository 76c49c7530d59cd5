/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose Vias stand below ours? See the header. */
#include "tr_via.h"

#include "tr_b64.h"
#include "tr_header.h"

#include <string.h>

#define TOKEN_MAX TR_B64_LEN(TR_MAC_LEN + TR_VIA_MAX)

static const char param[] = ";tv=";
#define PARAM_LEN (sizeof(param) - 1)

/* A buffer that is filled from the left; once full it stays so. */
struct sink {
	char *s;
	size_t cap;
	size_t len;
	int full;
};

static void put(struct sink *sink, const char *s, size_t len)
{
	if(sink->full || len > sink->cap - sink->len) {
		sink->full = 1;
		return;
	}
	if(len > 0) {
		memcpy(sink->s + sink->len, s, len);
	}
	sink->len += len;
}

static int is_via(const struct tr_header *h)
{
	return tr_header_is(h, "via", 'v'); /* RFC 3261 s7.3.3 */
}

/* Finds the topmost Via. 0, or -1 when there is none. */
static int top_via(struct tr_view msg, struct tr_header *h)
{
	tr_header_start(msg, h);
	while(tr_header_next(msg, h) == 0) {
		if(is_via(h)) {
			return 0;
		}
	}
	return -1;
}

/* Copies the message from at on, without its Vias. */
static void put_rest(struct sink *sink, struct tr_view msg, size_t at)
{
	struct tr_header h;

	h.end = at;
	while(tr_header_next(msg, &h) == 0) {
		if(!is_via(&h)) {
			put(sink, msg.s + h.begin, h.end - h.begin);
		}
	}
	put(sink, msg.s + h.begin, msg.len - h.begin);
}

/* Gathers the Vias from at on, as one list. */
static void gather(struct sink *sink, struct tr_view msg, size_t at)
{
	struct tr_header h;

	h.end = at;
	while(tr_header_next(msg, &h) == 0) {
		if(is_via(&h)) {
			put(sink, ",", sink->len > TR_MAC_LEN ? 1 : 0);
			put(sink, h.value.s, h.value.len);
		}
	}
}

void tr_via_key(struct tr_mac_key *key, struct tr_view secret)
{
	/* Flow tokens' MACs begin with the length of an address, never 0. */
	static const uint8_t label[] = {0, 'v', 'i', 'a'};

	tr_mac_init(key, (const uint8_t *)secret.s, secret.len);
	tr_mac_prefix(key, label, sizeof(label));
}

enum tr_via tr_via_hide(const struct tr_mac_key *key, struct tr_view msg,
		char *out, size_t cap, size_t *out_len)
{
	uint8_t raw[TR_MAC_LEN + TR_VIA_MAX];
	char token[TOKEN_MAX];
	struct sink vias = {(char *)raw, sizeof(raw), TR_MAC_LEN, 0};
	struct sink sink = {out, cap, 0, 0};
	struct tr_header top;
	size_t value_end;

	if(top_via(msg, &top) != 0) {
		return TR_VIA_SAME;
	}
	gather(&vias, msg, top.end);
	if(vias.full) {
		return TR_VIA_TOO_LONG;
	}
	if(vias.len == TR_MAC_LEN) {
		return TR_VIA_SAME;
	}
	tr_mac_make(key, raw + TR_MAC_LEN, vias.len - TR_MAC_LEN, raw);
	tr_b64_encode(raw, vias.len, token);
	value_end = (size_t)(top.value.s - msg.s) + top.value.len;
	put(&sink, msg.s, value_end);
	put(&sink, param, PARAM_LEN);
	put(&sink, token, TR_B64_LEN(vias.len));
	put(&sink, msg.s + value_end, top.end - value_end);
	put_rest(&sink, msg, top.end);
	*out_len = sink.len;
	return sink.full ? TR_VIA_NO_ROOM : TR_VIA_DONE;
}

/* Where ";tv=" begins in the value, or its length. */
static size_t find_param(struct tr_view value)
{
	size_t at;

	for(at = 0; at + PARAM_LEN <= value.len; at++) {
		if(memcmp(value.s + at, param, PARAM_LEN) == 0) {
			return at;
		}
	}
	return value.len;
}

static size_t param_end(struct tr_view value, size_t at)
{
	while(at < value.len && memchr(";, \t\r\n", value.s[at], 6) == NULL) {
		at++;
	}
	return at;
}

/* Opens the token. Returns how many octets of Vias are in raw, 0 if forged. */
static size_t open_token(const struct tr_mac_key *key, const char *token,
		size_t token_len, uint8_t *raw, size_t cap)
{
	size_t len;

	if(tr_b64_decode(token, token_len, raw, cap, &len) != 0 || len <= TR_MAC_LEN
			|| !tr_mac_check(key, raw + TR_MAC_LEN, len - TR_MAC_LEN, raw)) {
		return 0;
	}
	return len - TR_MAC_LEN;
}

/* The topmost Via of a reply, and what else there is. */
struct topmost {
	struct tr_header header;
	struct tr_view value; /* of the first Via in it */
	size_t token;         /* where ";tv=" begins, or value.len */
	size_t token_end;
	int alone; /* there is no Via besides it */
};

static int read_topmost(struct tr_view msg, struct topmost *top)
{
	struct tr_header more;

	if(top_via(msg, &top->header) != 0) {
		return -1;
	}
	top->value = top->header.value;
	top->value.len = 0;
	while(top->value.len < top->header.value.len
			&& top->value.s[top->value.len] != ',') {
		top->value.len++;
	}
	top->alone = top->value.len == top->header.value.len;
	more = top->header;
	while(tr_header_next(msg, &more) == 0) {
		if(is_via(&more)) {
			top->alone = 0;
		}
	}
	top->token = find_param(top->value);
	top->token_end = top->token < top->value.len
							 ? param_end(top->value, top->token + PARAM_LEN)
							 : top->token;
	return 0;
}

enum tr_via tr_via_show(const struct tr_mac_key *key, struct tr_view msg,
		char *out, size_t cap, size_t *out_len)
{
	uint8_t raw[TR_MAC_LEN + TR_VIA_MAX];
	struct sink sink = {out, cap, 0, 0};
	struct topmost top;
	size_t hidden = 0;

	if(read_topmost(msg, &top) != 0
			|| (top.alone && top.token == top.value.len)) {
		return TR_VIA_SAME; /* the reply to a request of our own */
	}
	if(top.alone) {
		hidden = open_token(key, top.value.s + top.token + PARAM_LEN,
				top.token_end - top.token - PARAM_LEN, raw, sizeof(raw));
	}
	put(&sink, msg.s, (size_t)(top.value.s - msg.s) + top.token);
	if(hidden > 0) {
		put(&sink, top.value.s + top.token_end, top.value.len - top.token_end);
		put(&sink, "\r\nVia: ", 7);
		put(&sink, (const char *)raw + TR_MAC_LEN, hidden);
	}
	put(&sink, "\r\n", 2);
	put_rest(&sink, msg, top.header.end);
	*out_len = sink.len;
	if(sink.full) {
		return TR_VIA_NO_ROOM;
	}
	return hidden > 0 ? TR_VIA_DONE : TR_VIA_FORGED;
}
