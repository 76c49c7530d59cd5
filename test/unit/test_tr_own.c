/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are our own parameters found in a Via, whoever wrote it in what order? */
#include "../../modules/tls_reuse/tr_own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define VIA "SIP/2.0/TLS 192.0.2.1:5061"

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* want: "branch|i|te|tv", "-" for what is not there; NULL: refused. */
static const struct {
	const char *about;
	const char *params;
	const char *want;
} table[] = {
		{"none", "", "-|-|-|-"},
		{"all four", ";branch=b;i=1;te=oi;tv=AA", "b|1|oi|AA"},
		{"RFC 3261 s18.2.1: received and rport, another order",
				";rport=5;tv=AA;te=oi;received=192.0.2.9;i=1;branch=b",
				"b|1|oi|AA"},
		{"RFC 3261 s7.3.1: blanks, folds, names in any case",
				" ; BRANCH = b\r\n ;I =1;\tTe= oi ;TV=AA ", "b|1|oi|AA"},
		{"values keep their case", ";branch=Ab;te=OI", "Ab|-|OI|-"},
		{"names that only begin so", ";branches=a;ii=1;tea=2;t=3;tvv=4",
				"-|-|-|-"},
		{"a value with a sign in it", ";branch=a=b", "a=b|-|-|-"},
		{"there, but empty", ";branch=;i;te= ;tv", "|||"},
		{"an empty parameter", ";;branch=b;", "b|-|-|-"},
		{"two branches", ";branch=a;branch=b", NULL},
		{"two of a kind in other letters", ";i=1;x;I=1", NULL},
		{"two te, one without a value", ";te;te=o", NULL},
		{"two tokens", ";tv=AA;tv=AA", NULL},
		{"a quote may hide what the core sees", ";x=\";i=1;\"", NULL},
		{"a backslash", ";x=\\", NULL},
		{"a comment", ";x=(;i=1)", NULL},
		{"another Via behind it", ";i=1, SIP/2.0/UDP b;i=2", NULL},
};

static void put(char *out, const struct tr_own *own)
{
	size_t i, n = 0;

	for(i = 0; i < TR_OWN_COUNT; i++) {
		struct tr_view v = own->param[i].value;

		n += (size_t)sprintf(out + n, "%s%.*s", i > 0 ? "|" : "",
				own->param[i].whole.len > 0 ? (int)v.len : 1,
				own->param[i].whole.len > 0 ? (v.s ? v.s : "") : "-");
	}
}

static void test_read(void **state)
{
	char via[256], got[256];
	struct tr_own own;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		snprintf(via, sizeof(via), "%s%s", VIA, table[i].params);
		if(tr_own_read(view(via), &own) != 0) {
			if(table[i].want != NULL) {
				fail_msg("%s: refused", table[i].about);
			}
			continue;
		}
		put(got, &own);
		if(table[i].want == NULL || strcmp(got, table[i].want) != 0) {
			fail_msg("%s: want %s, got %s", table[i].about,
					table[i].want ? table[i].want : "refused", got);
		}
	}
}

/* What differs here must differ in what the token is bound to. */
static const struct {
	const char *about;
	const char *one;
	const char *other;
	int same;
} pairs[] = {
		{"order, blanks, other parameters", ";branch=b;i=1;te=o",
				";te = o;received=1.2.3.4;I=1;branch=b;rport=1", 1},
		{"the token itself", ";branch=b;tv=AA", ";branch=b;tv=BB", 1},
		{"another branch", ";branch=b", ";branch=c", 0},
		{"another connection", ";branch=b;i=1", ";branch=b;i=2", 0},
		{"another mark", ";branch=b;te=oi", ";branch=b;te=n", 0},
		{"a connection that was not there", ";branch=b", ";branch=b;i=1", 0},
		{"an empty one that was not there", ";branch=b", ";branch=b;i=", 0},
		{"the same octets at other places", ";branch=b;i=1", ";branch=b;te=1",
				0},
		{"the border moved", ";branch=b;i=11;te=1", ";branch=b;i=1;te=11", 0},
		{"the case of letters", ";branch=b", ";branch=B", 0},
};

static void test_bound(void **state)
{
	uint8_t a[TR_OWN_BOUND_MAX], b[TR_OWN_BOUND_MAX];
	char one[256], other[256];
	struct tr_own own;
	size_t i, n, m;

	(void)state;
	for(i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		snprintf(one, sizeof(one), "%s%s", VIA, pairs[i].one);
		snprintf(other, sizeof(other), "%s%s", VIA, pairs[i].other);
		assert_int_equal(tr_own_read(view(one), &own), 0);
		n = tr_own_bound(&own, a);
		assert_int_equal(tr_own_read(view(other), &own), 0);
		m = tr_own_bound(&own, b);
		assert_true(n > 0 && m > 0);
		if((n == m && memcmp(a, b, n) == 0) != pairs[i].same) {
			fail_msg("%s: want %s", pairs[i].about,
					pairs[i].same ? "the same" : "different");
		}
	}
}

static void test_bounds(void **state)
{
	char via[1024] = VIA ";branch=";
	uint8_t out[TR_OWN_BOUND_MAX];
	struct tr_own own;
	size_t at = strlen(via);

	(void)state;
	memset(via + at, 'b', TR_OWN_VALUE_MAX);
	assert_int_equal(tr_own_read(view(via), &own), 0);
	assert_int_equal(tr_own_bound(&own, out), 6 + TR_OWN_VALUE_MAX);
	via[at + TR_OWN_VALUE_MAX] = 'b';
	assert_int_equal(tr_own_read(view(via), &own), 0);
	assert_int_equal(tr_own_bound(&own, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_read),
			cmocka_unit_test(test_bound),
			cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
