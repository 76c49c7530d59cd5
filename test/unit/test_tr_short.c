/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does every URI come back as it was? */
#include "../../modules/tls_reuse/tr_short.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *about;
	const char *uri;
	const char *text;
	unsigned taken;
} table[] = {
		{"an ordinary phone", "sip:alice@192.168.1.20:51234;transport=tls",
				"alice@192.168.1.20:51234", TR_SHORT_SIP | TR_SHORT_TLS},
		{"the PBX", "sip:100@10.0.0.5:5060", "100@10.0.0.5:5060", TR_SHORT_SIP},
		{"sips", "sips:a@b;transport=tls", "sips:a@b", TR_SHORT_TLS},
		{"RFC 3261 s19.1.4: in capitals it is the same, but not to the letter",
				"SIP:a@b;transport=TLS", "SIP:a@b;transport=TLS", 0},
		{"a parameter behind", "sip:a@b;transport=tls;ob",
				"a@b;transport=tls;ob", TR_SHORT_SIP},
		{"twice", "sip:sip:a;transport=tls;transport=tls",
				"sip:a;transport=tls", TR_SHORT_SIP | TR_SHORT_TLS},
		{"the scheme alone stays", "sip:", "sip:", 0},
		{"the transport alone stays", ";transport=tls", ";transport=tls", 0},
		{"both alone: one of them stays", "sip:;transport=tls",
				";transport=tls", TR_SHORT_SIP},
		{"shorter than either", "x", "x", 0},
		{"nothing", "", "", 0},
};

static void test_table(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct tr_view text = {table[i].uri, strlen(table[i].uri)}, back;
		char buf[64 + TR_SHORT_ROOM];
		unsigned taken = tr_short_take(&text);

		back = tr_short_give(taken, text, buf);
		if(taken != table[i].taken || text.len != strlen(table[i].text)
				|| memcmp(text.s, table[i].text, text.len) != 0
				|| back.len != strlen(table[i].uri)
				|| memcmp(back.s, table[i].uri, back.len) != 0) {
			fail_msg("%s: %u '%.*s' '%.*s'", table[i].about, taken,
					(int)text.len, text.s, (int)back.len, back.s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
