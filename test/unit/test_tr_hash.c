/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is it SipHash-2-4, as its authors published it? */
#include "../../modules/tls_reuse/tr_hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

/* The key is 00 01 .. 0f, the text 00 01 .. as long as told: vectors.h of the
 * reference implementation, vectors_sip128; numbers are little-endian. */
static const struct {
	const char *about;
	size_t len;
	uint64_t want[2];
} table[] = {
		{"no text", 0, {0xe6a825ba047f81a3, 0x930255c71472f66d}},
		{"one octet", 1, {0x44af996bd8c187da, 0x45fc229b11597634}},
		{"two words less an octet", 15,
				{0x11a8b03399e99354, 0xd9c3cf970fec087e}},
		{"the longest that is published", 63,
				{0x4a83502f77d15051, 0x7cbd3f979a063e50}},
};

static void vectors(void **state)
{
	uint8_t seed[TR_HASH_SEED_LEN], text[64];
	uint64_t got[2];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(text); i++) {
		text[i] = (uint8_t)i;
	}
	for(i = 0; i < sizeof(seed); i++) {
		seed[i] = (uint8_t)i;
	}
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		tr_hash(seed, text, table[i].len, got);
		if(got[0] != table[i].want[0] || got[1] != table[i].want[1]) {
			fail_msg("%s: got %016llx %016llx", table[i].about,
					(unsigned long long)got[0], (unsigned long long)got[1]);
		}
	}
}

static void other_seed(void **state)
{
	static const uint8_t a[TR_HASH_SEED_LEN] = {1}, b[TR_HASH_SEED_LEN] = {2};
	uint64_t with_a[2], with_b[2];

	(void)state;
	tr_hash(a, "x", 1, with_a);
	tr_hash(b, "x", 1, with_b);
	assert_memory_not_equal(with_a, with_b, sizeof(with_a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(vectors), cmocka_unit_test(other_seed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
