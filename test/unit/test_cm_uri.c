/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domain does this URI stand for? A row each; RFC 5922 s7.1. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_uri.h"

static const struct {
	const char *says;
	const char *text;
	size_t len;       /* 0: up to the NUL */
	const char *want; /* the name, or the reason's token behind a "!" */
} rows[] = {
		{"RFC 5922 s7.1-6: a domain", "sip:example.com", 0, "example.com"},
		{"RFC 5922 s7.1: scheme tokens are always case insensitive",
				"SIP:EXAMPLE.com", 0, "example.com"},
		{"RFC 5922 s7.1-4: no scheme but sip", "sips:example.com", 0,
				"!scheme"},
		{"nor one that begins alike", "sipx:example.com", 0, "!scheme"},
		{"tel", "tel:+15551234", 0, "!scheme"},
		{"mailto", "mailto:bob@example.com", 0, "!scheme"},
		{"urn", "urn:service:sos", 0, "!scheme"},
		{"no scheme", "example.com", 0, "!scheme"},
		{"a scheme cut off", "si", 0, "!scheme"},
		{"RFC 5922 s7.1-5: with an @ it is a person", "sip:bob@example.com", 0,
				"!userinfo"},
		{"wherever it stands", "sip:example.com?x=a@b", 0, "!userinfo"},
		{"an empty user", "sip:@example.com", 0, "!userinfo"},
		{"user and password", "sip:bob:x@example.com", 0, "!userinfo"},
		{"RFC 5922 s7.2-1, s7.2-2: no port counts", "sip:example.com:5061", 0,
				"example.com"},
		{"any digit is one", "sip:example.com:9876", 0, "example.com"},
		{"nor parameters", "sip:example.com;transport=tls;lr", 0,
				"example.com"},
		{"nor headers", "sip:example.com?subject=x", 0, "example.com"},
		{"all of them", "sip:example.com.:5061;lr?a=b", 0, "example.com"},
		{"a long port of few", "sip:example.com:00005061", 0, "example.com"},
		{"no port behind the colon", "sip:example.com:", 0, "!port"},
		{"a port of letters", "sip:example.com:tls", 0, "!port"},
		{"a port beyond 65535", "sip:example.com:65536", 0, "!port"},
		{"the last port", "sip:example.com:65535", 0, "example.com"},
		{"far beyond", "sip:example.com:18446744073709556677", 0, "!port"},
		{"two ports", "sip:example.com:1:2", 0, "!port"},
		{"a path behind the port", "sip:example.com:5061/", 0, "!port"},
		{"an IPv4 address", "sip:192.0.2.1:5061", 0, "!ip"},
		{"with a dot behind it", "sip:192.0.2.1.;lr", 0, "!ip"},
		{"an IPv6 reference", "sip:[2001:db8::1]:5061", 0, "!ip"},
		{"one that has no end", "sip:[2001:db8::1", 0, "!ip"},
		{"something behind it", "sip:[2001:db8::1]x", 0, "!ip"},
		{"an IPv6 address", "sip:2001:db8::1", 0, "!port"},
		{"slashes, as in a URL", "sip://example.com", 0, "!character"},
		{"a path", "sip:example.com/x", 0, "!character"},
		{"angle brackets", "<sip:example.com>", 0, "!scheme"},
		{"RFC 3261 s25.1: no escapes in a host", "sip:ex%41mple.com", 0,
				"!character"},
		{"an escaped NUL", "sip:example.com%00.evil", 0, "!character"},
		{"RFC 5922 s7.2-7: a star is no wildcard", "sip:*.example.com", 0,
				"!wildcard"},
		{"RFC 5922 s7.2-7: nor is a leading dot", "sip:.example.com", 0,
				"!label-empty"},
		{"nothing", "", 0, "!empty"},
		{"no host", "sip:", 0, "!empty"},
		{"no host, a port", "sip::5061", 0, "!empty"},
		{"a NUL", "sip:a.example\0", 14, "!nul"},
		{"a NUL in the scheme", "sip\0:a.example", 14, "!nul"},
		{"a line break in a parameter", "sip:a.example;x=\r\n", 0, "!control"},
		{"a byte beyond ASCII in a parameter", "sip:a.example;x=\xff", 0,
				"!non-ascii"},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
		struct cm_name name = {.len = 0};
		enum cm_reason r = cm_uri_domain(rows[i].text, len, &name);
		char got[300];

		if(r == CM_OK)
			snprintf(got, sizeof(got), "%.*s", (int)name.len, name.text);
		else
			snprintf(got, sizeof(got), "!%s", cm_reason_token(r));
		if(strcmp(got, rows[i].want) != 0)
			fail_msg("%s: want %s, got %s", rows[i].says, rows[i].want, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
