/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which registration is it? See the header. */
#include "tr_registration.h"

#include "tr_mac.h"

#include <string.h>

static void absorb(SHA256_CTX *hash, struct tr_view text)
{
	uint8_t len[4];

	len[0] = (uint8_t)(text.len >> 24);
	len[1] = (uint8_t)(text.len >> 16);
	len[2] = (uint8_t)(text.len >> 8);
	len[3] = (uint8_t)text.len;
	SHA256_Update(hash, len, sizeof(len));
	if(text.len > 0) {
		SHA256_Update(hash, text.s, text.len);
	}
}

void tr_registration(struct tr_view aor, struct tr_view who,
		uint8_t out[TR_REGISTRATION_LEN])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX hash;

	SHA256_Init(&hash);
	absorb(&hash, aor);
	absorb(&hash, who);
	SHA256_Final(digest, &hash);
	memcpy(out, digest, TR_REGISTRATION_LEN);
}
