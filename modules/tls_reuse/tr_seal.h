/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is text given to strangers, so that they can neither read it nor change
 * it, and we know it again? Deterministic authenticated encryption in the
 * manner of SIV (RFC 5297 s1): the tag is a MAC over the clear text, and the
 * text is encrypted in counter mode that begins with the tag.
 *
 *   tag    = HMAC-SHA256-128(secret, context | bound | clear text)
 *   sealed = clear text XOR AES-128-CTR(enc, tag)
 *   enc    = HMAC-SHA256-128(secret, 0x00 "enc")
 *
 * The same text always gives the same octets, as tokens must; nothing else
 * shows. No number may be used only once, so nothing can be used twice.
 *
 * As in tr_mac.h, the key is a block of memory that is never written again
 * after start: libcrypto's plain AES, not EVP, which would allocate. */
#ifndef TR_SEAL_H
#define TR_SEAL_H

#include "tr_mac.h"
#include "tr_view.h"

#include <openssl/aes.h>

/* Octets of a tag. */
#define TR_SEAL_LEN TR_MAC_LEN

/* Holds key material: wipe it with tr_seal_wipe(). */
struct tr_seal_key {
	struct tr_mac_key mac;
	AES_KEY enc;
};

/* Prepares *key. context: what is sealed with it; no two uses of a secret
 * have the same one, and none begins with another's or with 0x00 "enc". */
void tr_seal_init(
		struct tr_seal_key *key, struct tr_view secret, struct tr_view context);

/* Seals the len octets of data where they are. bound: what goes beside them
 * in clear, and must be the same when they are opened; whoever calls sees to
 * it that no two pairs of bound and data read the same put together. */
void tr_seal(const struct tr_seal_key *key, struct tr_view bound, uint8_t *data,
		size_t len, uint8_t tag[TR_SEAL_LEN]);

/* Opens the len octets of data where they are. Returns 1 when we sealed them,
 * bound to the same; else 0, and data is wiped. A zeroed key opens nothing. */
int tr_seal_open(const struct tr_seal_key *key, struct tr_view bound,
		uint8_t *data, size_t len, const uint8_t tag[TR_SEAL_LEN]);

void tr_seal_wipe(struct tr_seal_key *key);

#endif
