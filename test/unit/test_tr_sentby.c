/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is sent-by found in the topmost Via, however that is written, and does the
 * message change there and nowhere else? */
#include "../../modules/tls_reuse/tr_sentby.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define FIRST "OPTIONS sip:b.example SIP/2.0\r\n"
#define LAST "Call-ID: 1\r\n\r\nVia: body\r\n"

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static const char *text_of(struct tr_view v, char *out, size_t cap)
{
	snprintf(out, cap, "%.*s", (int)v.len, v.s != NULL ? v.s : "");
	return out;
}

/* --- read ----------------------------------------------------------------- */

/* want: "host|port|branch|alias"; NULL: refused. */
static const struct {
	const char *about;
	const char *head;
	const char *want;
} reads[] = {
		{"as the core writes it",
				"Via: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1;i=a\r\n",
				"192.0.2.1|5061|z9hG4bK1|0"},
		{"RFC 3261 s18.1.1: without a port",
				"Via: SIP/2.0/TLS a.example;branch=b\r\n", "a.example|0|b|0"},
		{"no parameters", "Via: SIP/2.0/TLS a.example\r\n", "a.example|0||0"},
		{"plain, with alias in it",
				"Via: SIP/2.0/TLS a:1;i=1;alias;branch=b\r\n", "a|1|b|1"},
		{"plain, with alias at its end",
				"Via: SIP/2.0/TLS a:1;branch=b;alias\r\n", "a|1|b|1"},
		{"plain, with names that only begin so",
				"Via: SIP/2.0/TLS a:1;aliased;branch2=x;branch=b;al\r\n",
				"a|1|b|0"},
		{"RFC 3261 s7.3.1: plain, but its last parameter is on the next line",
				"Via: SIP/2.0/TLS a:1;branch=b\r\n ;alias\r\n", "a|1|b|1"},
		{"plain, but with a quoted value behind",
				"Via: SIP/2.0/TLS a:1;branch=b;x=\"y\";alias\r\n", "a|1|b|1"},
		{"plain, and a branch in capitals", "Via: SIP/2.0/TLS a;BRANCH=b\r\n",
				"a|0|b|0"},
		{"plain, an empty branch", "Via: SIP/2.0/TLS a;branch=;i=1\r\n",
				"a|0||0"},
		{"plain, LF alone", "Via: SIP/2.0/TLS a;branch=b\n", "a|0|b|0"},
		{"an IPv6 address", "Via: SIP/2.0/TLS [2001:db8::1]:6061;branch=b\r\n",
				"[2001:db8::1]|6061|b|0"},
		{"RFC 3261 s7.3.3: compact", "v: SIP/2.0/TLS a:1;branch=b\r\n",
				"a|1|b|0"},
		{"RFC 3261 s7.3.1: names in any case of letters",
				"VIA : sip/2.0/tls a:1;BRANCH=b;Alias\r\n", "a|1|b|1"},
		{"RFC 3261 s7.3.1: folded everywhere",
				"Via:\r\n SIP\r\n / 2.0 /\tTLS\r\n  a\r\n : \r\n 5061 \r\n"
				" ; branch = b\r\n\t;\r\n alias\r\n",
				"a|5061|b|1"},
		{"RFC 3261 s7.3.1: others behind a comma are not looked at",
				"Via: SIP/2.0/TLS a:1;branch=b , SIP/2.0/UDP c:2;alias\r\n",
				"a|1|b|0"},
		{"nor those of the next header",
				"Via: SIP/2.0/TLS a;branch=b\r\nVia: SIP/2.0/UDP c;alias\r\n",
				"a|0|b|0"},
		{"not the first header",
				"Max-Forwards: 70\r\nVia: SIP/2.0/TLS a;branch=b\r\n",
				"a|0|b|0"},
		{"a quoted value with everything in it",
				"Via: SIP/2.0/TLS a;x=\";alias, \\\";y\";branch=b\r\n",
				"a|0|b|0"},
		{"names that only begin so",
				"Via: SIP/2.0/TLS a;aliases;branches=b\r\n", "a|0||0"},
		{"alias with a value is one, too",
				"Via: SIP/2.0/TLS a;alias=1;branch=b\r\n", "a|0|b|1"},
		{"an empty branch", "Via: SIP/2.0/TLS a;branch\r\n", "a|0||0"},
		{"the highest port", "Via: SIP/2.0/TLS a:65535\r\n", "a|65535||0"},
		{"no Via", "From: <sip:a>\r\n", NULL},
		{"RFC 5923 s5: UDP has no connection",
				"Via: SIP/2.0/UDP a;branch=b\r\n", NULL},
		{"TCP has nobody who is authenticated",
				"Via: SIP/2.0/TCP a;branch=b\r\n", NULL},
		{"a transport that only begins so", "Via: SIP/2.0/TLS-SCTP a\r\n",
				NULL},
		{"TLS is on top, or it is not ours",
				"Via: SIP/2.0/UDP a, SIP/2.0/TLS b\r\n", NULL},
		{"another protocol", "Via: SIPX/2.0/TLS a\r\n", NULL},
		{"another version", "Via: SIP/3.0/TLS a\r\n", NULL},
		{"no blank", "Via: SIP/2.0/TLS\r\n", NULL},
		{"no host", "Via: SIP/2.0/TLS :5061;branch=b\r\n", NULL},
		{"no host but a parameter", "Via: SIP/2.0/TLS ;branch=b\r\n", NULL},
		{"nothing", "Via: \r\n", NULL},
		{"a host with an at", "Via: SIP/2.0/TLS a@b;branch=b\r\n", NULL},
		{"two hosts", "Via: SIP/2.0/TLS a b;branch=b\r\n", NULL},
		{"an IPv6 address without its end", "Via: SIP/2.0/TLS [::1\r\n", NULL},
		{"empty brackets", "Via: SIP/2.0/TLS []\r\n", NULL},
		{"port 0", "Via: SIP/2.0/TLS a:0\r\n", NULL},
		{"a port too high", "Via: SIP/2.0/TLS a:65536\r\n", NULL},
		{"a port too long", "Via: SIP/2.0/TLS a:005061\r\n", NULL},
		{"a port that is none", "Via: SIP/2.0/TLS a:b\r\n", NULL},
		{"a colon and no port", "Via: SIP/2.0/TLS a:;branch=b\r\n", NULL},
		{"an empty parameter", "Via: SIP/2.0/TLS a;;branch=b\r\n", NULL},
		{"a parameter without a name", "Via: SIP/2.0/TLS a;=b\r\n", NULL},
		{"a quote without its end", "Via: SIP/2.0/TLS a;x=\"b\r\n", NULL},
		{"a backslash at the end", "Via: SIP/2.0/TLS a;x=\"b\\\r\n", NULL},
		{"something behind a value", "Via: SIP/2.0/TLS a;x=\"b\"c\r\n", NULL},
		{"RFC 3261 s8.1.1.7: two branches",
				"Via: SIP/2.0/TLS a;branch=b;branch=c\r\n", NULL},
		{"a comment", "Via: SIP/2.0/TLS a (me);branch=b\r\n", NULL},
};

static void test_read(void **state)
{
	char msg[512], got[256], host[64], branch[64];
	struct tr_sentby via;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		snprintf(msg, sizeof(msg), FIRST "%s" LAST, reads[i].head);
		if(tr_sentby_read(view(msg), &via) != 0) {
			if(reads[i].want != NULL) {
				fail_msg("%s: refused", reads[i].about);
			}
			continue;
		}
		snprintf(got, sizeof(got), "%s|%u|%s|%d",
				text_of(via.host, host, sizeof(host)), via.port,
				text_of(via.branch, branch, sizeof(branch)), via.alias);
		if(reads[i].want == NULL || strcmp(got, reads[i].want) != 0) {
			fail_msg("%s: want %s, got %s", reads[i].about,
					reads[i].want ? reads[i].want : "refused", got);
		}
	}
}

/* What is cut off anywhere is read to its end and not beyond. */
static void test_truncated(void **state)
{
	static const char text[] =
			FIRST "Via: SIP/2.0/TLS [::1] : 5061 ; x=\"\\\"\" ;alias\r\n";
	struct tr_sentby via;
	size_t len;

	(void)state;
	for(len = 0; len < sizeof(text); len++) {
		char *copy = test_malloc(len + 1);

		memcpy(copy, text, len);
		tr_sentby_read((struct tr_view){copy, len}, &via);
		test_free(copy);
	}
}

/* --- write ---------------------------------------------------------------- */

static const struct {
	const char *about;
	const char *before;
	const char *sentby;
	const char *after;
} writes[] = {
		{"RFC 5923 s7-1, s8.1: the name, the port, alias",
				"Via: SIP/2.0/TLS 192.0.2.1:5061;branch=b\r\n",
				"one.example:5061",
				"Via: SIP/2.0/TLS one.example:5061;alias;branch=b\r\n"},
		{"there was no port", "Via: SIP/2.0/TLS 192.0.2.1;branch=b\r\n",
				"a:65535", "Via: SIP/2.0/TLS a:65535;alias;branch=b\r\n"},
		{"there will be none", "Via: SIP/2.0/TLS 192.0.2.1:5061;branch=b\r\n",
				"a", "Via: SIP/2.0/TLS a;alias;branch=b\r\n"},
		{"no parameters", "Via: SIP/2.0/TLS a:1\r\n", "b:1",
				"Via: SIP/2.0/TLS b:1;alias\r\n"},
		{"IPv6", "Via: SIP/2.0/TLS [::1]:1;branch=b\r\n", "a:1",
				"Via: SIP/2.0/TLS a:1;alias;branch=b\r\n"},
		{"one alias is enough", "Via: SIP/2.0/TLS a:1;branch=b;ALIAS\r\n",
				"b:1", "Via: SIP/2.0/TLS b:1;branch=b;ALIAS\r\n"},
		{"the sender's own alias is below",
				"Via: SIP/2.0/TLS a:1;branch=b\r\n"
				"Via: SIP/2.0/TLS c:1;branch=d;alias\r\n",
				"b:1",
				"Via: SIP/2.0/TLS b:1;alias;branch=b\r\n"
				"Via: SIP/2.0/TLS c:1;branch=d;alias\r\n"},
		{"folded, with others behind a comma",
				"v:  SIP/2.0/TLS\r\n a :\r\n 1 ; branch=b ,SIP/2.0/UDP c\r\n",
				"b:2",
				"v:  SIP/2.0/TLS\r\n b:2;alias ; branch=b ,SIP/2.0/UDP c\r\n"},
};

static void test_write(void **state)
{
	char msg[512], want[512], got[512 + TR_SENTBY_ROOM];
	struct tr_sentby via;
	struct tr_view sentby;
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(writes) / sizeof(*writes); i++) {
		snprintf(msg, sizeof(msg), FIRST "%s" LAST, writes[i].before);
		snprintf(want, sizeof(want), FIRST "%s" LAST, writes[i].after);
		assert_int_equal(tr_sentby_read(view(msg), &via), 0);
		sentby = view(writes[i].sentby);
		len = tr_sentby_size(view(msg), &via, sentby);
		assert_true(len <= strlen(msg) + TR_SENTBY_ROOM);
		tr_sentby_write(view(msg), &via, sentby, got);
		if(len != strlen(want) || memcmp(got, want, len) != 0) {
			fail_msg("%s: got %.*s", writes[i].about, (int)len, got);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_read),
			cmocka_unit_test(test_truncated),
			cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
