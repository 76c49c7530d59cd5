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
#define OTHER "another secret of its own"
#define THIRD "a third secret, of no use"
#define EDGE "10.0.0.1:5060"
#define HOUR 3600
#define NOW ((time_t)480000 * HOUR + 1800) /* half past some hour of 2024 */
#define DAY 86400

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* What tells one edge from another. */
struct edge {
	const char *secrets; /* one a line */
	const char *addr;    /* NULL: it has none */
	uint32_t epoch;
};

static const struct edge ours = {SECRET, EDGE, 7};

static void keys_of(struct tr_flow_keys *keys, const struct edge *edge)
{
	struct tr_edge_addr addr = {.ip_len = 0};
	struct tr_secrets secrets;
	unsigned line;

	assert_int_equal(
			tr_keys_read(view(edge->secrets), &secrets, &line), TR_KEYS_OK);
	if(edge->addr != NULL) {
		assert_int_equal(tr_edge_read(view(edge->addr), &addr), 0);
	}
	assert_int_equal(tr_flow_init(keys, &secrets, &addr, edge->epoch, DAY), 0);
}

static const enum tr_kind kinds[] = {
		TR_KIND_PHONE, TR_KIND_REGISTERED, TR_KIND_PBX};

/* The side that may present a token of this kind. */
static enum tr_kind side_of(enum tr_kind kind)
{
	return kind == TR_KIND_PBX ? TR_KIND_PBX : TR_KIND_PHONE;
}

static struct tr_flow flow_of(enum tr_kind kind, const char *uri)
{
	struct tr_flow flow = {.kind = kind, .uri = view(uri)};

	switch(kind) {
		case TR_KIND_PHONE:
			flow.conid = 0xfedcba98;
			break;
		case TR_KIND_REGISTERED:
			tr_registration(view("sip:alice@edge.test"), view("instance"),
					flow.registration);
			break;
		default:
			flow.made = tr_flow_hour(NOW);
			break;
	}
	return flow;
}

static struct tr_view encode(const struct tr_flow_keys *keys,
		const struct tr_flow *flow, char *token)
{
	struct tr_view out = {token, 0};

	assert_int_equal(
			tr_flow_encode(keys, flow, token, TR_FLOW_TOKEN_MAX, &out.len), 0);
	return out;
}

/* The token of kind that this edge makes for an ordinary phone or PBX. */
static struct tr_view token_of(
		const struct edge *edge, enum tr_kind kind, char *token)
{
	struct tr_flow flow =
			flow_of(kind, "sip:alice@192.168.1.20:51234;transport=tls");
	struct tr_flow_keys keys;

	keys_of(&keys, edge);
	return encode(&keys, &flow, token);
}

/* What this edge says of a token, now. */
static enum tr_verdict judge(const struct edge *edge, enum tr_kind want,
		struct tr_view token, struct tr_flow *flow)
{
	static char buf[TR_FLOW_BUF];
	struct tr_flow_keys keys;

	keys_of(&keys, edge);
	return tr_flow_decode(&keys, want, token, NOW, flow, buf);
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

static int same_flow(const struct tr_flow *a, const struct tr_flow *b)
{
	return a->kind == b->kind && a->conid == b->conid && a->made == b->made
		   && memcmp(a->registration, b->registration, TR_REGISTRATION_LEN) == 0
		   && a->uri.len == b->uri.len
		   && (a->uri.len == 0 || memcmp(a->uri.s, b->uri.s, a->uri.len) == 0);
}

static const char *const edge_addrs[] = {
		EDGE, "[2001:db8::1]:5061", "192.0.2.255:65535", NULL};

static void test_round_trip(void **state)
{
	char token[TR_FLOW_TOKEN_MAX], again[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow_keys keys;
	struct tr_flow flow, got;
	size_t i, k, e;

	(void)state;
	for(i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
		for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			for(e = 0; e < sizeof(edge_addrs) / sizeof(*edge_addrs); e++) {
				struct edge edge = {SECRET, edge_addrs[e], 7};
				struct tr_view t, t2;
				enum tr_verdict v;

				keys_of(&keys, &edge);
				flow = flow_of(kinds[k], uris[i].uri);
				t = encode(&keys, &flow, token);
				t2 = encode(&keys, &flow, again);
				v = tr_flow_decode(&keys, side_of(kinds[k]), t, NOW, &got, buf);
				assert_int_equal(t.len, t2.len);
				assert_memory_equal(token, again, t.len);
				if(v != TR_OK || !same_flow(&flow, &got) || got.key != 0
						|| (kinds[k] != TR_KIND_PBX
								&& !tr_edge_same(&got.edge, &keys.edge))) {
					fail_msg("%s, kind %d, edge %zu: %s", uris[i].about,
							(int)kinds[k], e, tr_flow_words(v));
				}
			}
		}
	}
}

/* A registered phone's URI may change from one connection to the next: its
 * token need not have one. */
static void test_without_uri(void **state)
{
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow flow = flow_of(TR_KIND_REGISTERED, ""), got;
	struct tr_flow_keys keys;
	struct tr_view t;

	(void)state;
	keys_of(&keys, &ours);
	flow.uri.s = NULL;
	t = encode(&keys, &flow, token);
	assert_int_equal(t.len, 54);
	assert_int_equal(
			tr_flow_decode(&keys, TR_KIND_PHONE, t, NOW, &got, buf), TR_OK);
	assert_true(same_flow(&flow, &got));
}

/* RFC 3261 s25.1: user = 1*( unreserved / escaped / user-unreserved ) */
static void test_grammar(void **state)
{
	char token[TR_FLOW_TOKEN_MAX];
	struct tr_view t;
	size_t i, k;

	(void)state;
	for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		t = token_of(&ours, kinds[k], token);
		for(i = 0; i < t.len; i++) {
			assert_non_null(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
								   "rstuvwxyz0123456789-_",
					t.s[i], 64));
		}
		/* chan_sip and pjsip copy contact URIs into 256 octets */
		assert_true(t.len < 90);
	}
}

/* Nothing of what is sealed can be read in a token. */
static void test_not_readable(void **state)
{
	char token[TR_FLOW_TOKEN_MAX];
	uint8_t raw[TR_FLOW_TOKEN_MAX];
	struct tr_view t;
	size_t n, at, k;

	(void)state;
	for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		struct tr_flow flow = flow_of(kinds[k], uris[0].uri);

		t = token_of(&ours, kinds[k], token);
		assert_int_equal(
				tr_b64_decode(t.s + TR_FLOW_PREFIX_LEN,
						t.len - TR_FLOW_PREFIX_LEN, raw, sizeof(raw), &n),
				0);
		for(at = 0; at + 4 <= n; at++) {
			assert_memory_not_equal(raw + at, "alic", 4);
			assert_memory_not_equal(raw + at, "192.", 4);
			assert_memory_not_equal(raw + at, "\376\334\272\230", 4);
			assert_memory_not_equal(raw + at, "\12\0\0\1", 4);
			assert_memory_not_equal(raw + at, flow.registration, 4);
		}
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
		{"the head of another version",
				"tr1_QgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"head 81, too short for a phone's",
				"tr1_gQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"head 82, the PBX's, without a URI",
				"tr1_ggAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"head 82, the PBX's, of another key",
				"tr1_ggAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_UNKNOWN_KEY},
		{"head 83, too short for a registration",
				"tr1_gwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
		{"head 83, a registration without URI, of another key",
				"tr1_gwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_UNKNOWN_KEY},
		{"head 80, no kind", "tr1_gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_MALFORMED},
		{"head 92, a PBX's with an edge",
				"tr1_kgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_MALFORMED},
		{"head b1, an edge of no form",
				"tr1_sQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				TR_MALFORMED},
		{"escaped", "tr1_ggAAAAAAAAAA%41AAAAAAAAAAAAAAAAAAAAA", TR_MALFORMED},
};

static void test_strangers(void **state)
{
	struct tr_flow flow;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
		enum tr_verdict v =
				judge(&ours, TR_KIND_PHONE, view(strangers[i].user), &flow);

		if(v != strangers[i].want) {
			fail_msg("%s: want '%s', got '%s'", strangers[i].about,
					tr_flow_words(strangers[i].want), tr_flow_words(v));
		}
	}
}

/* What our tokens are to another edge, or to this one after a change. */
static const struct {
	const char *about;
	struct edge edge;
	enum tr_verdict phone;
	enum tr_verdict registered;
	enum tr_verdict pbx;
} edges[] = {
		{"the same", {SECRET, EDGE, 7}, TR_OK, TR_OK, TR_OK},
		{"restarted: connections are gone, registrations and calls are not",
				{SECRET, EDGE, 8}, TR_STALE, TR_OK, TR_OK},
		{"another key", {OTHER, EDGE, 7}, TR_UNKNOWN_KEY, TR_UNKNOWN_KEY,
				TR_UNKNOWN_KEY},
		{"our key rests here", {OTHER "\n" SECRET, EDGE, 7}, TR_OK, TR_OK,
				TR_OK},
		{"our key is the last of four",
				{OTHER "\n" THIRD "\nsome more for the table\n" SECRET, EDGE,
						7},
				TR_OK, TR_OK, TR_OK},
		{"another edge of the cluster", {SECRET, "10.0.0.2:5060", 7},
				TR_ELSEWHERE, TR_ELSEWHERE, TR_OK},
		{"another port of the same host", {SECRET, "10.0.0.1:5062", 7},
				TR_ELSEWHERE, TR_ELSEWHERE, TR_OK},
		{"another epoch there is that edge's business",
				{SECRET, "10.0.0.2:5060", 8}, TR_ELSEWHERE, TR_ELSEWHERE,
				TR_OK},
		{"one with IPv6", {SECRET, "[2001:db8::1]:5060", 7}, TR_ELSEWHERE,
				TR_ELSEWHERE, TR_OK},
		{"one that has the same octets in an IPv6 address",
				{SECRET, "[a00:1::]:5060", 7}, TR_ELSEWHERE, TR_ELSEWHERE,
				TR_OK},
		{"no address: it has nobody to send to", {SECRET, NULL, 7}, TR_OK,
				TR_OK, TR_OK},
		{"no address, restarted", {SECRET, NULL, 8}, TR_STALE, TR_OK, TR_OK},
		{"another edge while the key changes",
				{OTHER "\n" SECRET, "10.0.0.2:5060", 7}, TR_ELSEWHERE,
				TR_ELSEWHERE, TR_OK},
};

static void test_edges(void **state)
{
	char phone[TR_FLOW_TOKEN_MAX], registered[TR_FLOW_TOKEN_MAX];
	char pbx[TR_FLOW_TOKEN_MAX];
	struct tr_flow flow;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		enum tr_verdict v1 = judge(&edges[i].edge, TR_KIND_PHONE,
				token_of(&ours, TR_KIND_PHONE, phone), &flow);
		enum tr_verdict v2 = judge(&edges[i].edge, TR_KIND_PHONE,
				token_of(&ours, TR_KIND_REGISTERED, registered), &flow);
		enum tr_verdict v3 = judge(&edges[i].edge, TR_KIND_PBX,
				token_of(&ours, TR_KIND_PBX, pbx), &flow);

		if(v1 != edges[i].phone || v2 != edges[i].registered
				|| v3 != edges[i].pbx) {
			fail_msg("%s: got '%s', '%s' and '%s'", edges[i].about,
					tr_flow_words(v1), tr_flow_words(v2), tr_flow_words(v3));
		}
	}
}

/* Who forwards a request to another edge learns its address, and whoever
 * follows a token learns which key made it. */
static void test_what_is_told(void **state)
{
	static const struct edge there = {OTHER "\n" SECRET, "10.0.0.2:5060", 9};
	static const struct edge nowhere = {SECRET, NULL, 7};
	char token[TR_FLOW_TOKEN_MAX];
	struct tr_edge_addr want;
	struct tr_flow flow;

	(void)state;
	assert_int_equal(judge(&there, TR_KIND_PHONE,
							 token_of(&ours, TR_KIND_REGISTERED, token), &flow),
			TR_ELSEWHERE);
	assert_int_equal(tr_edge_read(view(EDGE), &want), 0);
	assert_true(tr_edge_same(&flow.edge, &want));
	assert_int_equal(flow.key, 1);
	/* a token of an edge without an address has nowhere to go */
	assert_int_equal(
			judge(&ours, TR_KIND_PHONE,
					token_of(&nowhere, TR_KIND_REGISTERED, token), &flow),
			TR_OK);
	assert_int_equal(flow.edge.ip_len, 0);
}

/* The first key makes tokens, whatever others there are. */
static void test_first_key_makes(void **state)
{
	static const struct edge both = {SECRET "\n" OTHER, EDGE, 7};
	static const struct edge turned = {OTHER "\n" SECRET, EDGE, 7};
	char one[TR_FLOW_TOKEN_MAX], two[TR_FLOW_TOKEN_MAX];
	struct tr_view a, b;
	size_t k;

	(void)state;
	for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		a = token_of(&ours, kinds[k], one);
		b = token_of(&both, kinds[k], two);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.s, b.s, a.len);
		b = token_of(&turned, kinds[k], two);
		assert_int_equal(a.len, b.len);
		assert_memory_not_equal(a.s, b.s, a.len);
	}
}

static const struct {
	const char *about;
	time_t later; /* than NOW, in seconds */
	uint32_t lifetime;
	enum tr_verdict want;
} ages[] = {
		{"fresh", 0, DAY, TR_OK},
		{"as old as it may be", DAY, DAY, TR_OK},
		{"the hour that it was made in counts as a whole", DAY + 1799, DAY,
				TR_OK},
		{"too old", DAY + 1800, DAY, TR_EXPIRED},
		{"much too old", 365 * DAY, DAY, TR_EXPIRED},
		{"no end", 365 * DAY, 0, TR_OK},
		{"a lifetime of a second", 1799, 1, TR_OK},
		{"... is over with the hour", 1801, 1, TR_EXPIRED},
		{"the longest lifetime", 3650 * (time_t)DAY, UINT32_MAX, TR_OK},
		{"made by a clock that is an hour ahead", -HOUR, DAY, TR_OK},
		{"just within", -1800 - HOUR, DAY, TR_OK},
		{"of the future", -1801 - HOUR, DAY, TR_EXPIRED},
		{"of the future, without an end", -1801 - HOUR, 0, TR_EXPIRED},
		{"our clock stands at 1970", -NOW, DAY, TR_EXPIRED},
		{"our clock stands before it", -NOW - DAY, DAY, TR_EXPIRED},
};

static void test_ages(void **state)
{
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow_keys keys;
	struct tr_flow flow;
	size_t i, k;

	(void)state;
	keys_of(&keys, &ours);
	for(i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			enum tr_verdict v, want = ages[i].want;

			keys.lifetime = ages[i].lifetime;
			if(kinds[k] != TR_KIND_PBX) {
				want = TR_OK; /* they end with the connection, or with the
								 registration */
			}
			v = tr_flow_decode(&keys, side_of(kinds[k]),
					token_of(&ours, kinds[k], token), NOW + ages[i].later,
					&flow, buf);
			if(v != want) {
				fail_msg("%s, kind %d: %s", ages[i].about, (int)kinds[k],
						tr_flow_words(v));
			}
		}
	}
}

static void test_hours(void **state)
{
	(void)state;
	assert_int_equal(tr_flow_hour(0), 0);
	assert_int_equal(tr_flow_hour(-5), 0);
	assert_int_equal(tr_flow_hour(3599), 0);
	assert_int_equal(tr_flow_hour(3600), 1);
	assert_int_equal(tr_flow_hour(NOW), 480000);
	assert_int_equal(
			tr_flow_hour((time_t)1 << 40), ((time_t)1 << 40) / HOUR & 0xffffff);
}

static void test_wrong_side(void **state)
{
	static const struct edge there = {SECRET, "10.0.0.2:5060", 9};
	char token[TR_FLOW_TOKEN_MAX];
	struct tr_flow flow;
	size_t k;

	(void)state;
	for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		enum tr_kind other =
				side_of(kinds[k]) == TR_KIND_PBX ? TR_KIND_PHONE : TR_KIND_PBX;
		struct tr_view t = token_of(&ours, kinds[k], token);

		assert_int_equal(judge(&ours, other, t, &flow), TR_WRONG_SIDE);
		assert_int_equal(judge(&there, other, t, &flow), TR_WRONG_SIDE);
		assert_int_equal(judge(&ours, TR_KIND_NONE, t, &flow), TR_WRONG_SIDE);
	}
}

static int is_believed(enum tr_verdict v)
{
	return v == TR_OK || v == TR_STALE || v == TR_EXPIRED || v == TR_ELSEWHERE
		   || v == TR_WRONG_SIDE;
}

static void altered(const struct tr_flow_keys *keys, struct tr_view t)
{
	static const char set[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			"-_.%@;= \n";
	char bad[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow flow;
	struct tr_view b;
	size_t i, j;

	for(i = 0; i < t.len; i++) {
		for(j = 0; j < sizeof(set) - 1; j++) {
			enum tr_verdict v;

			if(set[j] == t.s[i]) {
				continue;
			}
			memcpy(bad, t.s, t.len);
			bad[i] = set[j];
			b = (struct tr_view){bad, t.len};
			v = tr_flow_decode(keys, TR_KIND_PHONE, b, NOW, &flow, buf);
			if(is_believed(v)) {
				fail_msg("character %zu as %c: '%s'", i, set[j],
						tr_flow_words(v));
			}
		}
		b = (struct tr_view){t.s, i};
		assert_false(is_believed(
				tr_flow_decode(keys, TR_KIND_PHONE, b, NOW, &flow, buf)));
	}
	memcpy(bad, t.s, t.len);
	for(j = 0; j < 64; j++) {
		bad[t.len] = set[j];
		b = (struct tr_view){bad, t.len + 1};
		assert_false(is_believed(
				tr_flow_decode(keys, TR_KIND_PHONE, b, NOW, &flow, buf)));
	}
}

/* Every character replaced by every other, cut off at every length, and
 * lengthened: never accepted, never believed. */
static void test_altered(void **state)
{
	static const struct edge both = {OTHER "\n" SECRET, EDGE, 7};
	char token[TR_FLOW_TOKEN_MAX];
	struct tr_flow_keys keys;
	size_t k;

	(void)state;
	keys_of(&keys, &both);
	for(k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		altered(&keys, token_of(&ours, kinds[k], token));
	}
}

static const struct {
	const char *about;
	struct tr_flow flow;
	size_t uri_len;
	int want;
} bounds[] = {
		{"the longest of a phone", {.kind = TR_KIND_PHONE, .conid = 1},
				TR_FLOW_URI_MAX, 0},
		{"the longest of the PBX", {.kind = TR_KIND_PBX}, TR_FLOW_URI_MAX, 0},
		{"the longest of all", {.kind = TR_KIND_REGISTERED}, TR_FLOW_URI_MAX,
				0},
		{"one octet more", {.kind = TR_KIND_REGISTERED}, TR_FLOW_URI_MAX + 1,
				-1},
		{"a phone's without a URI", {.kind = TR_KIND_PHONE, .conid = 1}, 0, -1},
		{"the PBX's without a URI", {.kind = TR_KIND_PBX}, 0, -1},
		{"a phone's without a connection", {.kind = TR_KIND_PHONE}, 9, -1},
		{"no kind", {.kind = TR_KIND_NONE, .conid = 1}, 9, -1},
		{"no such kind", {.kind = 4}, 9, -1},
		{"the last hour", {.kind = TR_KIND_PBX, .made = 0xffffff}, 9, 0},
		{"no hour", {.kind = TR_KIND_PBX, .made = 0x1000000}, 9, -1},
};

static void test_bounds(void **state)
{
	static const struct edge six = {SECRET, "[2001:db8::1]:5060", 7};
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF], uri[TR_FLOW_URI_MAX + 1];
	struct tr_flow_keys keys;
	struct tr_flow flow, got;
	struct tr_view t = {token, 0};
	size_t i, longest = 0;

	(void)state;
	memset(uri, 'u', sizeof(uri));
	keys_of(&keys, &six);
	for(i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		flow = bounds[i].flow;
		flow.uri = (struct tr_view){uri, bounds[i].uri_len};
		if(tr_flow_encode(&keys, &flow, token, sizeof(token), &t.len)
				!= bounds[i].want) {
			fail_msg("%s: %s", bounds[i].about,
					bounds[i].want ? "taken" : "refused");
		}
		if(bounds[i].want == 0) {
			assert_true(is_believed(tr_flow_decode(
					&keys, side_of(flow.kind), t, NOW, &got, buf)));
			assert_true(same_flow(&flow, &got));
			assert_int_equal(
					tr_flow_encode(&keys, &flow, token, t.len - 1, &t.len), -1);
			longest = t.len > longest ? t.len : longest;
		}
	}
	assert_int_equal(longest, TR_FLOW_TOKEN_MAX);
}

/* Keys that nobody made must not make or accept what anybody can compute. */
static void test_no_keys(void **state)
{
	static const struct tr_flow_keys zero;
	static const struct tr_secrets none;
	struct tr_secrets many = {.n = TR_KEYS_MAX + 1};
	struct tr_edge_addr addr = {.ip_len = 0};
	char token[TR_FLOW_TOKEN_MAX], buf[TR_FLOW_BUF];
	struct tr_flow_keys keys;
	struct tr_flow flow = flow_of(TR_KIND_PBX, "sip:a"), got;
	struct tr_view t;
	size_t len;

	(void)state;
	assert_int_equal(tr_flow_init(&keys, &none, &addr, 1, DAY), -1);
	assert_int_equal(tr_flow_init(&keys, &many, &addr, 1, DAY), -1);
	assert_int_equal(
			tr_flow_encode(&zero, &flow, token, sizeof(token), &len), -1);
	keys_of(&keys, &ours);
	t = encode(&keys, &flow, token);
	assert_int_equal(tr_flow_decode(&zero, TR_KIND_PBX, t, NOW, &got, buf),
			TR_UNKNOWN_KEY);
	tr_flow_wipe(&keys);
	assert_memory_equal(&keys, &zero, sizeof(keys));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_round_trip),
			cmocka_unit_test(test_without_uri),
			cmocka_unit_test(test_grammar),
			cmocka_unit_test(test_not_readable),
			cmocka_unit_test(test_strangers),
			cmocka_unit_test(test_edges),
			cmocka_unit_test(test_what_is_told),
			cmocka_unit_test(test_first_key_makes),
			cmocka_unit_test(test_ages),
			cmocka_unit_test(test_hours),
			cmocka_unit_test(test_wrong_side),
			cmocka_unit_test(test_altered),
			cmocka_unit_test(test_bounds),
			cmocka_unit_test(test_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
