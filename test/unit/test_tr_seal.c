/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is what we sealed unreadable, unalterable, and opened only by its key? */
#include "../../modules/tls_reuse/tr_seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SECRET "0123456789abcdef"
#define CONTEXT "a context"
#define BOUND "bound"
#define TEXT_MAX 300

static struct tr_seal_key key;
static uint8_t text[TEXT_MAX];

static struct tr_view view(const char *s)
{
	return (struct tr_view){s, strlen(s)};
}

/* The definition in the header, by libcrypto's EVP. */
static void expected(size_t len, uint8_t *sealed, uint8_t *tag)
{
	uint8_t all[TEXT_MAX + 64], mac[EVP_MAX_MD_SIZE], enc[EVP_MAX_MD_SIZE];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t n = strlen(CONTEXT BOUND);
	int out;

	memcpy(all, CONTEXT BOUND, n);
	memcpy(all + n, text, len);
	HMAC(EVP_sha256(), SECRET, strlen(SECRET), all, n + len, mac, NULL);
	HMAC(EVP_sha256(), SECRET, strlen(SECRET), (const uint8_t *)"\0enc", 4, enc,
			NULL);
	memcpy(tag, mac, TR_SEAL_LEN);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, enc, tag);
	EVP_EncryptUpdate(ctx, sealed, &out, text, (int)len);
	EVP_CIPHER_CTX_free(ctx);
}

static void test_definition(void **state)
{
	uint8_t data[TEXT_MAX], tag[TR_SEAL_LEN], want[TEXT_MAX];
	uint8_t want_tag[TR_SEAL_LEN];
	size_t len;

	(void)state;
	for(len = 0; len <= TEXT_MAX; len++) {
		memcpy(data, text, len);
		expected(len, want, want_tag);
		tr_seal(&key, view(BOUND), data, len, tag);
		assert_memory_equal(tag, want_tag, sizeof(tag));
		if(len > 0) {
			assert_memory_equal(data, want, len);
		}
		assert_true(tr_seal_open(&key, view(BOUND), data, len, tag));
		if(len > 0) {
			assert_memory_equal(data, text, len);
		}
	}
}

/* What does not open is not left readable. */
static void test_refused_is_wiped(void **state)
{
	static const uint8_t zeros[32];
	uint8_t data[sizeof(zeros)], tag[TR_SEAL_LEN];

	(void)state;
	memcpy(data, text, sizeof(data));
	tr_seal(&key, view(BOUND), data, sizeof(data), tag);
	assert_false(tr_seal_open(&key, view("else"), data, sizeof(data), tag));
	assert_memory_equal(data, zeros, sizeof(data));
}

static const struct {
	const char *about;
	const char *secret;
	const char *context;
	const char *bound;
	int opens;
} others[] = {
		{"the same", SECRET, CONTEXT, BOUND, 1},
		{"another secret", "0123456789abcdeg", CONTEXT, BOUND, 0},
		{"another context", SECRET, "another context", BOUND, 0},
		{"bound to something else", SECRET, CONTEXT, "Bound", 0},
		{"bound to nothing", SECRET, CONTEXT, "", 0},
};

static void test_others(void **state)
{
	uint8_t data[100], tag[TR_SEAL_LEN];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct tr_seal_key other;

		memcpy(data, text, sizeof(data));
		tr_seal(&key, view(BOUND), data, sizeof(data), tag);
		tr_seal_init(&other, view(others[i].secret), view(others[i].context));
		if(tr_seal_open(&other, view(others[i].bound), data, sizeof(data), tag)
				!= others[i].opens) {
			fail_msg("%s", others[i].about);
		}
	}
}

/* Each bit of text and tag, flipped. */
static void test_altered(void **state)
{
	uint8_t sealed[40], data[40], tag[TR_SEAL_LEN];
	size_t bit;

	(void)state;
	memcpy(sealed, text, sizeof(sealed));
	tr_seal(&key, view(BOUND), sealed, sizeof(sealed), tag);
	for(bit = 0; bit < 8 * (sizeof(sealed) + sizeof(tag)); bit++) {
		size_t at = bit / 8;
		uint8_t *octet =
				at < sizeof(sealed) ? &data[at] : &tag[at - sizeof(sealed)];

		memcpy(data, sealed, sizeof(data));
		*octet ^= (uint8_t)(1 << bit % 8);
		assert_false(tr_seal_open(&key, view(BOUND), data, sizeof(data), tag));
		*octet ^= at < sizeof(sealed) ? 0 : (uint8_t)(1 << bit % 8);
	}
	assert_true(tr_seal_open(&key, view(BOUND), sealed, sizeof(sealed), tag));
}

static void test_zeroed_and_wiped(void **state)
{
	static const struct tr_seal_key zero;
	struct tr_seal_key other = key;
	uint8_t data[20] = {0}, tag[TR_SEAL_LEN] = {0};

	(void)state;
	assert_false(tr_seal_open(&zero, view(""), data, sizeof(data), tag));
	tr_seal_wipe(&other);
	assert_memory_equal(&other, &zero, sizeof(zero));
}

static int make_key(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(text); i++) {
		text[i] = (uint8_t)(i * 11 + 3);
	}
	tr_seal_init(&key, view(SECRET), view(CONTEXT));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_definition),
			cmocka_unit_test(test_refused_is_wiped),
			cmocka_unit_test(test_others),
			cmocka_unit_test(test_altered),
			cmocka_unit_test(test_zeroed_and_wiped),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
