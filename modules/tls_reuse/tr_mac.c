/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did somebody who holds our key write these octets? See the header. */
#include "tr_mac.h"

#include <openssl/crypto.h>
#include <string.h>

/* One half of RFC 2104 s4: SHA-256 that has absorbed the padded key. */
static void half_init(SHA256_CTX *half, const uint8_t *key, uint8_t pad)
{
	uint8_t block[SHA256_CBLOCK];
	size_t i;

	for(i = 0; i < sizeof(block); i++) {
		block[i] = key[i] ^ pad;
	}
	SHA256_Init(half);
	SHA256_Update(half, block, sizeof(block));
	OPENSSL_cleanse(block, sizeof(block));
}

void tr_mac_init(struct tr_mac_key *key, const uint8_t *secret, size_t len)
{
	uint8_t block[SHA256_CBLOCK] = {0};
	SHA256_CTX hash;

	/* RFC 2104 s2: a key longer than a block is hashed first. */
	if(len > sizeof(block)) {
		SHA256_Init(&hash);
		SHA256_Update(&hash, secret, len);
		SHA256_Final(block, &hash);
		OPENSSL_cleanse(&hash, sizeof(hash));
	} else if(len > 0) {
		memcpy(block, secret, len);
	}
	half_init(&key->inner, block, 0x36);
	half_init(&key->outer, block, 0x5c);
	OPENSSL_cleanse(block, sizeof(block));
}

void tr_mac_prefix(struct tr_mac_key *key, const uint8_t *data, size_t len)
{
	SHA256_Update(&key->inner, data, len);
}

void tr_mac_make(const struct tr_mac_key *key, const uint8_t *data, size_t len,
		uint8_t mac[TR_MAC_LEN])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX hash = key->inner;

	SHA256_Update(&hash, data, len);
	SHA256_Final(digest, &hash);
	hash = key->outer;
	SHA256_Update(&hash, digest, sizeof(digest));
	SHA256_Final(digest, &hash);
	/* RFC 4868 s2.1.1: the leftmost half of the output. */
	memcpy(mac, digest, TR_MAC_LEN);
	OPENSSL_cleanse(&hash, sizeof(hash));
}

int tr_mac_check(const struct tr_mac_key *key, const uint8_t *data, size_t len,
		const uint8_t mac[TR_MAC_LEN])
{
	uint8_t want[TR_MAC_LEN];

	tr_mac_make(key, data, len, want);
	return CRYPTO_memcmp(want, mac, TR_MAC_LEN) == 0;
}

void tr_mac_wipe(struct tr_mac_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}
