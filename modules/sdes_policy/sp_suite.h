/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_suite answers: which crypto suite does this name mean, and how long are
 * its keys? Names and lengths of RFC 4568 s6.2, RFC 6188 s2 and RFC 7714 s14.2.
 */
#ifndef SP_SUITE_H
#define SP_SUITE_H

#include "sp_text.h"

enum sp_suite {
	SP_SUITE_NONE = 0,
	SP_AEAD_AES_256_GCM,
	SP_AEAD_AES_128_GCM,
	SP_AES_256_CM_HMAC_SHA1_80,
	SP_AES_256_CM_HMAC_SHA1_32,
	SP_AES_192_CM_HMAC_SHA1_80,
	SP_AES_192_CM_HMAC_SHA1_32,
	SP_AES_CM_128_HMAC_SHA1_80,
	SP_AES_CM_128_HMAC_SHA1_32,
	SP_F8_128_HMAC_SHA1_80,
	SP_SUITES /* how many, SP_SUITE_NONE included */
};

#define SP_KEY_MAX 46 /* octets of the longest key and salt together */

struct sp_suite_info {
	const char *name;      /* as registered */
	const char *rtpengine; /* as rtpengine calls it */
	uint8_t key;           /* octets of the master key */
	uint8_t salt;          /* octets of the master salt */
	uint8_t tag_bits;      /* authentication tag of an SRTP packet */
};

/* The row of a suite; NULL for SP_SUITE_NONE and anything out of range. */
const struct sp_suite_info *sp_suite_info(enum sp_suite suite);

/* The suite registered under this name, letters of any case (RFC 4568 s4:
 * values are case-insensitive); SP_SUITE_NONE when there is none. */
enum sp_suite sp_suite_by_name(struct sp_text name);

#endif
