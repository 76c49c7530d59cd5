/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose Vias stand below ours? See the header. */
#include "tr_via.h"

#include "tr_b64.h"
#include "tr_header.h"
#include "tr_own.h"

#include <openssl/crypto.h>
#include <string.h>

#define TOKEN_MAX TR_B64_LEN(TR_SEAL_LEN + TR_VIA_MAX)

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
			put(sink, ",", sink->len > TR_SEAL_LEN ? 1 : 0);
			put(sink, h.value.s, h.value.len);
		}
	}
}

void tr_via_init(struct tr_via_keys *keys, const struct tr_secrets *secrets,
		uint32_t epoch)
{
	/* no other context of tr_seal.h's begins so */
	char inside[] = {0, 'v', 'i', 'a', '>', 'i', 'n', (char)(epoch >> 24),
			(char)(epoch >> 16), (char)(epoch >> 8), (char)epoch};
	static const char outside[] = {0, 'v', 'i', 'a', '>', 'o', 'u', 't'};
	unsigned i;

	memset(keys, 0, sizeof(*keys));
	for(i = 0; i < secrets->n && i < TR_KEYS_MAX; i++) {
		tr_seal_init(&keys->to[TR_VIA_INSIDE].key[i], secrets->secret[i],
				(struct tr_view){inside, sizeof(inside)});
		tr_seal_init(&keys->to[TR_VIA_OUTSIDE].key[i], secrets->secret[i],
				(struct tr_view){outside, sizeof(outside)});
	}
	keys->to[TR_VIA_INSIDE].n = i;
	keys->to[TR_VIA_OUTSIDE].n = i;
}

void tr_via_wipe(struct tr_via_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

/* What a token beside these parameters is bound to; empty: to nothing, as one
 * of them is too long. */
static struct tr_view bound_to(const struct tr_own *own, uint8_t *buf)
{
	return (struct tr_view){(const char *)buf, tr_own_bound(own, buf)};
}

/* Makes the token of the Vias that lie in raw behind the room for its tag.
 * 0, or -1: our own Via is none of ours, or there is no key. */
static int seal(const struct tr_via_side_keys *keys, struct tr_view own_via,
		uint8_t *raw, size_t len)
{
	uint8_t buf[TR_OWN_BOUND_MAX];
	struct tr_view bound;
	struct tr_own own;

	if(keys->n == 0 || tr_own_read(own_via, &own) != 0
			|| own.param[TR_OWN_TV].whole.len > 0) {
		return -1;
	}
	bound = bound_to(&own, buf);
	if(bound.len == 0) {
		return -1;
	}
	tr_seal(&keys->key[0], bound, raw + TR_SEAL_LEN, len - TR_SEAL_LEN, raw);
	return 0;
}

enum tr_via tr_via_hide(const struct tr_via_side_keys *keys, struct tr_view msg,
		char *out, size_t cap, size_t *out_len)
{
	uint8_t raw[TR_SEAL_LEN + TR_VIA_MAX];
	char token[TOKEN_MAX];
	struct sink vias = {(char *)raw, sizeof(raw), TR_SEAL_LEN, 0};
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
	if(vias.len == TR_SEAL_LEN) {
		return TR_VIA_SAME;
	}
	if(seal(keys, top.value, raw, vias.len) != 0) {
		return TR_VIA_TOO_LONG;
	}
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

/* Opens the token. Returns how many octets of Vias are in raw behind its tag,
 * 0 if forged. What does not open with a key is wiped, so each one gets the
 * token anew. */
static size_t open_token(const struct tr_via_side_keys *keys,
		const struct tr_own *own, uint8_t *raw)
{
	const struct tr_view *token = &own->param[TR_OWN_TV].value;
	uint8_t buf[TR_OWN_BOUND_MAX];
	struct tr_view bound = bound_to(own, buf);
	unsigned i;
	size_t len;

	if(bound.len == 0 || token->len == 0) {
		return 0;
	}
	for(i = 0; i < keys->n; i++) {
		if(tr_b64_decode(token->s, token->len, raw, TR_SEAL_LEN + TR_VIA_MAX,
				   &len) != 0
				|| len <= TR_SEAL_LEN) {
			return 0;
		}
		if(tr_seal_open(&keys->key[i], bound, raw + TR_SEAL_LEN,
				   len - TR_SEAL_LEN, raw)) {
			return len - TR_SEAL_LEN;
		}
	}
	return 0;
}

/* Is there no Via besides the first one of this header? */
static int is_alone(struct tr_view msg, const struct tr_header *top)
{
	struct tr_header more = *top;

	while(tr_header_next(msg, &more) == 0) {
		if(is_via(&more)) {
			return 0;
		}
	}
	return top->value.len == 0
		   || memchr(top->value.s, ',', top->value.len) == NULL;
}

/* "SIP/2.0/UDP host:port" alone. */
static void put_bare(struct sink *sink, struct tr_view via)
{
	size_t len = 0;

	while(len < via.len && memchr(";,\"\\()", via.s[len], 6) == NULL) {
		len++;
	}
	put(sink, via.s, len);
}

/* Our Via without its token, and below it those that were in the token. */
static void put_both(struct sink *sink, struct tr_view via,
		struct tr_view param_tv, struct tr_view hidden)
{
	const char *behind = param_tv.s + param_tv.len;

	put(sink, via.s, (size_t)(param_tv.s - via.s));
	put(sink, behind, (size_t)(via.s + via.len - behind));
	put(sink, "\r\nVia: ", 7);
	put(sink, hidden.s, hidden.len);
}

enum tr_via tr_via_show(const struct tr_via_side_keys *keys, struct tr_view msg,
		char *out, size_t cap, size_t *out_len)
{
	uint8_t raw[TR_SEAL_LEN + TR_VIA_MAX];
	struct tr_view hidden = {(const char *)raw + TR_SEAL_LEN, 0};
	struct sink sink = {out, cap, 0, 0};
	struct tr_header top;
	struct tr_own own;

	if(top_via(msg, &top) != 0) {
		return TR_VIA_SAME;
	}
	if(is_alone(msg, &top) && tr_own_read(top.value, &own) == 0) {
		if(own.param[TR_OWN_TV].whole.len == 0) {
			return TR_VIA_SAME; /* the reply to a request of our own */
		}
		hidden.len = open_token(keys, &own, raw);
	}
	put(&sink, msg.s, (size_t)(top.value.s - msg.s));
	if(hidden.len > 0) {
		put_both(&sink, top.value, own.param[TR_OWN_TV].whole, hidden);
	} else {
		put_bare(&sink, top.value);
	}
	put(&sink, "\r\n", 2);
	put_rest(&sink, msg, top.end);
	*out_len = sink.len;
	if(sink.full) {
		return TR_VIA_NO_ROOM;
	}
	return hidden.len > 0 ? TR_VIA_DONE : TR_VIA_FORGED;
}
