/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is only our own mark believed, and only for its own call? */
#include "../../modules/tls_reuse/tr_mark.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define CALL "1234@phone"
#define BASE "sip:192.0.2.7:5061;transport=tls"

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* Two keys from one text. */
static struct tr_mark_key key_of(const char *secret)
{
	struct tr_mark_key key = {{0}, {1}};

	memcpy(key.call_id, secret, strlen(secret));
	memcpy(key.pair + 1, secret, strlen(secret));
	return key;
}

/* base and the mark of the two domains, terminated. */
static void mark(char *out, const char *base, const char *call_id,
		const char *domain, const char *local)
{
	struct tr_mark_key key = key_of("our secret");
	struct tr_domains pair;
	size_t n = strlen(base);

	assert_int_equal(tr_domains_set(&pair, view(domain), view(local)), 0);
	memcpy(out, base, n);
	n += tr_mark_write(&key, view(call_id), &pair, out + n);
	out[n] = '\0';
}

/* What was written is read, by who holds the key, in the same call. */
static const struct {
	const char *about;
	const char *base;
	const char *domain;
	const char *local;
	const char *call_id; /* of the message that it is read in */
	const char *secret;
	enum tr_mark want;
} trips[] = {
		{"a domain", BASE, "b.example", "", CALL, "our secret", TR_MARK_OK},
		{"two domains", BASE, "b.example", "a.example", CALL, "our secret",
				TR_MARK_OK},
		{"an A-label, a digit, an underscore", BASE, "xn--bcher-kva.example",
				"_1.example", CALL, "our secret", TR_MARK_OK},
		{"nothing before it", "", "b.example", "", CALL, "our secret",
				TR_MARK_OK},
		{"another call", BASE, "b.example", "", "1235@phone", "our secret",
				TR_MARK_FORGED},
		{"a call whose identifier begins so", BASE, "b.example", "", CALL "b",
				"our secret", TR_MARK_FORGED},
		{"a call without an identifier", BASE, "b.example", "", "",
				"our secret", TR_MARK_FORGED},
		{"another process's key, or that of an earlier start", BASE,
				"b.example", "", CALL, "their secret", TR_MARK_FORGED},
};

static void round_trips(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(trips) / sizeof(trips[0]); i++) {
		struct tr_mark_key key = key_of(trips[i].secret);
		struct tr_domains got;
		char uri[1024];
		enum tr_mark verdict;

		mark(uri, trips[i].base, CALL, trips[i].domain, trips[i].local);
		verdict = tr_mark_read(&key, view(trips[i].call_id), view(uri), &got);
		if(verdict != trips[i].want
				|| (verdict == TR_MARK_OK
						&& (strcmp(got.domain, trips[i].domain) != 0
								|| strcmp(got.local, trips[i].local) != 0))
				|| tr_mark_begin(view(uri)) != strlen(trips[i].base)) {
			fail_msg("%s: %s: verdict %d", trips[i].about, uri, verdict);
		}
	}
}

/* Somebody else's URIs; %s is a true mark for b.example and a.example. */
static const struct {
	const char *about;
	const char *uri;
	enum tr_mark want;
} strangers[] = {
		{"an ordinary URI", BASE, TR_MARK_NONE},
		{"no URI", "", TR_MARK_NONE},
		{"a parameter with a longer name", BASE ";tr-tool=x", TR_MARK_NONE},
		{"other letters: nobody reads it", BASE ";TR-TO=b.example",
				TR_MARK_NONE},
		{"the flows' own parameter", BASE ";tr-conid=7", TR_MARK_NONE},
		{"a true one", BASE "%s", TR_MARK_OK},
		{"a name alone", BASE ";tr-to=b.example", TR_MARK_FORGED},
		{"a MAC made up", BASE ";tr-to=b.example;tr-by=AAAAAAAAAAAAAAAAAAAAAA",
				TR_MARK_FORGED},
		{"a MAC too short", BASE ";tr-to=b.example;tr-by=AAAAAAAAAAAAAAAAAAAAA",
				TR_MARK_FORGED},
		{"a MAC of other characters",
				BASE ";tr-to=b.example;tr-by=AAAAAAAAAAAAAAAAAAAA+/",
				TR_MARK_FORGED},
		{"no MAC", BASE ";tr-to=b.example;tr-by=", TR_MARK_FORGED},
		{"a MAC without a name", BASE ";tr-by=AAAAAAAAAAAAAAAAAAAAAA",
				TR_MARK_FORGED},
		{"something behind a true one", BASE "%s;lr", TR_MARK_FORGED},
		{"a blank behind it", BASE "%s ", TR_MARK_FORGED},
		{"a made up one before a true one", BASE ";tr-to=evil.example%s",
				TR_MARK_FORGED},
		{"a domain of ours before a true one", BASE ";tr-as=evil.example%s",
				TR_MARK_FORGED},
		{"a true one twice", BASE "%s%s", TR_MARK_FORGED},
};

static void others(void **state)
{
	struct tr_mark_key key = key_of("our secret");
	char true_mark[256], uri[1024];
	struct tr_domains got;
	size_t i;

	(void)state;
	mark(true_mark, "", CALL, "b.example", "a.example");
	for(i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		enum tr_mark verdict;

		snprintf(uri, sizeof(uri), strangers[i].uri, true_mark, true_mark);
		verdict = tr_mark_read(&key, view(CALL), view(uri), &got);
		if(verdict != strangers[i].want) {
			fail_msg("%s: %s: got %d, want %d", strangers[i].about, uri,
					verdict, strangers[i].want);
		}
		assert_int_equal(verdict == TR_MARK_NONE,
				tr_mark_begin(view(uri)) == strlen(uri));
	}
}

/* No octet of a mark can be changed, taken out or left off its end. */
static void every_octet(void **state)
{
	struct tr_mark_key key = key_of("our secret");
	char uri[512], changed[512];
	size_t i, len, begin = strlen(BASE);

	(void)state;
	mark(uri, BASE, CALL, "b.example", "a.example");
	len = strlen(uri);
	for(i = begin; i < len; i++) {
		memcpy(changed, uri, len);
		changed[i] = changed[i] == 'x' ? 'y' : 'x';
		assert_int_not_equal(tr_mark_read(&key, view(CALL),
									 (struct tr_view){changed, len}, NULL),
				TR_MARK_OK);
		memcpy(changed, uri, i);
		memcpy(changed + i, uri + i + 1, len - i - 1);
		assert_int_not_equal(tr_mark_read(&key, view(CALL),
									 (struct tr_view){changed, len - 1}, NULL),
				TR_MARK_OK);
		assert_int_not_equal(
				tr_mark_read(&key, view(CALL), (struct tr_view){uri, i}, NULL),
				TR_MARK_OK);
	}
	assert_int_equal(
			tr_mark_read(&key, view(CALL), view(uri), NULL), TR_MARK_OK);
}

/* The longest names fit where they are said to. */
static void longest(void **state)
{
	struct tr_mark_key key = key_of("our secret");
	char name[TR_NAME_MAX], out[TR_MARK_MAX];
	struct tr_domains pair, got;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(tr_domains_set(&pair, (struct tr_view){name, sizeof(name)},
							 (struct tr_view){name, sizeof(name)}),
			0);
	assert_int_equal(tr_mark_write(&key, view(CALL), &pair, out), TR_MARK_MAX);
	assert_int_equal(tr_mark_read(&key, view(CALL),
							 (struct tr_view){out, sizeof(out)}, &got),
			TR_MARK_OK);
	assert_true(tr_domains_equal(&pair, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips),
			cmocka_unit_test(others), cmocka_unit_test(every_octet),
			cmocka_unit_test(longest)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
