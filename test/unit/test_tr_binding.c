/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has each registration one name, and no two the same one? */
#include "../../modules/tls_reuse/tr_binding.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static const struct {
	const char *about;
	const char *user, *host, *port;
	const char *want;
} aors[] = {
		{"an address of record", "alice", "edge.test", "",
				"sip:alice@edge.test"},
		{"RFC 3261 s19.1.4: the host in any case, the user not", "Alice",
				"Edge.TEST", "", "sip:Alice@edge.test"},
		{"... a port is part of it", "alice", "edge.test", "5061",
				"sip:alice@edge.test:5061"},
		{"... an escape that none needs is the character", "%61l%69ce%2D",
				"edge.test", "", "sip:alice-@edge.test"},
		{"... others stay, in one case", "a%40b%2F", "edge.test", "",
				"sip:a%40b%2f@edge.test"},
		{"no escape may bring a line's end, a bracket, an octet 0",
				"a%0D%0a%3E%00", "edge.test", "",
				"sip:a%0d%0a%3e%00@edge.test"},
		{"a percent sign that begins no escape is one itself", "100%",
				"edge.test", "", "sip:100%25@edge.test"},
		{"... also at the end", "a%4", "edge.test", "", "sip:a%254@edge.test"},
		{"... and with other digits", "a%4g", "edge.test", "",
				"sip:a%254g@edge.test"},
		{"... and makes none of what follows", "%%341", "edge.test", "",
				"sip:%2541@edge.test"},
		{"a domain without a user", "", "edge.test", "", "sip:edge.test"},
		{"IPv6", "alice", "[2001:DB8::1]", "", "sip:alice@[2001:db8::1]"},
};

static void addresses(void **state)
{
	char out[64];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(aors) / sizeof(aors[0]); i++) {
		struct tr_view want = view(aors[i].want);
		int len = tr_binding_aor(view(aors[i].user), view(aors[i].host),
				view(aors[i].port), out, sizeof(out));

		if(len != (int)want.len || memcmp(out, want.s, want.len) != 0) {
			fail_msg("%s: got \"%.*s\", want \"%s\"", aors[i].about,
					len < 0 ? 0 : len, out, want.s);
		}
		assert_int_equal(tr_binding_aor(view(aors[i].user), view(aors[i].host),
								 view(aors[i].port), out, want.len - 1),
				-1);
	}
}

/* A REGISTER, and which of its and the next one's Contacts are the same. */
#define A "sip:alice@edge.test"
static const struct {
	const char *about;
	const char *first; /* Contacts */
	const char *second;
	const char *aor; /* of the second; the first is A's */
	const char *call_id;
	const char *want; /* of each of the second: its number in the first, or - */
} rows[] = {
		{"RFC 3261 s10.2: the same Call-ID: the same registration",
				"<sip:a@10.0.0.1:5061>", "<sip:a@10.0.0.1:5061>", A, "c", "0"},
		{"... wherever the phone is now", "<sip:a@10.0.0.1:5061>",
				"<sip:a@192.0.2.7:40000;transport=tls>;expires=60", A, "c",
				"0"},
		{"another Call-ID is another phone", "<sip:a@10.0.0.1>",
				"<sip:a@10.0.0.1>", A, "d", "-"},
		{"another account, with the same Call-ID", "<sip:a@10.0.0.1>",
				"<sip:a@10.0.0.1>", "sip:bob@edge.test", "c", "-"},
		{"another user part, with the same Call-ID", "<sip:a@10.0.0.1>",
				"<sip:b@10.0.0.1>", A, "c", "-"},
		{"RFC 5626 s4.2: the same instance, whatever Call-ID and user",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:1>\"",
				"<sip:b@i>;q=1;+SIP.Instance = \"<urn:uuid:1>\"", A, "d", "0"},
		{"... of another account", "<sip:a@h>;+sip.instance=\"<urn:uuid:1>\"",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:1>\"", "sip:bob@edge.test",
				"c", "-"},
		{"another instance", "<sip:a@h>;+sip.instance=\"<urn:uuid:1>\"",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:2>\"", A, "c", "-"},
		{"one that has an instance is none that has not",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:1>\"", "<sip:a@h>", A, "c",
				"-"},
		{"RFC 5626 s4.2, s5.1-3: another reg-id is another flow of the "
		 "instance",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:1>\";reg-id=1",
				"<sip:a@h>;+sip.instance=\"<urn:uuid:1>\";reg-id=2, "
				"<sip:a@h>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"",
				A, "c", "-0"},
		{"... and says nothing without an instance", "<sip:a@h>;reg-id=1",
				"<sip:a@h>;reg-id=2", A, "c", "0"},
		{"an instance's text is no Call-ID", "<sip:a@h>",
				"<sip:a@h>;+sip.instance=c", A, "c", "-"},
		{"several: each its own", "<sip:a@h>, <sip:b@h>, <sip:a@i>",
				"<sip:a@h>, <sip:b@h>, <sip:a@i>", A, "c", "012"},
		{"a former URI that is removed is not the new one", "<sip:a@h>",
				"<sip:a@i>;expires=60, <sip:a@h>;expires=0", A, "c", "0-"},
		{"... in whatever order", "<sip:a@h>",
				"<sip:a@h>;expires=0, <sip:a@i>;expires=60", A, "c", "-0"},
		{"... with Expires for what has none of its own", "<sip:a@h>",
				"<sip:a@h>;expires=0, <sip:a@i>", A, "c", "-0"},
		{"the only one is meant when it is removed", "<sip:a@h>",
				"<sip:a@i>;expires=0", A, "c", "0"},
		{"a parameter that only looks like an instance", "<sip:a@h>",
				"<sip:a@h>;+sip.instances=\"x\";+sip.instance", A, "c", "0"},
};

static void ids_of(const char *text, const char *aor, const char *call_id,
		struct tr_contacts *contacts,
		uint8_t ids[TR_CONTACTS_MAX][TR_REGISTRATION_LEN])
{
	size_t at;

	memset(contacts, 0, sizeof(*contacts));
	assert_int_equal(tr_contact_walk(view(text), contacts, &at), 0);
	tr_binding_ids(contacts, view(aor), view(call_id), 3600, ids);
}

static void registrations(void **state)
{
	uint8_t first[TR_CONTACTS_MAX][TR_REGISTRATION_LEN];
	uint8_t second[TR_CONTACTS_MAX][TR_REGISTRATION_LEN];
	struct tr_contacts a, b;
	size_t i, j, k;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[TR_CONTACTS_MAX + 1] = "";

		ids_of(rows[i].first, A, "c", &a, first);
		ids_of(rows[i].second, rows[i].aor, rows[i].call_id, &b, second);
		for(j = 0; j < b.n; j++) {
			got[j] = '-';
			for(k = 0; k < a.n; k++) {
				if(memcmp(first[k], second[j], TR_REGISTRATION_LEN) == 0) {
					got[j] = (char)('0' + k);
				}
			}
		}
		if(strcmp(got, rows[i].want) != 0) {
			fail_msg("%s: got %s, want %s", rows[i].about, got, rows[i].want);
		}
	}
}

/* What is to be removed when neither Contact nor Expires say so? */
static void without_time(void **state)
{
	uint8_t ids[2][TR_CONTACTS_MAX][TR_REGISTRATION_LEN];
	struct tr_contacts c;
	size_t at;

	(void)state;
	memset(&c, 0, sizeof(c));
	tr_contact_walk(view("<sip:a@h>, <sip:a@i>;expires=60"), &c, &at);
	tr_binding_ids(&c, view(A), view("c"), 1, ids[0]);
	tr_binding_ids(&c, view(A), view("c"), 0, ids[1]);
	assert_memory_equal(ids[0][0], ids[1][1], TR_REGISTRATION_LEN);
	assert_memory_equal(ids[0][1], ids[1][0], TR_REGISTRATION_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(addresses),
			cmocka_unit_test(registrations), cmocka_unit_test(without_time)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
