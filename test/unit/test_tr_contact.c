/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are the URIs of a Contact header found where they are? */
#include "../../modules/tls_reuse/tr_contact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define NO_EXPIRES -1

static const struct {
	const char *about;
	const char *body;
	size_t n;
	const char *uri; /* of the last contact, and its other parts */
	const char *user;
	const char *params;
	int bracketed;
	long long expires;
} good[] = {
		{"name-addr without a name", "<sip:a@h>", 1, "sip:a@h", "a", "", 1,
				NO_EXPIRES},
		{"addr-spec", "sip:a@h:5060", 1, "sip:a@h:5060", "a", "", 0,
				NO_EXPIRES},
		{"RFC 3261 s20.10: parameters of an addr-spec are the header's",
				"sip:a@h;expires=60", 1, "sip:a@h", "a", ";expires=60", 0, 60},
		{"parameters of the URI and of the header",
				"<sip:a@h;transport=tls>;q=0.5;expires=3600", 1,
				"sip:a@h;transport=tls", "a", ";q=0.5;expires=3600", 1, 3600},
		{"a quoted name with all that confuses",
				"\"A, <sip:x@y> \\\" ; \" <sip:a@h>", 1, "sip:a@h", "a", "", 1,
				NO_EXPIRES},
		{"a name of tokens", "Alice the 3rd <sip:a@h>", 1, "sip:a@h", "a", "",
				1, NO_EXPIRES},
		{"a name that touches its bracket", "Alice<sip:a@h>", 1, "sip:a@h", "a",
				"", 1, NO_EXPIRES},
		{"sip.instance, RFC 5626 s4.1",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:0-1>\";reg-id=1", 1,
				"sip:a@h", "a", ";+sip.instance=\"<urn:uuid:0-1>\";reg-id=1", 1,
				NO_EXPIRES},
		{"quoted parameter with comma and semicolon",
				"<sip:a@h>;methods=\"INVITE, ACK;x\";expires=5", 1, "sip:a@h",
				"a", ";methods=\"INVITE, ACK;x\";expires=5", 1, 5},
		{"a parameter without a value", "<sip:a@h>;audio;video", 1, "sip:a@h",
				"a", ";audio;video", 1, NO_EXPIRES},
		{"blanks around separators", " <sip:a@h> ; expires = 7 ; q = 1 ", 1,
				"sip:a@h", "a", "; expires = 7 ; q = 1", 1, 7},
		{"several", "<sip:a@h>;q=1, <sip:b@h>, sip:c@h;expires=9", 3, "sip:c@h",
				"c", ";expires=9", 0, 9},
		{"a folded line, RFC 3261 s7.3.1", "<sip:a@h>;q=1,\r\n\t<sip:b@h>", 2,
				"sip:b@h", "b", "", 1, NO_EXPIRES},
		{"no user", "<sip:10.0.0.1:5060>", 1, "sip:10.0.0.1:5060", "", "", 1,
				NO_EXPIRES},
		{"IPv6", "<sip:a@[2001:db8::1]:5061;transport=tls>", 1,
				"sip:a@[2001:db8::1]:5061;transport=tls", "a", "", 1,
				NO_EXPIRES},
		{"sips in capitals", "<SIPS:a@h>", 1, "SIPS:a@h", "a", "", 1,
				NO_EXPIRES},
		{"a password is not the user", "<sip:a:secret@h>", 1, "sip:a:secret@h",
				"a", "", 1, NO_EXPIRES},
		{"a user with separators in brackets", "<sip:a;b,c=1@h>", 1,
				"sip:a;b,c=1@h", "a;b,c=1", "", 1, NO_EXPIRES},
		{"an escaped at sign", "<sip:a%40b@h>", 1, "sip:a%40b@h", "a%40b", "",
				1, NO_EXPIRES},
		{"expires in capitals", "<sip:a@h>;EXPIRES=60", 1, "sip:a@h", "a",
				";EXPIRES=60", 1, 60},
		{"RFC 3261 s20.19: 2**32-1", "<sip:a@h>;expires=4294967295", 1,
				"sip:a@h", "a", ";expires=4294967295", 1, 4294967295LL},
		{"beyond 2**32-1", "<sip:a@h>;expires=99999999999", 1, "sip:a@h", "a",
				";expires=99999999999", 1, 4294967295LL},
		{"far beyond", "<sip:a@h>;expires=99999999999999999999999", 1,
				"sip:a@h", "a", ";expires=99999999999999999999999", 1,
				4294967295LL},
		{"expires that is no number", "<sip:a@h>;expires=soon", 1, "sip:a@h",
				"a", ";expires=soon", 1, NO_EXPIRES},
};

static const struct {
	const char *about;
	const char *body;
	int want;
	size_t at;
} bad[] = {
		{"nothing", "", TR_CONTACT_MALFORMED, 0},
		{"only blanks", "  ", TR_CONTACT_MALFORMED, 2},
		{"a blank in the brackets", "< sip:b@h>", TR_CONTACT_MALFORMED, 1},
		{"no closing bracket", "<sip:a@h", TR_CONTACT_MALFORMED, 8},
		{"no opening bracket", "sip:a@h>", TR_CONTACT_MALFORMED, 7},
		{"two opening brackets", "<<sip:a@h>", TR_CONTACT_MALFORMED, 1},
		{"an open quote", "\"Alice <sip:a@h>", TR_CONTACT_MALFORMED, 0},
		{"an open quote in a parameter", "<sip:a@h>;x=\"y",
				TR_CONTACT_MALFORMED, 12},
		{"a quoted name and no address", "\"Alice\"", TR_CONTACT_MALFORMED, 7},
		{"a quoted name before an addr-spec", "\"Alice\" sip:a@h",
				TR_CONTACT_MALFORMED, 8},
		{"a comma at the end", "<sip:a@h>,", TR_CONTACT_MALFORMED, 10},
		{"two commas", "<sip:a@h>,,<sip:b@h>", TR_CONTACT_MALFORMED, 10},
		{"a semicolon at the end", "<sip:a@h>;", TR_CONTACT_MALFORMED, 10},
		{"a parameter without its value", "<sip:a@h>;q=", TR_CONTACT_MALFORMED,
				12},
		{"something behind the address", "<sip:a@h> x", TR_CONTACT_MALFORMED,
				10},
		{"RFC 3261 s20.10: a question mark needs brackets", "sip:a@h?x=1",
				TR_CONTACT_MALFORMED, 0},
		{"RFC 3261 s19.1.1: headers in what becomes a Request-URI",
				"<sip:a@h?Replaces=1>", TR_CONTACT_MALFORMED, 1},
		{"RFC 3261 s10.2.2: star and a parameter", "*;expires=0",
				TR_CONTACT_MALFORMED, 1},
		{"star and another", "*, <sip:a@h>", TR_CONTACT_MALFORMED, 1},
		{"another and star", "<sip:a@h>, *", TR_CONTACT_MALFORMED, 11},
		{"no scheme", "<alice@h>", TR_CONTACT_MALFORMED, 1},
		{"no host", "<sip:a@>", TR_CONTACT_MALFORMED, 1},
		{"nothing behind the scheme", "<sip:>", TR_CONTACT_MALFORMED, 1},
		{"an empty user", "<sip:@h>", TR_CONTACT_MALFORMED, 1},
		{"two at signs", "<sip:a@b@h>", TR_CONTACT_MALFORMED, 1},
		{"a host that begins with a parameter", "<sip:a@;lr>",
				TR_CONTACT_MALFORMED, 1},
		{"a control character", "<sip:a\x01@h>", TR_CONTACT_MALFORMED, 6},
		{"a high octet in the URI", "<sip:\xc3\xa4@h>", TR_CONTACT_MALFORMED,
				5},
		{"a line break that folds nothing", "<sip:a@h>\r\nVia: x",
				TR_CONTACT_MALFORMED, 9},
		{"a line break in quotes", "\"a\r\nb\" <sip:a@h>", TR_CONTACT_MALFORMED,
				2},
		{"a number", "<tel:+4930123456>", TR_CONTACT_NOT_SIP, 1},
		{"mail, RFC 3261 s20.10", "Bob <mailto:bob@h>", TR_CONTACT_NOT_SIP, 5},
		{"one of them is no SIP URI", "<sip:a@h>, <http://h>",
				TR_CONTACT_NOT_SIP, 12},
};

static int same(struct tr_view v, const char *text)
{
	return v.len == strlen(text)
		   && (v.len == 0 || memcmp(v.s, text, v.len) == 0);
}

static void test_good(void **state)
{
	size_t i, at;

	(void)state;
	for(i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct tr_contacts got = {0};
		const struct tr_contact *c;
		struct tr_view body = {good[i].body, strlen(good[i].body)};
		int rc = tr_contact_walk(body, &got, &at);

		if(rc != 0 || got.n != good[i].n || got.star) {
			fail_msg("%s: %s: got %d, %zu contacts, at %zu", good[i].about,
					good[i].body, rc, got.n, at);
		}
		c = &got.c[got.n - 1];
		if(!same(c->uri, good[i].uri) || !same(c->user, good[i].user)
				|| !same(c->params, good[i].params)
				|| c->bracketed != good[i].bracketed
				|| (c->has_expires ? (long long)c->expires : NO_EXPIRES)
						   != good[i].expires) {
			fail_msg("%s: %s: got '%.*s' '%.*s' '%.*s' %d %d %u", good[i].about,
					good[i].body, (int)c->uri.len, c->uri.s, (int)c->user.len,
					c->user.s, (int)c->params.len, c->params.s, c->bracketed,
					c->has_expires, c->expires);
		}
	}
}

static void test_bad(void **state)
{
	size_t i, at;

	(void)state;
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct tr_contacts got = {0};
		struct tr_view body = {bad[i].body, strlen(bad[i].body)};
		int rc = tr_contact_walk(body, &got, &at);

		if(rc != bad[i].want || at != bad[i].at) {
			fail_msg("%s: %s: want %d at %zu, got %d at %zu", bad[i].about,
					bad[i].body, bad[i].want, bad[i].at, rc, at);
		}
	}
}

static void test_star(void **state)
{
	struct tr_contacts got = {0};
	size_t at;

	(void)state;
	assert_int_equal(tr_contact_walk((struct tr_view){" * ", 3}, &got, &at), 0);
	assert_true(got.star);
	assert_int_equal(got.n, 0);
	/* RFC 3261 s10.2.2: not with another, in another header neither */
	assert_int_equal(
			tr_contact_walk((struct tr_view){"<sip:a@h>", 9}, &got, &at),
			TR_CONTACT_MALFORMED);
	assert_int_equal(tr_contact_walk((struct tr_view){"*", 1}, &got, &at),
			TR_CONTACT_MALFORMED);
}

static void test_bound(void **state)
{
	struct tr_contacts got = {0};
	size_t i, at;

	(void)state;
	for(i = 0; i < TR_CONTACTS_MAX; i++) {
		assert_int_equal(
				tr_contact_walk((struct tr_view){"<sip:a@h>", 9}, &got, &at),
				0);
	}
	assert_int_equal(got.n, TR_CONTACTS_MAX);
	assert_int_equal(
			tr_contact_walk((struct tr_view){"<sip:a@h>", 9}, &got, &at),
			TR_CONTACT_TOO_MANY);
}

/* What the other side may read of a Contact's parameters. */
static const struct {
	const char *about;
	const char *params;
	const char *kept;
} passing[] = {
		{"none", "", ""},
		{"all that may", ";expires=60;q=0.5;reg-id=1;methods=\"INVITE, ACK\"",
				";expires=60;q=0.5;reg-id=1;methods=\"INVITE, ACK\""},
		{"RFC 5626 s4.1, RFC 3840 s9: tags that begin with +",
				";+sip.instance=\"<urn:uuid:0-1>\";+g.oma.sip-im",
				";+sip.instance=\"<urn:uuid:0-1>\";+g.oma.sip-im"},
		{"names in any case", ";Expires=60;Q=1", ";Expires=60;Q=1"},
		{"RFC 3261 s20.10: the URI's own, without brackets",
				"; transport = tls;q=1", ";q=1"},
		{"it twice", ";transport=tls;transport=tls", ""},
		{"received names an address",
				";received=\"sip:192.168.1.20:1;transport=tls\";q=1", ";q=1"},
		{"unknown, quoted or not", ";x=\"sips:y\";expires=5;y=z;audio",
				";expires=5"},
		{"names that begin like those that may", ";expire=1;qq=1;method=x", ""},
		{"blanks between them go", ";expires=5 ; q=1 ;x", ";expires=5; q=1"},
};

static void test_keep(void **state)
{
	char body[512], kept[512];
	size_t i, j, n, at;

	(void)state;
	for(i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
		struct tr_contacts got = {0};

		snprintf(body, sizeof(body), "sip:a@h%s, <sip:b@h>", passing[i].params);
		assert_int_equal(tr_contact_walk((struct tr_view){body, strlen(body)},
								 &got, &at),
				0);
		for(j = n = 0; j < got.c[0].kept; j++) {
			memcpy(kept + n, got.c[0].keep[j].s, got.c[0].keep[j].len);
			n += got.c[0].keep[j].len;
		}
		kept[n] = '\0';
		if(strcmp(kept, passing[i].kept) != 0) {
			fail_msg("%s: want '%s', got '%s'", passing[i].about,
					passing[i].kept, kept);
		}
		if(got.c[0].all_kept && strcmp(kept, passing[i].params) != 0) {
			fail_msg("%s: not all were kept", passing[i].about);
		}
		assert_true(got.c[1].all_kept);
	}
}

static void test_keep_bound(void **state)
{
	struct tr_contacts got = {0};
	char body[512] = "<sip:a@h>";
	size_t at;
	int i;

	(void)state;
	for(i = 0; i <= TR_CONTACT_KEEP_MAX; i++) {
		strcat(body, ";+a");
	}
	assert_int_equal(
			tr_contact_walk((struct tr_view){body, strlen(body)}, &got, &at),
			0);
	assert_int_equal(got.c[0].kept, TR_CONTACT_KEEP_MAX);
	assert_false(got.c[0].all_kept);
}

/* What we wrote, at 10.99.1.1:5060, and what only looks like it. */
static const struct {
	const char *about;
	const char *uri;
	int plain;
} written[] = {
		{"as we write it", "sip:tr1_x@10.99.1.1:5060", 1},
		{"another host", "sip:tr1_x@203.0.113.9:5060", 0},
		{"another port", "sip:tr1_x@10.99.1.1:5061", 0},
		{"no port", "sip:tr1_x@10.99.1.1", 0},
		{"a longer port", "sip:tr1_x@10.99.1.1:50600", 0},
		{"a parameter", "sip:tr1_x@10.99.1.1:5060;transport=tls", 0},
		{"sips", "sips:tr1_x@10.99.1.1:5060", 0},
		{"the scheme in other letters", "SIP:tr1_x@10.99.1.1:5060", 0},
		{"a password", "sip:tr1_x:y@10.99.1.1:5060", 0},
		{"no user part", "sip:10.99.1.1:5060", 0},
};

static void test_plain(void **state)
{
	static const char here[] = "10.99.1.1:5060";
	char body[128];
	size_t i, at;

	(void)state;
	for(i = 0; i < sizeof(written) / sizeof(*written); i++) {
		struct tr_contacts got = {0};

		snprintf(body, sizeof(body), "<%s>;expires=60", written[i].uri);
		assert_int_equal(tr_contact_walk((struct tr_view){body, strlen(body)},
								 &got, &at),
				0);
		if(tr_contact_is_plain(
				   &got.c[0], (struct tr_view){here, sizeof(here) - 1})
				!= written[i].plain) {
			fail_msg("%s: want %d", written[i].about, written[i].plain);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_good),
			cmocka_unit_test(test_bad),
			cmocka_unit_test(test_keep),
			cmocka_unit_test(test_keep_bound),
			cmocka_unit_test(test_plain),
			cmocka_unit_test(test_star),
			cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
