/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For which domain did the script send this request on its way? See the
 * header. */
#include "tr_mark.h"

#include "tr_b64.h"

#include <openssl/crypto.h>
#include <string.h>

#define TO ";tr-to="
#define AS ";tr-as="
#define BY ";tr-by="
#define TAG_LEN 7 /* of each of them */
#define MAC_TEXT_LEN TR_B64_LEN(TR_MAC_LEN)

/* How many octets MAC needs for the lengths: the Call-ID's has four. */
#define MAC_HEAD_LEN 4

static void make_mac(const struct tr_mac_key *key, struct tr_view call_id,
		const struct tr_domains *pair, uint8_t mac[TR_MAC_LEN])
{
	struct tr_mac_key bound = *key;
	uint8_t head[MAC_HEAD_LEN] = {(uint8_t)(call_id.len >> 24),
			(uint8_t)(call_id.len >> 16), (uint8_t)(call_id.len >> 8),
			(uint8_t)call_id.len};
	uint8_t names[2 + 2 * TR_NAME_MAX];
	size_t n = 0;

	tr_mac_prefix(&bound, head, sizeof(head));
	tr_mac_prefix(&bound, (const uint8_t *)call_id.s, call_id.len);
	names[n++] = pair->domain_len;
	memcpy(names + n, pair->domain, pair->domain_len);
	n += pair->domain_len;
	names[n++] = pair->local_len;
	memcpy(names + n, pair->local, pair->local_len);
	n += pair->local_len;
	tr_mac_make(&bound, names, n, mac);
	tr_mac_wipe(&bound);
}

static char *put(char *to, const char *tag, const char *text, size_t len)
{
	memcpy(to, tag, TAG_LEN);
	memcpy(to + TAG_LEN, text, len);
	return to + TAG_LEN + len;
}

size_t tr_mark_write(const struct tr_mac_key *key, struct tr_view call_id,
		const struct tr_domains *pair, char *out)
{
	uint8_t mac[TR_MAC_LEN];
	char text[MAC_TEXT_LEN];
	char *p = out;

	make_mac(key, call_id, pair, mac);
	tr_b64_encode(mac, sizeof(mac), text);
	p = put(p, TO, pair->domain, pair->domain_len);
	if(pair->local_len > 0) {
		p = put(p, AS, pair->local, pair->local_len);
	}
	p = put(p, BY, text, sizeof(text));
	return (size_t)(p - out);
}

/* What our names are made of: canonical ones (RFC 5922 s7.2), so there is no
 * second way to write the same. */
static int is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
		   || c == '-' || c == '_';
}

/* Is tag there, and then a name up to the end? Takes both off the end. */
static int take_name(struct tr_view *uri, const char *tag, struct tr_view *name)
{
	size_t at = uri->len;

	while(at > 0 && is_name_char(uri->s[at - 1])) {
		at--;
	}
	if(at < TAG_LEN || at == uri->len
			|| memcmp(uri->s + at - TAG_LEN, tag, TAG_LEN) != 0) {
		return 0;
	}
	name->s = uri->s + at;
	name->len = uri->len - at;
	uri->len = at - TAG_LEN;
	return 1;
}

static int take_mac(struct tr_view *uri, uint8_t mac[TR_MAC_LEN])
{
	size_t at, len;

	if(uri->len < TAG_LEN + MAC_TEXT_LEN) {
		return 0;
	}
	at = uri->len - MAC_TEXT_LEN;
	if(memcmp(uri->s + at - TAG_LEN, BY, TAG_LEN) != 0
			|| tr_b64_decode(uri->s + at, MAC_TEXT_LEN, mac, TR_MAC_LEN, &len)
					   != 0
			|| len != TR_MAC_LEN) {
		return 0;
	}
	uri->len = at - TAG_LEN;
	return 1;
}

size_t tr_mark_begin(struct tr_view uri)
{
	size_t i;

	for(i = 0; i + TAG_LEN <= uri.len; i++) {
		if(uri.s[i] == ';'
				&& (memcmp(uri.s + i, TO, TAG_LEN) == 0
						|| memcmp(uri.s + i, AS, TAG_LEN) == 0
						|| memcmp(uri.s + i, BY, TAG_LEN) == 0)) {
			return i;
		}
	}
	return uri.len;
}

enum tr_mark tr_mark_read(const struct tr_mac_key *key, struct tr_view call_id,
		struct tr_view uri, struct tr_domains *pair)
{
	uint8_t mac[TR_MAC_LEN], want[TR_MAC_LEN];
	struct tr_view domain, local = {NULL, 0};
	struct tr_domains said;
	size_t begin = tr_mark_begin(uri);

	if(begin == uri.len) {
		return TR_MARK_NONE;
	}
	if(!take_mac(&uri, mac)) {
		return TR_MARK_FORGED;
	}
	take_name(&uri, AS, &local);
	if(!take_name(&uri, TO, &domain) || uri.len != begin
			|| tr_domains_set(&said, domain, local) != 0) {
		return TR_MARK_FORGED;
	}
	make_mac(key, call_id, &said, want);
	if(CRYPTO_memcmp(mac, want, sizeof(mac)) != 0) {
		return TR_MARK_FORGED;
	}
	if(pair != NULL) {
		*pair = said;
	}
	return TR_MARK_OK;
}
