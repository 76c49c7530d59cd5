/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does each side see the Call-IDs that it wrote, and no other address? */
#include "../../modules/tls_reuse/tr_callid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct tr_inside inside;
static struct tr_callid_keys keys;

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static const char *word(enum tr_callid result)
{
	static const char *const words[] = {"refused", "same", "hidden", "shown"};

	return words[result];
}

/* inside: 10.99.1.2, pbx.example.com, 2001:db8::1 */
static const struct {
	const char *about;
	const char *id;
	enum tr_callid want;
	const char *out;
} table[] = {
		{"chan_sip's own", "0a1b2c@10.99.1.2", TR_CALLID_HIDDEN,
				"tc1-QyKRlAB2SpD1aQKpQkcahlfqgTCuSjYSNScUQSG2ub4"},
		{"chan_sip's own on another port", "0a1b2c@10.99.1.2:5060",
				TR_CALLID_HIDDEN,
				"tc1-xEX6c-G6LzX5Mo1Fk8EXfjXHG7IC-mdcjqQiD7AS_9GjR78dIQ"},
		{"its token", "tc1-QyKRlAB2SpD1aQKpQkcahlfqgTCuSjYSNScUQSG2ub4",
				TR_CALLID_SHOWN, "0a1b2c@10.99.1.2"},
		{"RFC 3261 s19.1.4: a host in any case", "1@PBX.example.COM",
				TR_CALLID_HIDDEN,
				"tc1-hJd8VJ3uVTpz3-jkv2jGBAp9DrD7jHAmnJAYkFsbdCFJ"},
		{"and back in the case it had",
				"tc1-hJd8VJ3uVTpz3-jkv2jGBAp9DrD7jHAmnJAYkFsbdCFJ",
				TR_CALLID_SHOWN, "1@PBX.example.COM"},
		{"an IPv6 address", "1@[2001:db8::1]", TR_CALLID_HIDDEN,
				"tc1-oP3WQ-GGTAju7Qm2fzMEdRm_-6NjyPVpHpaaEvwaiw"},
		{"an IPv6 address and a port", "1@[2001:DB8::1]:5060", TR_CALLID_HIDDEN,
				"tc1-FGg_CcDSWSkaIavPgND2pmP4AV0h7jY_z6KM2nlGsDIuq1pG"},
		{"an IPv6 address without brackets", "1@2001:db8::1", TR_CALLID_HIDDEN,
				"tc1-dAg0fQBWCcbkzkUkuh32uxDohZrKLUsrP4o6K9M"},
		{"nothing before the host", "@10.99.1.2", TR_CALLID_HIDDEN,
				"tc1-EqIH3bZ944Q2zg4rpz1pcZU2zo8HLS1SVXI"},
		{"the last of two hosts counts", "1@a@10.99.1.2", TR_CALLID_HIDDEN,
				"tc1-jHRlxsovXvwgTBUVpmwX3hxVeoc0PFHQUE1m5jw"},
		{"half a port", "1@10.99.1.2:", TR_CALLID_HIDDEN,
				"tc1-AZqIw5rPGKWx8RQFdu0S-mwbcCCrpqbAebXoPw"},
		{"a token's prefix before the address is none", "tc1-MUBh@10.99.1.2",
				TR_CALLID_HIDDEN,
				"tc1-UxdAs9o1fMa-JFubJGrFxrNyG_IGIuqQSZYpEwVhC82Q2g"},

		{"no host", "f81d4fae-7dec-11d0", TR_CALLID_SAME, NULL},
		{"nothing", "", TR_CALLID_SAME, NULL},
		{"no host behind the @", "1@", TR_CALLID_SAME, NULL},
		{"another host", "1@10.99.1.3", TR_CALLID_SAME, NULL},
		{"a longer address", "1@10.99.1.20", TR_CALLID_SAME, NULL},
		{"a longer address in front", "1@110.99.1.2", TR_CALLID_SAME, NULL},
		{"a host below it", "1@x.pbx.example.com", TR_CALLID_SAME, NULL},
		{"the address without @", "10.99.1.2", TR_CALLID_SAME, NULL},
		{"not behind the last @", "1@10.99.1.2@a", TR_CALLID_SAME, NULL},
		{"a port of letters", "1@10.99.1.2:sip", TR_CALLID_SAME, NULL},
		{"another IPv6 address", "1@[2001:db8::11]", TR_CALLID_SAME, NULL},
		{"a bracket that does not close", "1@[2001:db8::1", TR_CALLID_SAME,
				NULL},

		{"an empty token", "tc1-", TR_CALLID_SAME, NULL},
		{"not base64url", "tc1-zKkvZHwOBrmi5Z65-S2FuyiQZwsm5q2XMs-m+",
				TR_CALLID_SAME, NULL},
		{"RFC 4648 s3.2: no padding",
				"tc1-QyKRlAB2SpD1aQKpQkcahlfqgTCuSjYSNScUQSG2ub4==",
				TR_CALLID_SAME, NULL},
		{"RFC 4648 s3.5: bits left over are zero",
				"tc1-QyKRlAB2SpD1aQKpQkcahlfqgTCuSjYSNScUQSG2ub5",
				TR_CALLID_SAME, NULL},
		{"one character too few",
				"tc1-QyKRlAB2SpD1aQKpQkcahlfqgTCuSjYSNScUQSG2ub",
				TR_CALLID_SAME, NULL},
		{"another prefix", "TC1-QyKRlAB2SpD1aQKpQkcahlfqgTCuSjYSNScUQSG2ub4",
				TR_CALLID_SAME, NULL},
		{"a token that names no inside host",
				"tc1-ycIr5hcKBluSfFhKCO3jgL-6Vo6y2sIxTd_n", TR_CALLID_SAME,
				NULL},
		{"a token of a token",
				"tc1-by8oTR9po9cZNaNPbEWJkGQPHFF-Z922WQQhlmkASPX8_"
				"dffrx24MgPG2LLniKubHgB6DBXdqiGy2Vi8LH1v",
				TR_CALLID_SAME, NULL},
		{"a token that would bring a header of its own: \\r\\nX:@10.99.1.2",
				"tc1--AvXt2BpZM_2kGwAfIUVDBqEiekiDeLR9VyQnqyW", TR_CALLID_SAME,
				NULL},
		{"a token that would bring a parameter: a;b@10.99.1.2",
				"tc1-xYO88-fP2CG0LMVfxFZM8ERf7KEpsFOPczWTRzU", TR_CALLID_SAME,
				NULL},

		{"readable, as tokens once were: not sealed, so not ours",
				"tc1-MGExYjJjQDEwLjk5LjEuMg", TR_CALLID_SAME, NULL},
		{"sealed with another key",
				"tc1-Ke9wXiV7CvpayWqfta8naDAmzrrcmbR43migvQiIftI",
				TR_CALLID_SAME, NULL},
		{"the tag alone", "tc1-QyKRlAB2SpD1aQKpQkcahA", TR_CALLID_SAME, NULL},

		{"a folded Call-ID", "1\r\n @10.99.1.2", TR_CALLID_REFUSED, NULL},
		{"one that is not ASCII", "\xc3\xa4@10.99.1.2", TR_CALLID_REFUSED,
				NULL},
		{"a comma", "a,b@10.99.1.2", TR_CALLID_REFUSED, NULL},
		{"a semicolon", "a;b@10.99.1.2", TR_CALLID_REFUSED, NULL},
		{"a blank without an inside host is not ours to judge", "a b@c",
				TR_CALLID_SAME, NULL},
};

static void test_table(void **state)
{
	char out[TR_CALLID_TOKEN_MAX], back[TR_CALLID_TOKEN_MAX];
	enum tr_callid result;
	size_t i, len, again;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		len = 0;
		result = tr_callid_cross(&inside, &keys, view(table[i].id), out, &len);
		if(result != table[i].want) {
			fail_msg("%s: want %s, got %s", table[i].about, word(table[i].want),
					word(result));
		}
		if(table[i].out == NULL) {
			continue;
		}
		if(len != strlen(table[i].out) || memcmp(out, table[i].out, len)) {
			fail_msg("%s: want %s, got %.*s", table[i].about, table[i].out,
					(int)len, out);
		}
		result = tr_callid_cross(
				&inside, &keys, (struct tr_view){out, len}, back, &again);
		if(result == table[i].want || again != strlen(table[i].id)
				|| memcmp(back, table[i].id, again) != 0) {
			fail_msg("%s: does not come back: %.*s", table[i].about, (int)again,
					back);
		}
	}
}

/* Whatever is done to a token: it is one no longer. */
static void test_altered(void **state)
{
	static const char good[] =
			"tc1-xEX6c-G6LzX5Mo1Fk8EXfjXHG7IC-mdcjqQiD7AS_9GjR78dIQ";
	char token[sizeof(good)], out[TR_CALLID_TOKEN_MAX];
	enum tr_callid result;
	size_t at, len;
	int c;

	(void)state;
	for(at = 0; at < sizeof(good) - 1; at++) {
		for(c = 0; c < 256; c++) {
			memcpy(token, good, sizeof(good));
			token[at] = (char)c;
			result = tr_callid_cross(&inside, &keys, view(token), out, &len);
			if(c != 0 && c != good[at] && result != TR_CALLID_SAME) {
				fail_msg("octet %zu is %d: %s", at, c, word(result));
			}
		}
	}
}

/* Nobody reads the Call-ID in its token. */
static void test_not_readable(void **state)
{
	static const char id[] = "0a1b2c@10.99.1.2";
	char out[TR_CALLID_TOKEN_MAX];
	uint8_t raw[TR_CALLID_TOKEN_MAX];
	size_t len, n, at;

	(void)state;
	assert_int_equal(tr_callid_cross(&inside, &keys, view(id), out, &len),
			TR_CALLID_HIDDEN);
	assert_int_equal(tr_b64_decode(out + 4, len - 4, raw, sizeof(raw), &n), 0);
	for(at = 0; at + 4 <= n; at++) {
		assert_memory_not_equal(raw + at, id, 4);
		assert_memory_not_equal(raw + at, "10.9", 4);
	}
}

static void test_bounds(void **state)
{
	char id[TR_CALLID_MAX + 1], out[TR_CALLID_TOKEN_MAX];
	char back[TR_CALLID_TOKEN_MAX];
	size_t len, again;

	(void)state;
	memset(id, 'a', sizeof(id));
	memcpy(id + TR_CALLID_MAX - 10, "@10.99.1.2", 10);
	assert_int_equal(tr_callid_cross(&inside, &keys,
							 (struct tr_view){id, TR_CALLID_MAX}, out, &len),
			TR_CALLID_HIDDEN);
	assert_int_equal(len, TR_CALLID_TOKEN_MAX);
	assert_int_equal(tr_callid_cross(&inside, &keys, (struct tr_view){out, len},
							 back, &again),
			TR_CALLID_SHOWN);
	assert_int_equal(again, TR_CALLID_MAX);
	assert_memory_equal(back, id, TR_CALLID_MAX);
	memcpy(id + TR_CALLID_MAX - 9, "@10.99.1.2", 10);
	assert_int_equal(
			tr_callid_cross(&inside, &keys,
					(struct tr_view){id, TR_CALLID_MAX + 1}, out, &len),
			TR_CALLID_REFUSED);
	id[TR_CALLID_MAX] = '3';
	assert_int_equal(
			tr_callid_cross(&inside, &keys,
					(struct tr_view){id, TR_CALLID_MAX + 1}, out, &len),
			TR_CALLID_SAME);
}

static const struct {
	const char *about;
	const char *host;
	enum tr_inside_result want;
} hosts[] = {
		{"an IPv4 address", "10.99.1.2", TR_INSIDE_ADDED},
		{"an IPv6 address", "fd00::1", TR_INSIDE_ADDED},
		{"an IPv6 address in brackets", "[fd00::1]", TR_INSIDE_ADDED},
		{"a name", "pbx-1.Example.com", TR_INSIDE_ADDED},
		{"nothing", "", TR_INSIDE_NO_HOST},
		{"empty brackets", "[]", TR_INSIDE_NO_HOST},
		{"a URI", "sip:a@10.99.1.2", TR_INSIDE_NO_HOST},
		{"a list", "10.99.1.2 10.99.1.3", TR_INSIDE_NO_HOST},
		{"a network", "10.99.1.0/24", TR_INSIDE_NO_HOST},
};

static void test_hosts(void **state)
{
	static struct tr_inside some;
	char name[TR_INSIDE_HOST_MAX + 2] = {0};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		if(tr_inside_add(&some, view(hosts[i].host)) != hosts[i].want) {
			fail_msg("%s: %s", hosts[i].about, hosts[i].host);
		}
	}
	memset(name, 'a', TR_INSIDE_HOST_MAX + 1);
	assert_int_equal(tr_inside_add(&some, view(name)), TR_INSIDE_NO_HOST);
	while(some.count < TR_INSIDE_MAX) {
		assert_int_equal(tr_inside_add(&some, view("b")), TR_INSIDE_ADDED);
	}
	assert_int_equal(tr_inside_add(&some, view("b")), TR_INSIDE_FULL);
}

#define OLD "the old one of 16"
#define NEW "the new one of 16"
#define NEWER "the newer one of 16"

/* An edge's key files, one after the other, and with which key it makes tokens
 * of Call-IDs: a call must keep its name for as long as that is accepted. */
static const struct {
	const char *about;
	const char *files[5];
	const char *making[5];
} changes[] = {
		{"a key is changed as the manual says",
				{OLD, OLD "\n" NEW, NEW "\n" OLD, NEW}, {OLD, OLD, OLD, NEW}},
		{"at once", {OLD, NEW "\n" OLD, NEW}, {OLD, OLD, NEW}},
		{"without mercy", {OLD, NEW}, {OLD, NEW}},
		{"a restart while the old key rests: the last one", {NEW "\n" OLD, NEW},
				{OLD, NEW}},
		{"changed twice in a row",
				{OLD, NEW "\n" OLD, NEWER "\n" NEW "\n" OLD, NEWER "\n" NEW,
						NEWER},
				{OLD, OLD, OLD, NEW, NEWER}},
		{"the order of those that rest does not matter to a running edge",
				{OLD, NEWER "\n" OLD "\n" NEW}, {OLD, OLD}},
};

static void keys_from(struct tr_callid_keys *made, const char *text,
		const struct tr_callid_keys *before)
{
	struct tr_secrets secrets;
	unsigned line;

	assert_int_equal(tr_keys_read(view(text), &secrets, &line), TR_KEYS_OK);
	tr_callid_init(made, &secrets, before);
}

/* The token is that of this key alone, and opens. */
static int makes(const struct tr_callid_keys *now, const char *secret)
{
	static const char id[] = "0a1b2c@10.99.1.2";
	char out[TR_CALLID_TOKEN_MAX], want[TR_CALLID_TOKEN_MAX];
	char back[TR_CALLID_TOKEN_MAX];
	struct tr_callid_keys one;
	size_t len, want_len, again;

	keys_from(&one, secret, NULL);
	assert_int_equal(tr_callid_cross(&inside, now, view(id), out, &len),
			TR_CALLID_HIDDEN);
	assert_int_equal(tr_callid_cross(&inside, &one, view(id), want, &want_len),
			TR_CALLID_HIDDEN);
	assert_int_equal(tr_callid_cross(&inside, now, (struct tr_view){out, len},
							 back, &again),
			TR_CALLID_SHOWN);
	assert_int_equal(again, strlen(id));
	assert_memory_equal(back, id, again);
	return len == want_len && memcmp(out, want, len) == 0;
}

static void test_keys_change(void **state)
{
	struct tr_callid_keys now, next;
	size_t i, step;

	(void)state;
	for(i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		for(step = 0; step < 5 && changes[i].files[step] != NULL; step++) {
			keys_from(&next, changes[i].files[step], step > 0 ? &now : NULL);
			now = next;
			if(!makes(&now, changes[i].making[step])) {
				fail_msg("%s: file %zu", changes[i].about, step);
			}
		}
	}
}

/* Tokens of every accepted key open, and no others. */
static void test_any_key_opens(void **state)
{
	static const char id[] = "0a1b2c@10.99.1.2";
	static const char *const secrets[] = {OLD, NEW, NEWER,
			"a fourth, of 16"
			" octets"};
	char out[TR_CALLID_TOKEN_MAX], back[TR_CALLID_TOKEN_MAX];
	struct tr_callid_keys all, one;
	size_t i, len, again;

	(void)state;
	keys_from(&all, NEWER "\n" NEW "\n" OLD, NULL);
	for(i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		keys_from(&one, secrets[i], NULL);
		assert_int_equal(tr_callid_cross(&inside, &one, view(id), out, &len),
				TR_CALLID_HIDDEN);
		assert_int_equal(tr_callid_cross(&inside, &all,
								 (struct tr_view){out, len}, back, &again),
				i < 3 ? TR_CALLID_SHOWN : TR_CALLID_SAME);
	}
}

/* Keys that nobody made hide and show nothing. */
static void test_no_keys(void **state)
{
	static const char id[] = "0a1b2c@10.99.1.2";
	static const struct tr_callid_keys zero;
	char out[TR_CALLID_TOKEN_MAX], back[TR_CALLID_TOKEN_MAX];
	struct tr_callid_keys wiped = keys;
	size_t len, again;

	(void)state;
	assert_int_equal(tr_callid_cross(&inside, &zero, view(id), out, &len),
			TR_CALLID_REFUSED);
	assert_int_equal(tr_callid_cross(&inside, &keys, view(id), out, &len),
			TR_CALLID_HIDDEN);
	assert_int_equal(tr_callid_cross(&inside, &zero, (struct tr_view){out, len},
							 back, &again),
			TR_CALLID_SAME);
	tr_callid_wipe(&wiped);
	assert_memory_equal(&wiped, &zero, sizeof(zero));
}

static int make_inside(void **state)
{
	struct tr_secrets secrets;

	(void)state;
	tr_keys_single(view("0123456789abcdef"), &secrets);
	tr_callid_init(&keys, &secrets, NULL);
	tr_inside_add(&inside, view("10.99.1.2"));
	tr_inside_add(&inside, view("pbx.example.com"));
	tr_inside_add(&inside, view("[2001:db8::1]"));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_table),
			cmocka_unit_test(test_altered),
			cmocka_unit_test(test_not_readable),
			cmocka_unit_test(test_bounds),
			cmocka_unit_test(test_hosts),
			cmocka_unit_test(test_keys_change),
			cmocka_unit_test(test_any_key_opens),
			cmocka_unit_test(test_no_keys),
	};

	return cmocka_run_group_tests(tests, make_inside, NULL);
}
