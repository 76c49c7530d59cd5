/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the MAC HMAC-SHA256-128, as RFC 4231 and libcrypto compute it? */
#include "../../modules/tls_reuse/tr_mac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *about;
	const char *key;
	size_t key_len;
	const char *data;
	const char *mac; /* its first 128 bits */
} table[] = {
		{"RFC 4231 s4.3: test case 2", "Jefe", 4,
				"what do ya want for nothing?",
				"\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75"
				"\xc7"},
		{"RFC 4231 s4.2: test case 1",
				"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
				"\x0b\x0b\x0b\x0b\x0b",
				20, "Hi There",
				"\xb0\x34\x4c\x61\xd8\xdb\x38\x53\x5c\xa8\xaf\xce\xaf\x0b\xf1"
				"\x2b"},
};

static void test_rfc(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct tr_mac_key key;
		uint8_t mac[TR_MAC_LEN];

		tr_mac_init(&key, (const uint8_t *)table[i].key, table[i].key_len);
		tr_mac_make(&key, (const uint8_t *)table[i].data, strlen(table[i].data),
				mac);
		if(memcmp(mac, table[i].mac, sizeof(mac)) != 0) {
			fail_msg("%s: another MAC", table[i].about);
		}
	}
}

/* Every key length around SHA-256's block, data split at every point. */
static void test_libcrypto(void **state)
{
	uint8_t secret[130], data[100], want[EVP_MAX_MD_SIZE], got[TR_MAC_LEN];
	size_t key_len, split;

	(void)state;
	for(split = 0; split < sizeof(secret); split++) {
		secret[split] = (uint8_t)(split * 7 + 1);
	}
	memset(data, 'd', sizeof(data));
	for(key_len = 1; key_len <= sizeof(secret); key_len++) {
		struct tr_mac_key key;

		split = key_len % sizeof(data);
		tr_mac_init(&key, secret, key_len);
		tr_mac_prefix(&key, data, split);
		tr_mac_make(&key, data + split, sizeof(data) - split, got);
		HMAC(EVP_sha256(), secret, (int)key_len, data, sizeof(data), want,
				NULL);
		if(memcmp(want, got, sizeof(got)) != 0) {
			fail_msg("key of %zu octets: another MAC", key_len);
		}
		assert_true(
				tr_mac_check(&key, data + split, sizeof(data) - split, got));
		got[key_len % TR_MAC_LEN] ^= 1;
		assert_false(
				tr_mac_check(&key, data + split, sizeof(data) - split, got));
	}
}

static void test_wipe(void **state)
{
	struct tr_mac_key key;
	static const struct tr_mac_key zero;

	(void)state;
	tr_mac_init(&key, (const uint8_t *)"secret", 6);
	tr_mac_wipe(&key);
	assert_memory_equal(&key, &zero, sizeof(key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rfc),
			cmocka_unit_test(test_libcrypto),
			cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
