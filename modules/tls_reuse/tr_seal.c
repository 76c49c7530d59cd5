/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is text given to strangers, so that they can neither read it nor change
 * it, and we know it again? See the header. */
#include "tr_seal.h"

#include <openssl/crypto.h>
#include <string.h>

#define KEY_BITS (8 * TR_MAC_LEN)

void tr_seal_init(
		struct tr_seal_key *key, struct tr_view secret, struct tr_view context)
{
	static const uint8_t label[] = {0, 'e', 'n', 'c'};
	uint8_t enc[TR_MAC_LEN];

	tr_mac_init(&key->mac, (const uint8_t *)secret.s, secret.len);
	tr_mac_make(&key->mac, label, sizeof(label), enc);
	AES_set_encrypt_key(enc, KEY_BITS, &key->enc);
	OPENSSL_cleanse(enc, sizeof(enc));
	tr_mac_prefix(&key->mac, (const uint8_t *)context.s, context.len);
}

/* The key of the MAC over what is bound and then sealed; to be wiped. */
static void bind_mac(const struct tr_seal_key *key, struct tr_view bound,
		struct tr_mac_key *mac)
{
	*mac = key->mac;
	if(bound.len > 0) {
		tr_mac_prefix(mac, (const uint8_t *)bound.s, bound.len);
	}
}

/* Counter mode, NIST SP 800-38A s6.5: the counter is all 128 bits. */
static void xor_stream(const struct tr_seal_key *key, const uint8_t *tag,
		uint8_t *data, size_t len)
{
	uint8_t counter[AES_BLOCK_SIZE], stream[AES_BLOCK_SIZE];
	size_t at, i;

	memcpy(counter, tag, sizeof(counter));
	for(at = 0; at < len; at += sizeof(stream)) {
		AES_encrypt(counter, stream, &key->enc);
		for(i = 0; i < sizeof(stream) && at + i < len; i++) {
			data[at + i] ^= stream[i];
		}
		for(i = sizeof(counter); i > 0 && ++counter[i - 1] == 0; i--) {
		}
	}
	OPENSSL_cleanse(stream, sizeof(stream));
}

void tr_seal(const struct tr_seal_key *key, struct tr_view bound, uint8_t *data,
		size_t len, uint8_t tag[TR_SEAL_LEN])
{
	struct tr_mac_key mac;

	bind_mac(key, bound, &mac);
	tr_mac_make(&mac, data, len, tag);
	tr_mac_wipe(&mac);
	xor_stream(key, tag, data, len);
}

int tr_seal_open(const struct tr_seal_key *key, struct tr_view bound,
		uint8_t *data, size_t len, const uint8_t tag[TR_SEAL_LEN])
{
	struct tr_mac_key mac;
	int good;

	if(key->enc.rounds == 0) {
		return 0;
	}
	xor_stream(key, tag, data, len);
	bind_mac(key, bound, &mac);
	good = tr_mac_check(&mac, data, len, tag);
	tr_mac_wipe(&mac);
	if(!good) {
		OPENSSL_cleanse(data, len);
	}
	return good;
}

void tr_seal_wipe(struct tr_seal_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}
