/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is base64url written and read as RFC 4648 has it, in one way only? */
#include "../../modules/tls_reuse/tr_b64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *about;
	const char *octets;
	size_t len;
	const char *text;
} good[] = {
		{"RFC 4648 s10: nothing", "", 0, ""},
		{"RFC 4648 s10: one octet", "f", 1, "Zg"},
		{"RFC 4648 s10: two octets", "fo", 2, "Zm8"},
		{"RFC 4648 s10: three octets", "foo", 3, "Zm9v"},
		{"RFC 4648 s10: six octets", "foobar", 6, "Zm9vYmFy"},
		{"RFC 4648 s5: the two characters of base64url", "\xfb\xff\xfe", 3,
				"-__-"},
		{"zeros", "\0\0\0", 3, "AAAA"},
};

static const struct {
	const char *about;
	const char *text;
} bad[] = {
		{"a lone character holds no octet", "A"},
		{"five characters neither", "AAAAA"},
		{"padding", "Zg=="},
		{"plain base64's plus", "++++"},
		{"plain base64's slash", "////"},
		{"a blank inside", "Zm 9"},
		{"an escape", "Zm%38"},
		{"RFC 4648 s3.5: surplus bits after one octet", "Zh"},
		{"RFC 4648 s3.5: surplus bits after two octets", "Zm9"},
		{"a high octet", "Zm9\xc3"},
		{"more than there is room for", "AAAAAAAAAAAAAAAAAAAA"},
};

static void test_good(void **state)
{
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char text[16] = {0};
		uint8_t octets[16];

		tr_b64_encode((const uint8_t *)good[i].octets, good[i].len, text);
		if(strcmp(text, good[i].text) != 0
				|| strlen(text) != TR_B64_LEN(good[i].len)) {
			fail_msg("%s: want %s, got %s", good[i].about, good[i].text, text);
		}
		if(tr_b64_decode(text, strlen(text), octets, sizeof(octets), &len) != 0
				|| len != good[i].len
				|| memcmp(octets, good[i].octets, len) != 0) {
			fail_msg("%s: not read back", good[i].about);
		}
	}
}

static void test_bad(void **state)
{
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uint8_t octets[12];

		if(tr_b64_decode(bad[i].text, strlen(bad[i].text), octets,
				   sizeof(octets), &len)
				== 0) {
			fail_msg("%s: %s was accepted", bad[i].about, bad[i].text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_good),
			cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
