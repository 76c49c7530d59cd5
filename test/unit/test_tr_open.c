/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a transaction open from its request to its final response, and on its
 * own connection only? */
#include "../../modules/tls_reuse/tr_open.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t seed[TR_HASH_SEED_LEN] = {"a seed for tests"};

/* --- what is read --------------------------------------------------------- */

#define LONG_32 "METHODSOFTHIRTYTWOLETTERSINALLXX"
#define LONG_64                                                                \
	"z9hG4bK890123456789012345678901234567890123456789012345678901234"
#define LONG_255                                                               \
	LONG_64 LONG_64 LONG_64                                                    \
			"z9hG4bK89012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *about;
	const char *text;
	unsigned status;
	const char *method; /* NULL: it is not read */
	const char *branch;
} messages[] = {
		{"RFC 3261 s7.1: a request",
				"INVITE sip:b@x SIP/2.0\r\n"
				"Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\r\n",
				0, "INVITE", "z9hG4bK1"},
		{"s7.2: a response's method is in CSeq",
				"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"
				"CSeq: 4711 BYE\r\n\r\n",
				200, "BYE", "z9hG4bK1"},
		{"... wherever that is",
				"SIP/2.0 180 Ringing\r\nCSeq:1 INVITE\r\nTo: <sip:a@b>\r\n"
				"Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\r\n",
				180, "INVITE", "z9hG4bK1"},
		{"s7.3.3: compact, in capital letters",
				"BYE sip:b SIP/2.0\r\nV: SIP/2.0/TLS h;branch=a\r\n\r\n", 0,
				"BYE", "a"},
		{"s7.3.1: names in any case of letters, blanks before the colon",
				"SIP/2.0 200 OK\r\nvIA \t: SIP/2.0/TLS h;BRANCH=a\r\n"
				"csEQ : 1 BYE\r\n\r\n",
				200, "BYE", "a"},
		{"s7.3.1: continued on the next line",
				"SIP/2.0 200 OK\r\nVia:\r\n SIP/2.0/TLS h\r\n ;branch\r\n =\r\n"
				" a\r\nCSeq:\r\n\t1\r\n BYE\r\n\r\n",
				200, "BYE", "a"},
		{"the topmost Via counts",
				"BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=a\r\n"
				"Via: SIP/2.0/TLS i;branch=b\r\n\r\n",
				0, "BYE", "a"},
		{"... also when both are in one line",
				"BYE sip:b SIP/2.0\r\n"
				"Via: SIP/2.0/TLS h;rport;branch=a,SIP/2.0/TLS i;branch=b"
				"\r\n\r\n",
				0, "BYE", "a"},
		{"... and has none",
				"BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS h, SIP/2.0/TLS "
				"i;branch=b"
				"\r\n\r\n",
				0, NULL, NULL},
		{"... though the next has one",
				"BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS h\r\n"
				"Via: SIP/2.0/TLS i;branch=b\r\n\r\n",
				0, NULL, NULL},
		{"a quoted value is not looked into",
				"BYE sip:b SIP/2.0\r\n"
				"Via: SIP/2.0/TLS h;x=\"\\\";branch=b,\";branch=a\r\n\r\n",
				0, "BYE", "a"},
		{"a parameter whose name ends in it",
				"BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS h;xbranch=b;branch=a"
				"\r\n\r\n",
				0, "BYE", "a"},
		{"... or begins with it",
				"BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS h;branches=b;branch=a"
				"\r\n\r\n",
				0, "BYE", "a"},
		{"s7.5: line ends before the first line",
				"\r\n\r\nBYE sip:b SIP/2.0\r\nv: SIP/2.0/TLS "
				"h;branch=a\r\n\r\n",
				0, "BYE", "a"},
		{"a Via behind the empty line is body",
				"BYE sip:b SIP/2.0\r\nTo: a\r\n\r\nVia: x;branch=a\r\n", 0,
				NULL, NULL},
		{"a response without CSeq",
				"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS h;branch=a\r\n\r\n", 0,
				NULL, NULL},
		{"... with a number only",
				"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS h;branch=a\r\nCSeq: 1\r\n"
				"\r\n",
				0, NULL, NULL},
		{"an empty branch", "BYE sip:b SIP/2.0\r\nVia: x;branch=\r\n\r\n", 0,
				NULL, NULL},
		{"a longest branch and method",
				LONG_32 " sip:b SIP/2.0\r\nVia: x;branch=" LONG_255 "\r\n\r\n",
				0, LONG_32, LONG_255},
		{"one octet more of a branch",
				"BYE sip:b SIP/2.0\r\nVia: x;branch=" LONG_255 "x\r\n\r\n", 0,
				NULL, NULL},
		{"... of a method",
				LONG_32 "X sip:b SIP/2.0\r\nVia: x;branch=a\r\n\r\n", 0, NULL,
				NULL},
		{"no such status",
				"SIP/2.0 99 Low\r\nVia: x;branch=a\r\nCSeq: 1 BYE"
				"\r\n\r\n",
				0, NULL, NULL},
		{"... neither",
				"SIP/2.0 700 High\r\nVia: x;branch=a\r\nCSeq: 1 BYE"
				"\r\n\r\n",
				0, NULL, NULL},
		{"... no number",
				"SIP/2.0 2x0 OK\r\nVia: x;branch=a\r\nCSeq: 1 BYE"
				"\r\n\r\n",
				0, NULL, NULL},
		{"... too many digits",
				"SIP/2.0 2000 OK\r\nVia: x;branch=a\r\n"
				"CSeq: 1 BYE\r\n\r\n",
				0, NULL, NULL},
		{"a message that is cut behind its branch",
				"BYE sip:b SIP/2.0\r\nVia: x;branch=a", 0, "BYE", "a"},
		{"... within the parameter", "BYE sip:b SIP/2.0\r\nVia: x;bran", 0,
				NULL, NULL},
		{"... within the header's name", "BYE sip:b SIP/2.0\r\nVi", 0, NULL,
				NULL},
		{"... within the first line", "BYE", 0, NULL, NULL},
		{"nothing", "", 0, NULL, NULL},
		{"a ping", "\r\n\r\n", 0, NULL, NULL},
};

static int is(struct tr_view v, const char *text)
{
	return v.len == strlen(text) && memcmp(v.s, text, v.len) == 0;
}

static void reading(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		size_t len = strlen(messages[i].text);
		char *exact = malloc(len > 0 ? len : 1); /* for sanitizers */
		struct tr_open_message m;
		int rc;

		memcpy(exact, messages[i].text, len);
		rc = tr_open_read((struct tr_view){exact, len}, &m);
		if((rc == 0) != (messages[i].method != NULL)) {
			fail_msg("%s: %d", messages[i].about, rc);
		}
		if(rc == 0
				&& (m.status != messages[i].status
						|| !is(m.method, messages[i].method)
						|| !is(m.branch, messages[i].branch))) {
			fail_msg("%s: %u, %.*s, %.*s", messages[i].about, m.status,
					(int)m.method.len, m.method.s, (int)m.branch.len,
					m.branch.s);
		}
		free(exact);
	}
}

/* --- which is which ------------------------------------------------------- */

struct side {
	enum tr_open_dir dir;
	int conid;
	const char *branch;
	const char *method;
};

static const struct {
	const char *about;
	struct side a;
	struct side b;
	int same;
} pairs[] = {
		{"RFC 3261 s17.1.3: branch and method", {TR_OPEN_OUT, 1, "a", "INVITE"},
				{TR_OPEN_OUT, 1, "a", "INVITE"}, 1},
		{"another branch", {TR_OPEN_OUT, 1, "a", "INVITE"},
				{TR_OPEN_OUT, 1, "b", "INVITE"}, 0},
		{"s9.1: CANCEL has its INVITE's branch",
				{TR_OPEN_OUT, 1, "a", "INVITE"},
				{TR_OPEN_OUT, 1, "a", "CANCEL"}, 0},
		{"our branch is ours on any connection", {TR_OPEN_OUT, 0, "a", "BYE"},
				{TR_OPEN_OUT, 7, "a", "BYE"}, 1},
		{"a peer's is his on his", {TR_OPEN_IN, 6, "a", "BYE"},
				{TR_OPEN_IN, 7, "a", "BYE"}, 0},
		{"a peer who writes our branch", {TR_OPEN_OUT, 7, "a", "BYE"},
				{TR_OPEN_IN, 7, "a", "BYE"}, 0},
		{"where the method ends and the branch begins",
				{TR_OPEN_OUT, 1, "b", "BYEa"}, {TR_OPEN_OUT, 1, "ab", "BYE"},
				0},
		{"letters count in their case", {TR_OPEN_OUT, 1, "a", "BYE"},
				{TR_OPEN_OUT, 1, "A", "BYE"}, 0},
};

static struct tr_open_table *make(unsigned buckets)
{
	void *mem = malloc(tr_open_size(buckets));

	assert_non_null(mem);
	return tr_open_init(mem, buckets, seed);
}

static struct tr_open_key key_of(
		const struct tr_open_table *t, const struct side *s)
{
	struct tr_open_message m = {.method = {s->method, strlen(s->method)},
			.branch = {s->branch, strlen(s->branch)}};

	return tr_open_key_of(t, s->dir, s->conid, &m);
}

static void keys(void **state)
{
	struct tr_open_table *t = make(1024);
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct tr_open_key a = key_of(t, &pairs[i].a);
		struct tr_open_key b = key_of(t, &pairs[i].b);

		if((a.print == b.print && a.bucket == b.bucket) != pairs[i].same) {
			fail_msg("%s", pairs[i].about);
		}
	}
	free(t);
}

/* --- the table ------------------------------------------------------------ */

static struct tr_open_key numbered(const struct tr_open_table *t, unsigned n)
{
	char branch[16];
	struct side s = {TR_OPEN_OUT, 0, branch, "BYE"};

	snprintf(branch, sizeof(branch), "z9hG4bK%u", n);
	return key_of(t, &s);
}

static void from_request_to_response(void **state)
{
	struct tr_open_table *t = make(1);
	struct tr_open_key a = numbered(t, 1), b = numbered(t, 2);

	(void)state;
	assert_int_equal(tr_open_end(t, &a), 0);
	assert_int_equal(tr_open_begin(t, &a, 7, 0, 100), 0);
	assert_int_equal(tr_open_begin(t, &b, 8, 0, 100), 0);
	/* s17.1.1.2: sent again, it is the same transaction */
	assert_int_equal(tr_open_begin(t, &a, 7, 0, 101), 0);
	assert_int_equal(tr_open_count(t, 0, 7, 101), 1);
	assert_int_equal(tr_open_count(t, 0, 8, 101), 1);
	assert_int_equal(tr_open_count(t, 0, 9, 101), 0);
	assert_int_equal(tr_open_end(t, &a), 1);
	assert_int_equal(tr_open_end(t, &a), 0);
	assert_int_equal(tr_open_count(t, 0, 7, 101), 0);
	assert_int_equal(tr_open_count(t, 0, 8, 101), 1);
	free(t);
}

/* The connection is known only once it has been opened. */
static void connection_comes_later(void **state)
{
	struct tr_open_table *t = make(1);
	struct tr_open_key a = numbered(t, 1), b = numbered(t, 2);

	(void)state;
	tr_open_begin(t, &a, 0, 0, 100);
	assert_int_equal(tr_open_count(t, 0, 7, 100), 0);
	tr_open_takes(t, &a, 7);
	tr_open_takes(t, &b, 7); /* there is none */
	assert_int_equal(tr_open_count(t, 0, 7, 100), 1);
	assert_int_equal(tr_open_end(t, &a), 1);
	tr_open_takes(t, &a, 7); /* it was answered before */
	assert_int_equal(tr_open_count(t, 0, 7, 100), 0);
	free(t);
}

/* RFC 3261 s16.6 Timer C, s17.1.2.2 Timer F */
static void given_up(void **state)
{
	struct tr_open_table *t = make(1);
	struct tr_open_key a = numbered(t, 1), b = numbered(t, 2);

	(void)state;
	tr_open_begin(t, &a, 7, 0, 100);
	tr_open_begin(t, &b, 7, 1, 100);
	assert_int_equal(tr_open_count(t, 0, 7, 131), 2);
	assert_int_equal(tr_open_count(t, 0, 7, 132), 1);
	assert_int_equal(tr_open_count(t, 0, 7, 279), 1);
	assert_int_equal(tr_open_count(t, 0, 7, 280), 0);
	free(t);
}

/* One too many of a bucket: the one that is given up soonest makes room. What
 * has been given up makes room without anybody noticing. */
static void full_bucket(void **state)
{
	struct tr_open_table *t = make(1);
	struct tr_open_key key;
	unsigned n;

	(void)state;
	for(n = 0; n < TR_OPEN_WAYS; n++) {
		key = numbered(t, n);
		assert_int_equal(tr_open_begin(t, &key, 7, n != 3, 100 + n), 0);
	}
	key = numbered(t, 100);
	assert_int_equal(tr_open_begin(t, &key, 7, 1, 110), 1);
	assert_int_equal(tr_open_count(t, 0, 7, 110), TR_OPEN_WAYS);
	key = numbered(t, 3);
	assert_int_equal(tr_open_end(t, &key), 0); /* that one */
	key = numbered(t, 101);
	assert_int_equal(tr_open_begin(t, &key, 7, 1, 280), 0);
	key = numbered(t, 0);
	assert_int_equal(tr_open_end(t, &key), 0);
	free(t);
}

/* Many transactions at once, as many as half of all places: against a plain
 * list, nothing else is forgotten than what the table says. */
static void many(void **state)
{
	enum { BUCKETS = 256, N = BUCKETS * TR_OPEN_WAYS / 2 };
	struct tr_open_table *t = make(BUCKETS);
	unsigned n, gone = 0, open = 0, ended = 0;
	uint32_t b;

	(void)state;
	for(n = 0; n < N; n++) {
		struct tr_open_key key = numbered(t, n);

		assert_true(key.bucket < BUCKETS);
		gone += tr_open_begin(t, &key, (int)(n % 10) + 1, 1, 100);
	}
	assert_true(gone < N / 20);
	for(b = 0; b < BUCKETS; b++) {
		for(n = 1; n <= 10; n++) {
			open += tr_open_count(t, b, (int)n, 100);
		}
	}
	assert_int_equal(open, N - gone);
	for(n = 0; n < N; n++) {
		struct tr_open_key key = numbered(t, n);

		ended += tr_open_end(t, &key);
	}
	assert_int_equal(ended, N - gone);
	for(b = 0; b < BUCKETS; b++) {
		assert_int_equal(tr_open_count(t, b, 1, 100), 0);
	}
	free(t);
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(tr_open_size(0), 0);
	assert_int_equal(tr_open_size(3), 0);
	assert_int_equal(tr_open_size(2 * TR_OPEN_BUCKETS_MAX), 0);
	assert_true(tr_open_size(4096) <= 4096 * TR_OPEN_WAYS * 16 + 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reading),
			cmocka_unit_test(keys),
			cmocka_unit_test(from_request_to_response),
			cmocka_unit_test(connection_comes_later),
			cmocka_unit_test(given_up),
			cmocka_unit_test(full_bucket),
			cmocka_unit_test(many),
			cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
