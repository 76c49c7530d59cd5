/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_crypto answers: what does one a=crypto line say (RFC 4568 s9)?
 *
 * The struct holds a master key: wipe it with sp_crypto_wipe().
 */
#ifndef SP_CRYPTO_H
#define SP_CRYPTO_H

#include "sp_suite.h"

enum sp_crypto_err {
	SP_CRYPTO_EMPTY = 0, /* nothing read yet: refuses */
	SP_CRYPTO_OK,
	SP_CRYPTO_BAD_TAG,
	SP_CRYPTO_NO_SUITE,
	SP_CRYPTO_NO_KEY,
	SP_CRYPTO_BAD_SUITE,
	SP_CRYPTO_UNKNOWN_SUITE,
	SP_CRYPTO_BAD_METHOD,
	SP_CRYPTO_TWO_KEYS,
	SP_CRYPTO_BAD_BASE64,
	SP_CRYPTO_BAD_LENGTH,
	SP_CRYPTO_BAD_LIFETIME,
	SP_CRYPTO_BAD_MKI,
	SP_CRYPTO_BAD_KEY_FIELDS,
	SP_CRYPTO_PARAM_UNSAFE,
	SP_CRYPTO_PARAM_LOST,
	SP_CRYPTO_PARAM_UNKNOWN,
	SP_CRYPTO_PARAM_BAD,
	SP_CRYPTO_TRAILING,
	SP_CRYPTO_ERRS
};

struct sp_crypto {
	uint32_t tag;
	uint8_t has_tag; /* set even when the rest of the line is bad */
	uint8_t suite;   /* enum sp_suite */
	uint8_t from_draft;
	uint8_t key_len; /* octets of key and salt together */
	uint8_t key[SP_KEY_MAX];
	uint8_t has_lifetime;
	uint8_t lifetime_power; /* lifetime is the exponent of a "2^" */
	uint8_t mki_len;        /* 0: no MKI */
	uint8_t fec_srtp;       /* FEC_ORDER=FEC_SRTP was said */
	uint32_t wsh;           /* 0: not said */
	uint64_t lifetime;
	uint64_t mki;
};

/* A name that a policy lets stand for a suite (draft names and the like). */
struct sp_alias {
	char name[48];
	uint8_t suite;
};

struct sp_aliases {
	const struct sp_alias *rows;
	size_t count;
};

/* Reads value, the text behind "a=crypto:", all of it. aliases may be NULL.
 * Returns SP_CRYPTO_OK or what is wrong; *at (may be NULL) is the offset in
 * value where reading stopped. On an error c->key is empty. */
enum sp_crypto_err sp_crypto_read(struct sp_text value,
		const struct sp_aliases *aliases, struct sp_crypto *c, size_t *at);

/* Appends the canonical form, without "a=crypto:" and line end: registered
 * suite name, single blanks, base64 without padding. */
void sp_crypto_print(const struct sp_crypto *c, struct sp_buf *b);

/* What an error means, in words without any octet of the line. */
const char *sp_crypto_words(enum sp_crypto_err err);

/* RFC 4568 s6.1: is it the same master key? A key cut to the length of a
 * shorter suite is the same key. Constant time in the key's octets. */
int sp_crypto_same_key(const struct sp_crypto *a, const struct sp_crypto *b);

void sp_crypto_wipe(struct sp_crypto *c);

#endif
