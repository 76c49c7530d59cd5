/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_crypto answers: what does one a=crypto line say (RFC 4568 s9)?
 * See sp_crypto.h.
 *
 *   tag 1*WSP suite 1*WSP "inline:" key||salt ["|" lifetime] ["|" mki ":" len]
 *       *(1*WSP session-param)
 */
#include <string.h>

#include <openssl/crypto.h>

#include "sp_base64.h"
#include "sp_crypto.h"

/* RFC 4568 s6.2: at most 2^48 SRTP packets under one master key. */
#define LIFETIME_MAX_POWER 48u
#define LIFETIME_MAX ((uint64_t)1 << LIFETIME_MAX_POWER)
#define MKI_LEN_MAX 128u /* RFC 4568 s6.1 */
#define WSH_MIN 64u      /* RFC 4568 s6.3.6 */
#define WSH_MAX 1000000u

static const char *const words[SP_CRYPTO_ERRS] = {
		[SP_CRYPTO_EMPTY] = "the line was not read",
		[SP_CRYPTO_OK] = "valid",
		[SP_CRYPTO_BAD_TAG] =
				"the tag is not 1 to 9 digits without a leading zero",
		[SP_CRYPTO_NO_SUITE] = "the crypto suite is missing",
		[SP_CRYPTO_NO_KEY] = "the key is missing",
		[SP_CRYPTO_BAD_SUITE] =
				"the suite name has characters other than letters, digits, _",
		[SP_CRYPTO_UNKNOWN_SUITE] = "the suite is not a registered one",
		[SP_CRYPTO_BAD_METHOD] = "the key method is not inline:",
		[SP_CRYPTO_TWO_KEYS] = "more than one key in one line",
		[SP_CRYPTO_BAD_BASE64] = "the key is not clean base64",
		[SP_CRYPTO_BAD_LENGTH] = "the key has the wrong length for its suite",
		[SP_CRYPTO_BAD_LIFETIME] = "the lifetime is not 1 to 2^48 packets",
		[SP_CRYPTO_BAD_MKI] = "the MKI is not value:length, length 1 to 128",
		[SP_CRYPTO_BAD_KEY_FIELDS] = "too many | fields behind the key",
		[SP_CRYPTO_PARAM_UNSAFE] = "a session parameter switches security off",
		[SP_CRYPTO_PARAM_LOST] =
				"KDR, FEC_KEY and FEC_ORDER=SRTP_FEC cannot be relayed",
		[SP_CRYPTO_PARAM_UNKNOWN] =
				"a session parameter is unknown and not optional",
		[SP_CRYPTO_PARAM_BAD] = "a session parameter has a bad value",
		[SP_CRYPTO_TRAILING] = "blanks at the wrong place",
};

const char *sp_crypto_words(enum sp_crypto_err err)
{
	if((int)err < 0 || err >= SP_CRYPTO_ERRS)
		return words[SP_CRYPTO_EMPTY];
	return words[err];
}

void sp_crypto_wipe(struct sp_crypto *c)
{
	OPENSSL_cleanse(c, sizeof(*c));
}

/* RFC 4568 s9.1: tag = 1*9DIGIT; s4.1: leading zeroes MUST NOT be used. */
static enum sp_crypto_err read_tag(struct sp_text t, struct sp_crypto *c)
{
	uint64_t n;

	if(sp_text_number(t, 999999999u, &n) < 0)
		return SP_CRYPTO_BAD_TAG;
	c->tag = (uint32_t)n;
	c->has_tag = 1;
	return SP_CRYPTO_OK;
}

static enum sp_crypto_err read_suite(
		struct sp_text t, const struct sp_aliases *aliases, struct sp_crypto *c)
{
	/* RFC 4568 s9.1: crypto-suite = 1*(ALPHA / DIGIT / "_") */
	for(size_t i = 0; i < t.len; i++) {
		char l = sp_lower(t.s[i]);

		if(!sp_is_digit(l) && l != '_' && (l < 'a' || l > 'z'))
			return SP_CRYPTO_BAD_SUITE;
	}
	c->suite = (uint8_t)sp_suite_by_name(t);
	if(c->suite != SP_SUITE_NONE)
		return SP_CRYPTO_OK;
	for(size_t i = 0; aliases != NULL && i < aliases->count; i++) {
		if(!sp_text_ieq(t, sp_text_of(aliases->rows[i].name)))
			continue;
		c->suite = aliases->rows[i].suite;
		c->from_draft = 1;
		return SP_CRYPTO_OK;
	}
	return SP_CRYPTO_UNKNOWN_SUITE;
}

static struct sp_text until(struct sp_text *t, char stop)
{
	struct sp_text field = {t->s, 0};

	while(field.len < t->len && t->s[field.len] != stop)
		field.len++;
	t->s += field.len;
	t->len -= field.len;
	return field;
}

/* RFC 4568 s6.1: non-zero, no leading zeroes, not above the suite's cap. */
static enum sp_crypto_err read_lifetime(struct sp_text t, struct sp_crypto *c)
{
	uint64_t max = LIFETIME_MAX;

	if(c->has_lifetime)
		return SP_CRYPTO_BAD_KEY_FIELDS;
	if(sp_text_istarts(t, SP_TEXT("2^"))) {
		t.s += 2;
		t.len -= 2;
		max = LIFETIME_MAX_POWER;
		c->lifetime_power = 1;
	}
	if(sp_text_number(t, max, &c->lifetime) < 0)
		return SP_CRYPTO_BAD_LIFETIME;
	if(c->lifetime == 0 && !c->lifetime_power)
		return SP_CRYPTO_BAD_LIFETIME;
	c->has_lifetime = 1;
	return SP_CRYPTO_OK;
}

/* RFC 4568 s6.1: positive integer, length 1 to 128, no leading zeroes. */
static enum sp_crypto_err read_mki(struct sp_text t, struct sp_crypto *c)
{
	struct sp_text value = until(&t, ':');
	uint64_t len;

	t.s++;
	t.len--;
	if(sp_text_number(value, UINT64_MAX, &c->mki) < 0 || c->mki == 0)
		return SP_CRYPTO_BAD_MKI;
	if(sp_text_number(t, MKI_LEN_MAX, &len) < 0 || len == 0)
		return SP_CRYPTO_BAD_MKI;
	if(len < 8 && c->mki >> (8 * len) != 0)
		return SP_CRYPTO_BAD_MKI;
	c->mki_len = (uint8_t)len;
	return SP_CRYPTO_OK;
}

static enum sp_crypto_err read_key_salt(struct sp_text t, struct sp_crypto *c)
{
	const struct sp_suite_info *info = sp_suite_info((enum sp_suite)c->suite);
	int n = sp_base64_decode(t, c->key, sizeof(c->key));

	if(n < 0)
		return t.len > 64 ? SP_CRYPTO_BAD_LENGTH : SP_CRYPTO_BAD_BASE64;
	/* RFC 4568 s6.1: a wrong decoded length MUST be considered invalid. */
	if(info == NULL || n != info->key + info->salt)
		return SP_CRYPTO_BAD_LENGTH;
	c->key_len = (uint8_t)n;
	return SP_CRYPTO_OK;
}

static enum sp_crypto_err read_key(struct sp_text t, struct sp_crypto *c)
{
	enum sp_crypto_err err;
	struct sp_text field;

	if(!sp_text_istarts(t, SP_TEXT("inline:")))
		return SP_CRYPTO_BAD_METHOD;
	t.s += 7;
	t.len -= 7;
	if(memchr(t.s, ';', t.len) != NULL)
		return SP_CRYPTO_TWO_KEYS;
	err = read_key_salt(until(&t, '|'), c);
	while(err == SP_CRYPTO_OK && t.len > 0) {
		t.s++;
		t.len--;
		if(c->mki_len > 0)
			return SP_CRYPTO_BAD_KEY_FIELDS; /* the MKI is the last field */
		field = until(&t, '|');
		if(field.len > 0 && memchr(field.s, ':', field.len) != NULL)
			err = read_mki(field, c);
		else
			err = read_lifetime(field, c);
	}
	return err;
}

/* RFC 4568 s6.3: which session parameters can be honoured end to end. */
static enum sp_crypto_err read_param(struct sp_text t, struct sp_crypto *c)
{
	uint64_t n;

	if(t.s[0] == '-') /* RFC 4568 s6.3.7: optional, MAY be ignored */
		return t.len > 1 && t.s[1] != '-' ? SP_CRYPTO_OK : SP_CRYPTO_PARAM_BAD;
	if(sp_text_istarts(t, SP_TEXT("WSH="))) {
		t.s += 4;
		t.len -= 4;
		if(c->wsh != 0 || sp_text_number(t, WSH_MAX, &n) < 0 || n < WSH_MIN)
			return SP_CRYPTO_PARAM_BAD;
		c->wsh = (uint32_t)n;
		return SP_CRYPTO_OK;
	}
	if(sp_text_ieq(t, SP_TEXT("FEC_ORDER=FEC_SRTP"))) {
		if(c->fec_srtp)
			return SP_CRYPTO_PARAM_BAD;
		c->fec_srtp = 1;
		return SP_CRYPTO_OK;
	}
	if(sp_text_ieq(t, SP_TEXT("UNENCRYPTED_SRTP"))
			|| sp_text_ieq(t, SP_TEXT("UNENCRYPTED_SRTCP"))
			|| sp_text_ieq(t, SP_TEXT("UNAUTHENTICATED_SRTP")))
		return SP_CRYPTO_PARAM_UNSAFE;
	if(sp_text_istarts(t, SP_TEXT("KDR="))
			|| sp_text_istarts(t, SP_TEXT("FEC_KEY="))
			|| sp_text_istarts(t, SP_TEXT("FEC_ORDER=")))
		return SP_CRYPTO_PARAM_LOST;
	return SP_CRYPTO_PARAM_UNKNOWN; /* RFC 4568 s6.3.7: MUST be invalid */
}

static enum sp_crypto_err read_fields(struct sp_text *t,
		const struct sp_aliases *aliases, struct sp_crypto *c)
{
	enum sp_crypto_err err = read_tag(sp_text_word(t), c);
	struct sp_text word;

	if(err != SP_CRYPTO_OK)
		return err;
	if(t->len == 0)
		return SP_CRYPTO_NO_SUITE;
	err = read_suite(sp_text_word(t), aliases, c);
	if(err != SP_CRYPTO_OK)
		return err;
	if(t->len == 0)
		return SP_CRYPTO_NO_KEY;
	err = read_key(sp_text_word(t), c);
	while(err == SP_CRYPTO_OK && t->len > 0) {
		word = sp_text_word(t);
		err = read_param(word, c);
	}
	return err;
}

enum sp_crypto_err sp_crypto_read(struct sp_text value,
		const struct sp_aliases *aliases, struct sp_crypto *c, size_t *at)
{
	struct sp_text rest = value;
	enum sp_crypto_err err;

	memset(c, 0, sizeof(*c));
	err = read_fields(&rest, aliases, c);
	/* RFC 4568 s9.1: blanks stand between fields, not behind the last. */
	if(err == SP_CRYPTO_OK && sp_is_wsp(value.s[value.len - 1]))
		err = SP_CRYPTO_TRAILING;
	if(at != NULL)
		*at = value.len - rest.len;
	if(err != SP_CRYPTO_OK) {
		OPENSSL_cleanse(c->key, sizeof(c->key));
		c->key_len = 0;
	}
	return err;
}

void sp_crypto_print(const struct sp_crypto *c, struct sp_buf *b)
{
	const struct sp_suite_info *info = sp_suite_info((enum sp_suite)c->suite);

	sp_buf_number(b, c->tag);
	sp_buf_str(b, " ");
	sp_buf_str(b, info != NULL ? info->name : "");
	sp_buf_str(b, " inline:");
	sp_base64_encode(b, c->key, c->key_len);
	if(c->has_lifetime) {
		sp_buf_str(b, c->lifetime_power ? "|2^" : "|");
		sp_buf_number(b, c->lifetime);
	}
	if(c->mki_len > 0) {
		sp_buf_str(b, "|");
		sp_buf_number(b, c->mki);
		sp_buf_str(b, ":");
		sp_buf_number(b, c->mki_len);
	}
	if(c->fec_srtp)
		sp_buf_str(b, " FEC_ORDER=FEC_SRTP");
	if(c->wsh > 0) {
		sp_buf_str(b, " WSH=");
		sp_buf_number(b, c->wsh);
	}
}

int sp_crypto_same_key(const struct sp_crypto *a, const struct sp_crypto *b)
{
	const struct sp_suite_info *ia = sp_suite_info((enum sp_suite)a->suite);
	const struct sp_suite_info *ib = sp_suite_info((enum sp_suite)b->suite);
	size_t n;

	if(ia == NULL || ib == NULL || a->key_len == 0 || b->key_len == 0)
		return 0;
	n = ia->key < ib->key ? ia->key : ib->key;
	return CRYPTO_memcmp(a->key, b->key, n) == 0;
}
