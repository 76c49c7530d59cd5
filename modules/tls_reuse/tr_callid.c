/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a Call-ID called on the other side of the edge? See the header. */
#include "tr_callid.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

static const char prefix[] = "tc1-";
#define PREFIX_LEN (sizeof(prefix) - 1)

static const struct tr_view unbound = {NULL, 0};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_host_char(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.'
		   || c == '-' || c == '_' || c == ':';
}

enum tr_inside_result tr_inside_add(
		struct tr_inside *inside, struct tr_view host)
{
	size_t i;

	if(host.len >= 2 && host.s[0] == '[' && host.s[host.len - 1] == ']') {
		host.s++;
		host.len -= 2;
	}
	if(host.len == 0 || host.len > TR_INSIDE_HOST_MAX) {
		return TR_INSIDE_NO_HOST;
	}
	for(i = 0; i < host.len; i++) {
		if(!is_host_char(host.s[i])) {
			return TR_INSIDE_NO_HOST;
		}
	}
	if(inside->count >= TR_INSIDE_MAX) {
		return TR_INSIDE_FULL;
	}
	inside->host[inside->count].len = host.len;
	memcpy(inside->host[inside->count].name, host.s, host.len);
	inside->count++;
	return TR_INSIDE_ADDED;
}

/* The number of the key that made tokens before, or else of the last one. */
static unsigned find_making(
		const struct tr_secrets *secrets, const struct tr_callid_keys *before)
{
	unsigned i;

	for(i = 0; before != NULL && before->n > 0 && i < secrets->n; i++) {
		if(secrets->id[i] == before->id[before->making]) {
			return i;
		}
	}
	return secrets->n > 0 ? secrets->n - 1 : 0;
}

void tr_callid_init(struct tr_callid_keys *keys,
		const struct tr_secrets *secrets, const struct tr_callid_keys *before)
{
	static const char context[] = {0, 'c', 'a', 'l', 'l', '-', 'i', 'd'};
	unsigned making = find_making(secrets, before);
	unsigned i;

	memset(keys, 0, sizeof(*keys));
	for(i = 0; i < secrets->n && i < TR_KEYS_MAX; i++) {
		keys->id[i] = secrets->id[i];
		tr_seal_init(&keys->key[i], secrets->secret[i],
				(struct tr_view){context, sizeof(context)});
	}
	keys->n = i;
	keys->making = making;
}

void tr_callid_wipe(struct tr_callid_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

static int is_listed(const struct tr_inside *inside, const char *s, size_t len)
{
	size_t i;

	for(i = 0; i < inside->count; i++) {
		if(inside->host[i].len == len
				&& strncasecmp(inside->host[i].name, s, len) == 0) {
			return 1;
		}
	}
	return 0;
}

/* 1: nothing, or a port with its colon. */
static int is_port(const char *s, size_t len)
{
	size_t i;

	for(i = 1; i < len; i++) {
		if(!is_digit(s[i])) {
			return 0;
		}
	}
	return len == 0 || s[0] == ':';
}

static int names_inside(const struct tr_inside *inside, struct tr_view id)
{
	size_t at = id.len, len, host;
	const char *s;

	while(at > 0 && id.s[at - 1] != '@') {
		at--;
	}
	if(at == 0) {
		return 0;
	}
	s = id.s + at;
	len = id.len - at;
	if(is_listed(inside, s, len)) {
		return 1; /* a bare IPv6 address, too */
	}
	if(len > 0 && s[0] == '[') {
		for(host = 1; host < len && s[host] != ']'; host++) {
		}
		return host < len && is_listed(inside, s + 1, host - 1)
			   && is_port(s + host + 1, len - host - 1);
	}
	for(host = 0; host < len && s[host] != ':'; host++) {
	}
	return is_listed(inside, s, host) && is_port(s + host, len - host);
}

/* RFC 3261 s25.1: callid = word [ "@" word ]. This is wider, as PBXs are, but
 * has nothing that would end a Call-ID where it stands: no blank, no control
 * character, neither comma nor semicolon. Who makes up a token with one of
 * these in it must not get it into a message. */
static int is_call_id(struct tr_view id)
{
	size_t i;

	for(i = 0; i < id.len; i++) {
		if(id.s[i] < 0x21 || id.s[i] > 0x7e || id.s[i] == ','
				|| id.s[i] == ';') {
			return 0;
		}
	}
	return 1;
}

/* Opens the token in id with any key. raw has room for its tag and
 * TR_CALLID_MAX. What does not open with a key is wiped, so each one gets the
 * token anew. Returns the length of the Call-ID behind the tag, 0: not ours. */
static size_t open_any(
		const struct tr_callid_keys *keys, struct tr_view id, uint8_t *raw)
{
	unsigned i;
	size_t n;

	for(i = 0; i < keys->n; i++) {
		if(tr_b64_decode(id.s + PREFIX_LEN, id.len - PREFIX_LEN, raw,
				   TR_SEAL_LEN + TR_CALLID_MAX,
				   &n) != 0
				|| n <= TR_SEAL_LEN) {
			return 0;
		}
		if(tr_seal_open(&keys->key[i], unbound, raw + TR_SEAL_LEN,
				   n - TR_SEAL_LEN, raw)) {
			return n - TR_SEAL_LEN;
		}
	}
	return 0;
}

/* 1: id is a token that we made, and out is what is in it; from an inside
 * host that is listed no more, it is as good as anybody's. */
static int open_token(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_view id, char *out,
		size_t *len)
{
	uint8_t raw[TR_SEAL_LEN + TR_CALLID_MAX];
	struct tr_view in = {(const char *)raw + TR_SEAL_LEN, 0};

	if(id.len <= PREFIX_LEN || memcmp(id.s, prefix, PREFIX_LEN) != 0) {
		return 0;
	}
	in.len = open_any(keys, id, raw);
	if(in.len == 0 || !is_call_id(in) || !names_inside(inside, in)) {
		return 0;
	}
	memcpy(out, in.s, in.len);
	*len = in.len;
	return 1;
}

enum tr_callid tr_callid_cross(const struct tr_inside *inside,
		const struct tr_callid_keys *keys, struct tr_view id, char *out,
		size_t *len)
{
	uint8_t raw[TR_SEAL_LEN + TR_CALLID_MAX];

	if(open_token(inside, keys, id, out, len)) {
		return TR_CALLID_SHOWN;
	}
	if(!names_inside(inside, id)) {
		return TR_CALLID_SAME;
	}
	if(keys->n == 0 || id.len > TR_CALLID_MAX || !is_call_id(id)) {
		return TR_CALLID_REFUSED;
	}
	memcpy(raw + TR_SEAL_LEN, id.s, id.len);
	tr_seal(&keys->key[keys->making], unbound, raw + TR_SEAL_LEN, id.len, raw);
	memcpy(out, prefix, PREFIX_LEN);
	tr_b64_encode(raw, TR_SEAL_LEN + id.len, out + PREFIX_LEN);
	*len = PREFIX_LEN + TR_B64_LEN(TR_SEAL_LEN + id.len);
	return TR_CALLID_HIDDEN;
}
