/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses may an operator write for inner and outer? */
#include "../../modules/tls_reuse/tr_addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *about;
	const char *in;
	const char *transport;
	const char *text; /* NULL: refused */
	size_t n;         /* length of host:port, or offset of what is wrong */
} table[] = {
		{"an address and a port", "10.0.0.1:5060", NULL, "10.0.0.1:5060", 13},
		{"with the scheme", "sip:10.0.0.1:5060", NULL, "10.0.0.1:5060", 13},
		{"no port", "10.0.0.1", NULL, "10.0.0.1", 8},
		{"a name", "sip:edge.example.com", "tls",
				"edge.example.com;transport=tls", 16},
		{"its transport given", "sip:edge.example.com:5061;transport=tls",
				"tls", "edge.example.com:5061;transport=tls", 21},
		{"TCP to the PBX", "10.0.0.1:5060;transport=tcp", NULL,
				"10.0.0.1:5060;transport=tcp", 13},
		{"IPv6", "[2001:db8::1]:5061", "tls",
				"[2001:db8::1]:5061;transport=tls", 18},
		{"nothing", "", NULL, NULL, 0},
		{"only the scheme", "sip:", NULL, NULL, 4},
		{"another scheme", "sips:10.0.0.1", NULL, NULL, 7},
		{"port 0", "10.0.0.1:0", NULL, NULL, 8},
		{"port 65536", "10.0.0.1:65536", NULL, NULL, 8},
		{"no port behind the colon", "10.0.0.1:", NULL, NULL, 8},
		{"a user part", "sip:alice@10.0.0.1", NULL, NULL, 9},
		{"IPv6 without brackets", "2001:db8::1", NULL, NULL, 4},
		{"IPv6 not closed", "[2001:db8::1", NULL, NULL, 0},
		{"another transport", "10.0.0.1;transport=ws", NULL, NULL, 8},
		{"another parameter", "10.0.0.1;lr", NULL, NULL, 8},
		{"something behind the transport", "10.0.0.1;transport=tcp;lr", NULL,
				NULL, 8},
		{"a blank", "10.0.0.1 ", NULL, NULL, 8},
};

static void test_table(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct tr_view in = {table[i].in, strlen(table[i].in)};
		struct tr_addr out;
		size_t at;
		int rc = tr_addr_parse(in, table[i].transport, &out, &at);

		if(table[i].text == NULL) {
			if(rc == 0 || at != table[i].n) {
				fail_msg("%s: %s: got %d at %zu, want a refusal at %zu",
						table[i].about, table[i].in, rc, at, table[i].n);
			}
			continue;
		}
		if(rc != 0 || strcmp(out.text, table[i].text) != 0
				|| out.len != strlen(out.text)
				|| out.hostport_len != table[i].n) {
			fail_msg("%s: %s: got %d %s %zu", table[i].about, table[i].in, rc,
					rc == 0 ? out.text : "", rc == 0 ? out.hostport_len : 0);
		}
	}
}

static void test_too_long(void **state)
{
	char host[300];
	struct tr_view in = {host, sizeof(host)};
	struct tr_addr out;
	size_t at;

	(void)state;
	memset(host, 'a', sizeof(host));
	assert_int_equal(tr_addr_parse(in, NULL, &out, &at), -1);
	in.len = TR_ADDR_MAX;
	assert_int_equal(tr_addr_parse(in, NULL, &out, &at), 0);
	assert_int_equal(tr_addr_parse(in, "tls", &out, &at), -1);
}

/* RFC 3261 s25.1: hostname, IPv4address, IPv6reference */
static const struct {
	const char *in;
	const char *name; /* "": it is an address */
} names[] = {
		{"edge.example.com:5061", "edge.example.com"},
		{"sip:edge;transport=tls", "edge"},
		{"10.0.0.1.nip.test", "10.0.0.1.nip.test"},
		{"10.0.0.1:5061", ""},
		{"10.0.0.1", ""},
		{"[2001:db8::1]:5061", ""},
};

static void test_name(void **state)
{
	size_t i, at;

	(void)state;
	for(i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct tr_view in = {names[i].in, strlen(names[i].in)}, name;
		struct tr_addr addr;

		assert_int_equal(tr_addr_parse(in, "tls", &addr, &at), 0);
		name = tr_addr_name(&addr);
		if(name.len != strlen(names[i].name)
				|| memcmp(name.s, names[i].name, name.len) != 0) {
			fail_msg("%s: got %.*s", names[i].in, (int)name.len, name.s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_table),
			cmocka_unit_test(test_name),
			cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
