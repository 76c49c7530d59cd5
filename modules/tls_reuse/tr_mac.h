/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did somebody who holds our key write these octets? HMAC-SHA256
 * (RFC 2104, RFC 4868), cut to its first 128 bits.
 *
 * The key schedule is a plain block of memory that is never written again
 * after start, so all processes may share it and no message allocates:
 * libcrypto's EVP interface would allocate on every copy of a context, and
 * inside Kamailio libcrypto allocates from shared memory, under its lock. */
#ifndef TR_MAC_H
#define TR_MAC_H

/* OpenSSL 3 calls the plain SHA-256 functions deprecated in favour of EVP. */
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif
#include <openssl/sha.h>

#include <stddef.h>
#include <stdint.h>

#define TR_MAC_LEN 16

/* Holds key material: wipe it with tr_mac_wipe(). */
struct tr_mac_key {
	SHA256_CTX inner;
	SHA256_CTX outer;
};

/* Prepares *key from len octets of secret. */
void tr_mac_init(struct tr_mac_key *key, const uint8_t *secret, size_t len);

/* From here on every MAC made with *key covers data first, then the rest. */
void tr_mac_prefix(struct tr_mac_key *key, const uint8_t *data, size_t len);

void tr_mac_make(const struct tr_mac_key *key, const uint8_t *data, size_t len,
		uint8_t mac[TR_MAC_LEN]);

/* Returns 1 when mac is right for data, else 0; in constant time. */
int tr_mac_check(const struct tr_mac_key *key, const uint8_t *data, size_t len,
		const uint8_t mac[TR_MAC_LEN]);

void tr_mac_wipe(struct tr_mac_key *key);

#endif
