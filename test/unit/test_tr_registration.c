/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has each registration a name of its own, always the same? */
#include "../../modules/tls_reuse/tr_registration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

#define ALICE "sip:alice@edge.test"
#define UUID "\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\""

/* No two are the same. */
static const struct {
	const char *about;
	const char *aor;
	const char *who;
} table[] = {
		{"RFC 5626 s4.1: a phone", ALICE, UUID},
		{"another phone of hers", ALICE,
				"\"<urn:uuid:00000000-0000-1000-8000-000a95a0e129>\""},
		{"the same phone for somebody else", "sip:bob@edge.test", UUID},
		{"RFC 3261 s10.2: a phone known by its Call-ID", ALICE, "1@10.0.0.1"},
		{"the same text in another order", UUID, ALICE},
		{"both texts put together, cut elsewhere", ALICE "\"",
				"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\""},
		{"all in the first", ALICE UUID, ""},
		{"all in the second", "", ALICE UUID},
		{"nothing", "", ""},
		{"a NUL is no end", "sip:alice", "edge"},
};

static void test_distinct(void **state)
{
	uint8_t id[sizeof(table) / sizeof(*table)][TR_REGISTRATION_LEN];
	uint8_t again[TR_REGISTRATION_LEN];
	size_t i, j;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		tr_registration(view(table[i].aor), view(table[i].who), id[i]);
		tr_registration(view(table[i].aor), view(table[i].who), again);
		assert_memory_equal(id[i], again, sizeof(again));
		for(j = 0; j < i; j++) {
			if(memcmp(id[i], id[j], sizeof(again)) == 0) {
				fail_msg("'%s' as '%s'", table[i].about, table[j].about);
			}
		}
	}
	tr_registration(
			(struct tr_view){"sip:alice\0edge", 14}, view("edge"), again);
	assert_memory_not_equal(again, id[9], sizeof(again));
	tr_registration(
			(struct tr_view){NULL, 0}, (struct tr_view){NULL, 0}, again);
	assert_memory_equal(again, id[8], sizeof(again));
}

/* Tokens that PBXs have kept must lead there behind an upgrade, too.
 * printf '\0\0\0\01a\0\0\0\01b' | sha256sum */
static void test_known(void **state)
{
	static const uint8_t want[TR_REGISTRATION_LEN] = {0x16, 0x27, 0x5e, 0xf0,
			0xf5, 0xd0, 0xeb, 0x9d, 0xd9, 0xe0, 0xa5, 0x32};
	uint8_t id[TR_REGISTRATION_LEN];

	(void)state;
	tr_registration(view("a"), view("b"), id);
	assert_memory_equal(id, want, sizeof(want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_distinct),
			cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
