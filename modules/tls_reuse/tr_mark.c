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
#define MAC_TEXT_LEN TR_B64_LEN(TR_MARK_MAC_LEN)

/* The Call-ID, however long, becomes 128 bits first: so all that the second
 * hash covers has its place, and needs no copy of the Call-ID. */
static void make_mac(const struct tr_mark_key *key, struct tr_view call_id,
		const struct tr_domains *pair, uint8_t mac[TR_MARK_MAC_LEN])
{
	uint8_t text[TR_MARK_MAC_LEN + 2 + 2 * TR_NAME_MAX], *p = text;
	uint64_t hash[2];

	tr_hash(key->call_id, call_id.s, call_id.len, hash);
	memcpy(p, hash, sizeof(hash));
	p += sizeof(hash);
	*p++ = pair->domain_len;
	*p++ = pair->local_len;
	memcpy(p, pair->domain, pair->domain_len);
	p += pair->domain_len;
	memcpy(p, pair->local, pair->local_len);
	p += pair->local_len;
	tr_hash(key->pair, text, (size_t)(p - text), hash);
	memcpy(mac, hash, TR_MARK_MAC_LEN);
}

static char *put(char *to, const char *tag, const char *text, size_t len)
{
	memcpy(to, tag, TAG_LEN);
	memcpy(to + TAG_LEN, text, len);
	return to + TAG_LEN + len;
}

size_t tr_mark_write(const struct tr_mark_key *key, struct tr_view call_id,
		const struct tr_domains *pair, char *out)
{
	uint8_t mac[TR_MARK_MAC_LEN];
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

static int take_mac(struct tr_view *uri, uint8_t mac[TR_MARK_MAC_LEN])
{
	size_t at, len;

	if(uri->len < TAG_LEN + MAC_TEXT_LEN) {
		return 0;
	}
	at = uri->len - MAC_TEXT_LEN;
	if(memcmp(uri->s + at - TAG_LEN, BY, TAG_LEN) != 0
			|| tr_b64_decode(
					   uri->s + at, MAC_TEXT_LEN, mac, TR_MARK_MAC_LEN, &len)
					   != 0
			|| len != TR_MARK_MAC_LEN) {
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

enum tr_mark tr_mark_read(const struct tr_mark_key *key, struct tr_view call_id,
		struct tr_view uri, struct tr_domains *pair)
{
	uint8_t mac[TR_MARK_MAC_LEN], want[TR_MARK_MAC_LEN];
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
	/* in constant time: nobody finds out octet by octet what is right */
	if(CRYPTO_memcmp(mac, want, sizeof(mac)) != 0) {
		return TR_MARK_FORGED;
	}
	if(pair != NULL) {
		*pair = said;
	}
	return TR_MARK_OK;
}
