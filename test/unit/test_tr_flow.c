/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a token lead back to what it was made for, and nowhere else? */
#include "../../modules/tls_reuse/tr_flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define INNER "10.0.0.1:5060"
#define OUTER "192.0.2.1:5061"

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static void keys_of(struct tr_flow_keys *keys, const char *secret,
		const char *inner, const char *outer, uint32_t epoch)
{
	assert_int_equal(
			tr_flow_init(keys, view(secret), view(inner), view(outer), epoch),
			0);
}

static struct tr_view encode(const struct tr_flow_keys *keys, enum tr_kind kind,
		uint32_t conid, const char *uri, char *token)
{
	struct tr_flow flow = {kind, conid, view(uri)};
	struct tr_view out = {token, 0};

	assert_int_equal(
			tr_flow_encode(keys, &flow, token, TR_FLOW_TOKEN_MAX, &out.len), 0);
	return out;
}

static const struct {
	const char *about;
	const char *uri;
} uris[] = {
		{"an ordinary phone", "sip:alice@192.168.1.20:51234;transport=tls"},
		{"nothing to take off", "sips:alice@192.168.1.20:51234"},
		{"scheme in capitals stays as it was", "SIP:alice@192.168.1.20"},
		{"transport in capitals stays", "sip:a@10.0.0.9;transport=TLS"},
		{"transport before another parameter",
				"sip:a@10.0.0.9;transport=tls;ob"},
		{"the shortest", "sip:a"},
		{"scheme alone is not taken off", "sip:"},
		{"transport alone is not taken off", ";transport=tls"},
		{"only scheme and transport", "sip:;transport=tls"},
		{"one octet", "x"},
};

static void test_round_trip(void **state)
{
	struct tr_flow_keys keys;
	size_t i;

	(void)state;
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	for(i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
		enum tr_kind kind;

		for(kind = TR_KIND_PHONE; kind <= TR_KIND_PBX; kind++) {
			char token[TR_FLOW_TOKEN_MAX], again[TR_FLOW_TOKEN_MAX];
			char buf[TR_FLOW_BUF];
			uint32_t conid = kind == TR_KIND_PHONE ? 0xfedcba98 : 0;
			struct tr_view t = encode(&keys, kind, conid, uris[i].uri, token);
			struct tr_view t2 = encode(&keys, kind, conid, uris[i].uri, again);
			struct tr_flow flow;
			enum tr_verdict v = tr_flow_decode(&keys, kind, t, &flow, buf);

			assert_int_equal(t.len, t2.len);
			assert_memory_equal(token, again, t.len);
			if(v != TR_OK || flow.kind != kind || flow.conid != conid
					|| flow.uri.len != strlen(uris[i].uri)
					|| memcmp(flow.uri.s, uris[i].uri, flow.uri.len) != 0) {
				fail_msg("%s: %s: %s", uris[i].about, uris[i].uri,
						tr_flow_words(v));
			}
		}
	}
}

/* RFC 3261 s25.1: user = 1*( unreserved / escaped / user-unreserved ) */
static void test_grammar(void **state)
{
	struct tr_flow_keys keys;
	char token[TR_FLOW_TOKEN_MAX];
	struct tr_view t;
	size_t i;

	(void)state;
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	t = encode(&keys, TR_KIND_PHONE, 1, uris[0].uri, token);
	for(i = 0; i < t.len; i++) {
		assert_non_null(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
							   "stuvwxyz0123456789-_",
				t.s[i], 64));
	}
	/* chan_sip and pjsip copy contact URIs into 256 octets */
	assert_true(t.len < 90);
}

/* Nothing of the URI can be read in its token. */
static void test_not_readable(void **state)
{
	struct tr_flow_keys keys;
	char token[TR_FLOW_TOKEN_MAX];
	uint8_t raw[TR_FLOW_TOKEN_MAX];
	struct tr_view t;
	size_t n, at;

	(void)state;
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	t = encode(&keys, TR_KIND_PHONE, 1, uris[0].uri, token);
	assert_int_equal(tr_b64_decode(t.s + TR_FLOW_PREFIX_LEN,
							 t.len - TR_FLOW_PREFIX_LEN, raw, sizeof(raw), &n),
			0);
	for(at = 0; at + 4 <= n; at++) {
		assert_memory_not_equal(raw + at, "alic", 4);
		assert_memory_not_equal(raw + at, "192.", 4);
		assert_memory_not_equal(raw + at, "\0\0\0\1", 4);
	}
}

static const struct {
	const char *about;
	const char *user;
	enum tr_verdict want;
} strangers[] = {
		{"no user part", "", TR_NO_TOKEN},
		{"somebody", "alice", TR_NO_TOKEN},
		{"a number", "+4930123456", TR_NO_TOKEN},
		{"half the prefix", "tr1", TR_NO_TOKEN},
		{"the prefix in capitals", "TR1_AAAA", TR_NO_TOKEN},
		{"another version of the prefix", "tr2_AAAA", TR_NO_TOKEN},
		{"the prefix alone", "tr1_", TR_MALFORMED},
		{"somebody whose name begins so", "tr1_alice", TR_MALFORMED},
		{"a head of no version", "tr1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_MALFORMED},
		{"head 41, too short for a phone's",
				"tr1_QQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"head 43, no such kind", "tr1_QwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_MALFORMED},
		{"head 52, a bit that means nothing",
				"tr1_UgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"escaped", "tr1_QgAAAAAAAAAA%41AAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"head 42 of another key", "tr1_QgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_UNKNOWN_KEY},
};

static void test_strangers(void **state)
{
	struct tr_flow_keys keys;
	char buf[TR_FLOW_BUF];
	struct tr_flow flow;
	size_t i;

	(void)state;
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	for(i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
		enum tr_verdict v = tr_flow_decode(
				&keys, TR_KIND_PHONE, view(strangers[i].user), &flow, buf);

		if(v != strangers[i].want) {
			fail_msg("%s: want '%s', got '%s'", strangers[i].about,
					tr_flow_words(strangers[i].want), tr_flow_words(v));
		}
	}
}

/* What a token of one edge is to another, by how they differ. */
static const struct {
	const char *about;
	const char *secret;
	const char *inner;
	const char *outer;
	uint32_t epoch;
	enum tr_verdict phone;
	enum tr_verdict pbx;
} edges[] = {
		{"the same", SECRET, INNER, OUTER, 7, TR_OK, TR_OK},
		{"restarted: connections are gone, calls to the PBX are not", SECRET,
				INNER, OUTER, 8, TR_STALE, TR_OK},
		{"another key", "another secret of its own", INNER, OUTER, 7,
				TR_UNKNOWN_KEY, TR_UNKNOWN_KEY},
		{"another inner address", SECRET, "10.0.0.2:5060", OUTER, 7, TR_FORGED,
				TR_OK},
		{"another inner port", SECRET, "10.0.0.1:5062", OUTER, 7, TR_FORGED,
				TR_OK},
		{"another outer address", SECRET, INNER, "192.0.2.2:5061", 7, TR_OK,
				TR_FORGED},
		{"the addresses exchanged", SECRET, OUTER, INNER, 7, TR_FORGED,
				TR_FORGED},
		{"the address cut short", SECRET, "10.0.0.1:506", OUTER, 7, TR_FORGED,
				TR_OK},
};

static void test_edges(void **state)
{
	struct tr_flow_keys ours, theirs;
	size_t i;

	(void)state;
	keys_of(&ours, SECRET, INNER, OUTER, 7);
	for(i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		char phone[TR_FLOW_TOKEN_MAX], pbx[TR_FLOW_TOKEN_MAX];
		char buf[TR_FLOW_BUF];
		struct tr_flow flow;
		enum tr_verdict v1, v2;

		keys_of(&theirs, edges[i].secret, edges[i].inner, edges[i].outer,
				edges[i].epoch);
		v1 = tr_flow_decode(&theirs, TR_KIND_PHONE,
				encode(&ours, TR_KIND_PHONE, 3, uris[0].uri, phone), &flow,
				buf);
		v2 = tr_flow_decode(&theirs, TR_KIND_PBX,
				encode(&ours, TR_KIND_PBX, 0, uris[0].uri, pbx), &flow, buf);
		if(v1 != edges[i].phone || v2 != edges[i].pbx) {
			fail_msg("%s: got '%s' and '%s'", edges[i].about, tr_flow_words(v1),
					tr_flow_words(v2));
		}
	}
}

static void test_wrong_side(void **state)
{
	struct tr_flow_keys keys;
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow flow;

	(void)state;
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	assert_int_equal(
			tr_flow_decode(&keys, TR_KIND_PBX,
					encode(&keys, TR_KIND_PHONE, 3, uris[0].uri, token), &flow,
					buf),
			TR_WRONG_SIDE);
	assert_int_equal(tr_flow_decode(&keys, TR_KIND_PHONE,
							 encode(&keys, TR_KIND_PBX, 0, uris[0].uri, token),
							 &flow, buf),
			TR_WRONG_SIDE);
}

/* Every character replaced by every other, cut off at every length, and
 * lengthened: never accepted, never believed. */
static void test_altered(void **state)
{
	static const char set[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			"-_.%@;= \n";
	struct tr_flow_keys keys;
	char token[TR_FLOW_TOKEN_MAX], bad[TR_FLOW_TOKEN_MAX];
	char buf[TR_FLOW_BUF];
	struct tr_flow flow;
	struct tr_view t, b;
	size_t i, j;

	(void)state;
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	t = encode(&keys, TR_KIND_PHONE, 3, uris[0].uri, token);
	for(i = 0; i < t.len; i++) {
		for(j = 0; j < sizeof(set) - 1; j++) {
			enum tr_verdict v;

			if(set[j] == token[i]) {
				continue;
			}
			memcpy(bad, token, t.len);
			bad[i] = set[j];
			b = (struct tr_view){bad, t.len};
			v = tr_flow_decode(&keys, TR_KIND_PHONE, b, &flow, buf);
			if(v == TR_OK || v == TR_STALE || v == TR_WRONG_SIDE) {
				fail_msg("character %zu as %c: '%s'", i, set[j],
						tr_flow_words(v));
			}
		}
		b = (struct tr_view){token, i};
		assert_int_not_equal(
				tr_flow_decode(&keys, TR_KIND_PHONE, b, &flow, buf), TR_OK);
	}
	memcpy(bad, token, t.len);
	bad[t.len] = 'A';
	b = (struct tr_view){bad, t.len + 1};
	assert_int_not_equal(
			tr_flow_decode(&keys, TR_KIND_PHONE, b, &flow, buf), TR_OK);
}

static void test_bounds(void **state)
{
	struct tr_flow_keys keys;
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF], uri[TR_FLOW_URI_MAX + 1];
	struct tr_flow flow = {TR_KIND_PHONE, 1, {uri, TR_FLOW_URI_MAX}}, got;
	struct tr_view t = {token, 0};

	(void)state;
	memset(uri, 'u', sizeof(uri));
	keys_of(&keys, SECRET, INNER, OUTER, 7);
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len), 0);
	assert_int_equal(t.len, TR_FLOW_TOKEN_MAX);
	assert_int_equal(tr_flow_decode(&keys, TR_KIND_PHONE, t, &got, buf), TR_OK);
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token) - 1, &t.len), -1);
	flow.uri.len++;
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len), -1);
	flow.uri.len = 0;
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len), -1);
	flow.uri.len = 9;
	flow.conid = 0;
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len), -1);
	flow.kind = TR_KIND_PBX;
	flow.conid = 1;
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len), -1);
	flow.kind = TR_KIND_NONE;
	assert_int_equal(
			tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len), -1);
}

static void test_init(void **state)
{
	struct tr_flow_keys keys;
	static const struct tr_flow_keys zero;
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow flow;

	(void)state;
	assert_int_equal(tr_flow_init(&keys, view("fifteen octets."), view(INNER),
							 view(OUTER), 1),
			-1);
	assert_int_equal(
			tr_flow_init(&keys, view(SECRET), view(""), view(OUTER), 1), -1);
	assert_int_equal(
			tr_flow_init(&keys, view(SECRET), view(INNER), view(""), 1), -1);
	keys_of(&keys, SECRET, INNER, OUTER, 1);
	/* zeroed keys must not accept what anybody can compute */
	assert_int_not_equal(
			tr_flow_decode(&zero, TR_KIND_PHONE,
					encode(&keys, TR_KIND_PHONE, 3, uris[0].uri, token), &flow,
					buf),
			TR_OK);
	tr_flow_wipe(&keys);
	assert_memory_equal(&keys, &zero, sizeof(keys));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_round_trip),
			cmocka_unit_test(test_grammar),
			cmocka_unit_test(test_not_readable),
			cmocka_unit_test(test_strangers),
			cmocka_unit_test(test_edges),
			cmocka_unit_test(test_wrong_side),
			cmocka_unit_test(test_altered),
			cmocka_unit_test(test_bounds),
			cmocka_unit_test(test_init),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
