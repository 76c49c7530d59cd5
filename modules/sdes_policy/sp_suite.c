/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_suite answers: which crypto suite does this name mean, and how long are
 * its keys? See sp_suite.h.
 */
#include "sp_suite.h"

static const struct sp_suite_info suites[SP_SUITES] = {
		/* RFC 7714 s12: 128-bit tag, 96-bit salt. */
		[SP_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", "AEAD_AES_256_GCM", 32, 12,
				128},
		[SP_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", "AEAD_AES_128_GCM", 16, 12,
				128},
		/* RFC 6188 s3: 112-bit salt whatever the key. */
		[SP_AES_256_CM_HMAC_SHA1_80] = {"AES_256_CM_HMAC_SHA1_80",
				"AES_256_CM_HMAC_SHA1_80", 32, 14, 80},
		[SP_AES_256_CM_HMAC_SHA1_32] = {"AES_256_CM_HMAC_SHA1_32",
				"AES_256_CM_HMAC_SHA1_32", 32, 14, 32},
		[SP_AES_192_CM_HMAC_SHA1_80] = {"AES_192_CM_HMAC_SHA1_80",
				"AES_192_CM_HMAC_SHA1_80", 24, 14, 80},
		[SP_AES_192_CM_HMAC_SHA1_32] = {"AES_192_CM_HMAC_SHA1_32",
				"AES_192_CM_HMAC_SHA1_32", 24, 14, 32},
		/* RFC 4568 s6.2.1 to s6.2.3: 30 octets. */
		[SP_AES_CM_128_HMAC_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80",
				"AES_CM_128_HMAC_SHA1_80", 16, 14, 80},
		[SP_AES_CM_128_HMAC_SHA1_32] = {"AES_CM_128_HMAC_SHA1_32",
				"AES_CM_128_HMAC_SHA1_32", 16, 14, 32},
		[SP_F8_128_HMAC_SHA1_80] = {"F8_128_HMAC_SHA1_80",
				"F8_128_HMAC_SHA1_80", 16, 14, 80},
};

const struct sp_suite_info *sp_suite_info(enum sp_suite suite)
{
	if((int)suite <= SP_SUITE_NONE || suite >= SP_SUITES)
		return NULL;
	return &suites[suite];
}

enum sp_suite sp_suite_by_name(struct sp_text name)
{
	for(int i = SP_SUITE_NONE + 1; i < SP_SUITES; i++) {
		if(sp_text_ieq(name, sp_text_of(suites[i].name)))
			return (enum sp_suite)i;
	}
	return SP_SUITE_NONE;
}
