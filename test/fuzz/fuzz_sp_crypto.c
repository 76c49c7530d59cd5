/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever stands behind "a=crypto:", what we print of it reads the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../modules/sdes_policy/sp_crypto.h"
#include "../../modules/sdes_policy/sp_quality.h"

static const struct sp_alias rows[] = {
		{"AES_CM_256_HMAC_SHA1_80", SP_AES_256_CM_HMAC_SHA1_80}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sp_aliases aliases = {rows, 1};
	struct sp_text value = {(const char *)data, size};
	struct sp_crypto c, again;
	char out[1024];
	struct sp_buf b;
	size_t at = 0;

	if(sp_crypto_read(value, &aliases, &c, &at) != SP_CRYPTO_OK) {
		if(at > size || c.key_len != 0)
			abort();
		return 0;
	}
	sp_quality_of(&c);
	sp_buf_init(&b, out, sizeof(out));
	sp_crypto_print(&c, &b);
	if(b.full
			|| sp_crypto_read((struct sp_text){out, b.len}, NULL, &again, NULL)
					   != SP_CRYPTO_OK)
		abort();
	c.from_draft = 0;
	if(memcmp(&c, &again, sizeof(c)) != 0 || !sp_crypto_same_key(&c, &again))
		abort();
	return 0;
}
