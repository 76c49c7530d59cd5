/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is an edge known by its address, and by nothing that must be looked up? */
#include "../../modules/tls_reuse/tr_edge.h"

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

static const struct {
	const char *about;
	const char *text;
	struct tr_edge_addr want; /* ip_len 0: refused */
} table[] = {
		{"IPv4", "10.0.0.1:5062", {{10, 0, 0, 1}, 4, 5062}},
		{"RFC 3261 s19.1.2: the usual port", "192.0.2.9",
				{{192, 0, 2, 9}, 4, 5060}},
		{"IPv6", "[2001:db8::1]:65535",
				{{0x20, 1, 0xd, 0xb8, [15] = 1}, 16, 65535}},
		{"IPv6 without a port", "[fd00::2]", {{0xfd, [15] = 2}, 16, 5060}},
		{"IPv6 with an IPv4 tail", "[::ffff:10.0.0.1]:1",
				{{[10] = 0xff, 0xff, 10, 0, 0, 1}, 16, 1}},
		{"a name", "edge.example.com:5060", {.ip_len = 0}},
		{"a name without a port", "edge1", {.ip_len = 0}},
		{"a name that begins like an address", "10.0.0.1.example.com",
				{.ip_len = 0}},
		{"every host", "0.0.0.0:5060", {.ip_len = 0}},
		{"every host, IPv6", "[::]:5060", {.ip_len = 0}},
		{"a group", "224.0.0.1:5060", {.ip_len = 0}},
		{"all hosts here", "255.255.255.255:5060", {.ip_len = 0}},
		{"a group, IPv6", "[ff02::1]:5060", {.ip_len = 0}},
		{"port 0", "10.0.0.1:0", {.ip_len = 0}},
		{"no such port", "10.0.0.1:65536", {.ip_len = 0}},
		{"many digits", "10.0.0.1:99999999999999999999", {.ip_len = 0}},
		{"no digits", "10.0.0.1:sip", {.ip_len = 0}},
		{"a colon alone", "10.0.0.1:", {.ip_len = 0}},
		{"nothing", "", {.ip_len = 0}},
		{"IPv6 without brackets", "2001:db8::1", {.ip_len = 0}},
		{"an open bracket", "[2001:db8::1", {.ip_len = 0}},
		{"IPv4 in brackets", "[10.0.0.1]:5060", {.ip_len = 0}},
		{"something behind the bracket", "[fd00::1]5060", {.ip_len = 0}},
		{"too long for any address",
				"[0000:0000:0000:0000:0000:0000:255.255.255.2555]",
				{.ip_len = 0}},
		{"three numbers", "10.0.1:5060", {.ip_len = 0}},
};

static void test_read(void **state)
{
	struct tr_edge_addr got;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		int rc = tr_edge_read(view(table[i].text), &got);

		if(rc != (table[i].want.ip_len > 0 ? 0 : -1)
				|| !tr_edge_same(&got, &table[i].want)) {
			fail_msg("%s: %s: %d, %u octets, port %u", table[i].about,
					table[i].text, rc, got.ip_len, got.port);
		}
	}
}

static void test_octets(void **state)
{
	uint8_t octets[TR_EDGE_LEN_MAX + 1];
	struct tr_edge_addr got;
	size_t i, n;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		memset(octets, 0xaa, sizeof(octets));
		n = tr_edge_write(&table[i].want, octets);
		assert_int_equal(n, tr_edge_len(table[i].want.ip_len));
		assert_int_equal(octets[n], 0xaa);
		tr_edge_parse(octets, table[i].want.ip_len, &got);
		if(!tr_edge_same(&got, &table[i].want)) {
			fail_msg("%s: does not come back", table[i].about);
		}
	}
	assert_int_equal(tr_edge_len(0), 0);
	assert_int_equal(tr_edge_len(4), 6);
	assert_int_equal(tr_edge_len(16), TR_EDGE_LEN_MAX);
}

static const struct {
	const char *about;
	const char *a;
	const char *b;
	int same;
} pairs[] = {
		{"the same", "10.0.0.1:5060", "10.0.0.1", 1},
		{"another port", "10.0.0.1:5060", "10.0.0.1:5061", 0},
		{"another host", "10.0.0.1", "10.0.0.2", 0},
		{"written in another way", "[fd00::1]", "[fd00:0:0::0001]", 1},
		{"the same octets, but IPv6", "10.0.0.1", "[a00:1::]", 0},
		{"IPv4 in IPv6 is another address", "10.0.0.1", "[::ffff:10.0.0.1]", 0},
};

static void test_same(void **state)
{
	struct tr_edge_addr a, b;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(tr_edge_read(view(pairs[i].a), &a), 0);
		assert_int_equal(tr_edge_read(view(pairs[i].b), &b), 0);
		if(tr_edge_same(&a, &b) != pairs[i].same
				|| tr_edge_same(&b, &a) != pairs[i].same) {
			fail_msg("%s", pairs[i].about);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_read),
			cmocka_unit_test(test_octets),
			cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
