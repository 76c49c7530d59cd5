/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the connection found that may carry a request, and no other? */
#include "../../modules/tls_reuse/tr_alias.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TLS 3
#define TCP 2

static const uint8_t seed[TR_HASH_SEED_LEN] = {"a seed for tests"};

/* Keys that the tables below name by a letter; a and the others differ in one
 * thing each. */
static const struct {
	uint8_t ip[16];
	uint8_t ip_len;
	uint8_t transport;
	uint16_t port;
	const char *domain;
	const char *local;
} keys[] = {
		{{192, 0, 2, 1}, 4, TLS, 5061, "b.example", "a.example"}, /* a */
		{{192, 0, 2, 1}, 4, TLS, 5061, "c.example", "a.example"}, /* b: peer */
		{{192, 0, 2, 1}, 4, TLS, 5061, "b.example", "z.example"}, /* c: ours */
		{{192, 0, 2, 1}, 4, TLS, 5061, "b.example", ""}, /* d: not ours */
		{{192, 0, 2, 1}, 4, TLS, 5062, "b.example", "a.example"},  /* e: port */
		{{192, 0, 2, 1}, 4, TCP, 5061, "b.example", "a.example"},  /* f: TCP */
		{{192, 0, 2, 2}, 4, TLS, 5061, "b.example", "a.example"},  /* g: IP */
		{{192, 0, 2, 1}, 16, TLS, 5061, "b.example", "a.example"}, /* h: IPv6 */
		{{192, 0, 2, 1}, 4, TLS, 5061, "b.example.", "a.example"}, /* i: dot */
		{{192, 0, 2, 1}, 4, TLS, 5061,
				"b.example"
				"a.example",
				""}, /* j: both names as one */
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static struct tr_alias_key key_of(size_t i)
{
	struct tr_alias_key key = {{0}, keys[i].ip_len, keys[i].transport,
			keys[i].port, {keys[i].domain, strlen(keys[i].domain)},
			{keys[i].local, strlen(keys[i].local)}};

	memcpy(key.ip, keys[i].ip, sizeof(key.ip));
	return key;
}

/* What is done, and what comes of it, in words of one or two characters:
 *
 *   +a5   connection 5 gets a row with key a: A added, T there already,
 *         E7 added and a row of connection 7 gave way
 *   ?a    who has key a: connections, oldest first; "-" nobody
 *   !a    the oldest of key a is used: no answer
 *   -5    connection 5 has closed: how many rows went
 *   t9    it is second 9: no answer
 *   #     how many rows there are */
static const struct {
	const char *about;
	unsigned rows;
	const char *script;
	const char *want;
} table[] = {
		{"nothing is in an empty table", 4, "?a # -1", "- 0 0"},
		{"RFC 5923 s8.1-10, s8.1-12: what was put in is found", 4, "+a5 ?a #",
				"A 5 1"},
		{"RFC 5923 s9.3: same address, another peer domain: not reused", 4,
				"+a5 ?b +b6 ?a ?b", "A - A 5 6"},
		{"RFC 5923 s9.3-3: same address, another domain of ours: not reused", 4,
				"+a5 ?c +c6 ?a ?c", "A - A 5 6"},
		{"a connection for no domain of ours is not for one of them", 4,
				"+d5 ?a ?d", "A - 5"},
		{"... nor the other way round", 4, "+a5 ?d", "A -"},
		{"RFC 5923 s8.1-13: another port, transport or address", 4,
				"+a5 ?e ?f ?g ?h", "A - - - -"},
		{"names are compared as they are: canonical form is the caller's", 4,
				"+a5 ?i", "A -"},
		{"two names are not the same two written together", 4, "+a5 ?j", "A -"},
		{"RFC 5923 s5: several rows share an address", 4,
				"+a1 +b2 +c3 +d4 ?a ?b ?c ?d", "A A A A 1 2 3 4"},
		{"several connections of one key: oldest first", 4, "+a5 +a6 +a7 ?a",
				"A A A 5,6,7"},
		{"RFC 5923 s8.1: one that has closed is not found", 4, "+a5 -5 ?a #",
				"A 1 - 0"},
		{"the first of three goes", 4, "+a5 +a6 +a7 -5 ?a", "A A A 1 6,7"},
		{"the middle one goes", 4, "+a5 +a6 +a7 -6 ?a", "A A A 1 5,7"},
		{"the last one goes", 4, "+a5 +a6 +a7 -7 ?a", "A A A 1 5,6"},
		{"all go", 4, "+a5 +a6 +a7 -5 -7 -6 ?a #", "A A A 1 1 1 - 0"},
		{"RFC 5923 s8.2: a row for each identity, all go with the connection",
				4, "+a5 +b5 +c5 +d6 -5 ?a ?b ?c ?d #", "A A A A 3 - - - 6 1"},
		{"the same row twice is one row", 4, "+a5 +a5 ?a #", "A T 5 1"},
		{"who closes twice, or never was", 4, "+a5 -5 -5 -9", "A 1 0 0"},
		{"at the bound the row unused for longest gives way", 2,
				"t1 +a5 t2 +b6 t3 +c7 ?a ?b ?c #", "A A E5 - 6 7 2"},
		{"use counts, not age", 2, "t1 +a5 t2 +b6 t3 !a +c7 ?a ?b ?c",
				"A A E6 5 - 7"},
		{"use within the second of the last use moves nothing", 2,
				"t1 +a5 +b6 !a +c7 ?a ?b ?c", "A A E5 - 6 7"},
		{"of one key's rows the first may give way", 2,
				"t1 +a5 t2 +a6 t3 +b7 ?a ?b", "A A E5 6 7"},
		{"... or the second", 2, "t1 +a5 t2 +a6 t3 !a +b7 ?a ?b", "A A E6 5 7"},
		{"one row gives way, not the connection's others", 2,
				"t1 +a5 t2 +b5 t3 +c6 -5 #", "A A E5 1 1"},
		{"a table of one row", 1, "+a5 +b6 ?a ?b -6 +c7 ?c #",
				"A E5 - 6 1 A 7 1"},
		{"a row that was given up is used again", 2,
				"+a5 +b6 -5 +c7 -6 -7 +d8 +e9 ?d ?e #",
				"A A 1 A 1 1 A A 8 9 2"},
		{"a connection's number may be any", 4, "+a-1 +b0 ?a ?b --1 #",
				"A A -1 0 1 1"},
};

struct run {
	struct tr_alias_table *t;
	int64_t now;
	char got[256];
};

static void say(struct run *run, const char *text)
{
	size_t n = strlen(run->got);

	snprintf(
			run->got + n, sizeof(run->got) - n, "%s%s", n > 0 ? " " : "", text);
}

static void add(struct run *run, size_t key, int conid)
{
	struct tr_alias_key k = key_of(key);
	struct tr_alias evicted;
	char text[16];

	switch(tr_alias_add(
			run->t, &k, TR_ALIAS_OPENED, conid, run->now, &evicted)) {
		case TR_ALIAS_REFUSED:
			say(run, "R");
			break;
		case TR_ALIAS_THERE:
			say(run, "T");
			break;
		case TR_ALIAS_ADDED:
			say(run, "A");
			break;
		case TR_ALIAS_EVICTED:
			snprintf(text, sizeof(text), "E%d", evicted.conid);
			say(run, text);
			break;
	}
}

/* Are these the rows of its connections, and as many as are asked for? */
static void all_at_once(const struct tr_alias_table *t,
		const struct tr_alias_key *key, const int *want, size_t n)
{
	struct tr_alias_row got[4];
	unsigned max, i, found;

	for(max = 0; max <= 4; max++) {
		found = tr_alias_rows(t, key, got, max);
		assert_int_equal(found, max < n ? max : n);
		for(i = 0; i < found; i++) {
			assert_int_equal(got[i].conid, want[i]);
			assert_int_equal(tr_alias_conid(t, got[i].slot), want[i]);
		}
	}
}

static void find(struct run *run, size_t key)
{
	struct tr_alias_key k = key_of(key);
	uint32_t at = tr_alias_find(run->t, &k);
	char text[64] = "-";
	size_t n = 0, rows = 0;
	int conids[3];

	for(; at != TR_ALIAS_NONE; at = tr_alias_next(run->t, at)) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d",
				n > 0 ? "," : "", tr_alias_conid(run->t, at));
		assert_in_range(rows, 0, 2);
		conids[rows++] = tr_alias_conid(run->t, at);
	}
	all_at_once(run->t, &k, conids, rows);
	say(run, text);
}

static void step(struct run *run, const char *word)
{
	struct tr_alias_key k;
	char text[16];

	switch(*word) {
		case '+':
			add(run, (size_t)(word[1] - 'a'), atoi(word + 2));
			break;
		case '?':
			find(run, (size_t)(word[1] - 'a'));
			break;
		case '!':
			k = key_of((size_t)(word[1] - 'a'));
			assert_int_equal(tr_alias_use(run->t, tr_alias_find(run->t, &k), &k,
									 run->now),
					0);
			break;
		case '-':
			snprintf(text, sizeof(text), "%u",
					tr_alias_remove(run->t, atoi(word + 1)));
			assert_int_equal(tr_alias_has(run->t, atoi(word + 1)), 0);
			say(run, text);
			break;
		case 't':
			run->now = atoi(word + 1);
			break;
		default:
			snprintf(text, sizeof(text), "%u", tr_alias_count(run->t));
			say(run, text);
	}
}

static struct tr_alias_table *make(unsigned rows)
{
	void *mem = malloc(tr_alias_size(rows));

	assert_non_null(mem);
	return tr_alias_init(mem, rows, seed);
}

static void scripts(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run run = {make(table[i].rows), 0, ""};
		char script[128], *word, *rest = NULL;

		snprintf(script, sizeof(script), "%s", table[i].script);
		for(word = strtok_r(script, " ", &rest); word != NULL;
				word = strtok_r(NULL, " ", &rest)) {
			step(&run, word);
		}
		free(run.t);
		if(strcmp(run.got, table[i].want) != 0) {
			fail_msg("%s: %s: got \"%s\", want \"%s\"", table[i].about,
					table[i].script, run.got, table[i].want);
		}
	}
}

/* Is a row that cannot be kept refused, and the table none the worse? */
static void refusals(void **state)
{
	struct tr_alias_table *t = make(2);
	char name[TR_ALIAS_NAMES_MAX + 1];
	struct tr_alias_key k = key_of(0);

	(void)state;
	memset(name, 'a', sizeof(name));
	k.domain = (struct tr_view){name, 253};
	k.local = (struct tr_view){name, TR_ALIAS_NAMES_MAX - 253};
	assert_int_equal(
			tr_alias_add(t, &k, TR_ALIAS_OPENED, 1, 0, NULL), TR_ALIAS_ADDED);
	assert_int_not_equal(tr_alias_find(t, &k), TR_ALIAS_NONE);
	k.local.len++;
	assert_int_equal(
			tr_alias_add(t, &k, TR_ALIAS_OPENED, 2, 0, NULL), TR_ALIAS_REFUSED);
	assert_int_equal(tr_alias_find(t, &k), TR_ALIAS_NONE);
	k = key_of(0);
	k.domain.len = 0;
	assert_int_equal(
			tr_alias_add(t, &k, TR_ALIAS_OPENED, 2, 0, NULL), TR_ALIAS_REFUSED);
	k = key_of(0);
	k.ip_len = 5;
	assert_int_equal(
			tr_alias_add(t, &k, TR_ALIAS_OPENED, 2, 0, NULL), TR_ALIAS_REFUSED);
	assert_int_equal(tr_alias_count(t), 1);
	assert_int_equal(tr_alias_size(0), 0);
	assert_int_equal(tr_alias_size(TR_ALIAS_ROWS_MAX + 1), 0);
	free(t);
}

/* Does a row say what it was made with, RFC 5923 s5's columns and ours? */
static void columns(void **state)
{
	struct tr_alias_table *t = make(3);
	struct tr_alias_key k = key_of(7);
	const struct tr_alias *row;
	uint32_t at;

	(void)state;
	tr_alias_add(t, &k, TR_ALIAS_ACCEPTED, 5, 100, NULL);
	at = tr_alias_find(t, &k);
	assert_int_equal(tr_alias_use(t, at, &k, 107), 0);
	assert_int_equal(tr_alias_use(t, at, &k, 109), 0);
	row = tr_alias_at(t, at);
	assert_non_null(row);
	assert_null(tr_alias_at(t, at + 1));
	assert_null(tr_alias_at(t, 3));
	assert_memory_equal(row->ip, k.ip, 16);
	assert_int_equal(row->ip_len, 16);
	assert_int_equal(row->port, 5061);
	assert_int_equal(row->transport, TLS);
	assert_int_equal(row->dir, TR_ALIAS_ACCEPTED);
	assert_int_equal(row->conid, 5);
	assert_int_equal(row->uses, 2);
	assert_int_equal(row->created, 100);
	assert_int_equal(row->last_used, 109);
	assert_int_equal(tr_alias_domain(row).len, 9);
	assert_memory_equal(tr_alias_domain(row).s, "b.example", 9);
	assert_memory_equal(tr_alias_local(row).s, "a.example", 9);
	free(t);
}

/* Is what lies behind a short address no part of it? */
static void behind_address(void **state)
{
	struct tr_alias_table *t = make(2);
	struct tr_alias_key k = key_of(0);
	uint32_t at;

	(void)state;
	k.ip[4] = 1;
	tr_alias_add(t, &k, TR_ALIAS_OPENED, 5, 0, NULL);
	k.ip[4] = 2;
	at = tr_alias_find(t, &k);
	assert_int_not_equal(at, TR_ALIAS_NONE);
	assert_int_equal(tr_alias_use(t, at, &k, 1), 0);
	assert_int_equal(tr_alias_at(t, at)->ip[4], 0);
	free(t);
}

/* Is a row used by nobody else, whatever slot he names? */
static void others_rows(void **state)
{
	struct tr_alias_table *t = make(3);
	struct tr_alias_key mine = key_of(0), k;
	uint32_t at;
	size_t i;

	(void)state;
	tr_alias_add(t, &mine, TR_ALIAS_OPENED, 5, 0, NULL);
	at = tr_alias_find(t, &mine);
	assert_int_equal(tr_alias_has(t, 5), 1);
	/* 9 is in the same list of connections, if there are four of them */
	assert_int_equal(tr_alias_has(t, 9), 0);
	for(i = 1; i < KEYS; i++) {
		k = key_of(i);
		assert_int_equal(tr_alias_use(t, at, &k, 1), -1);
	}
	tr_alias_remove(t, 5);
	assert_int_equal(tr_alias_use(t, at, &mine, 1), -1);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(scripts),
			cmocka_unit_test(refusals), cmocka_unit_test(columns),
			cmocka_unit_test(others_rows), cmocka_unit_test(behind_address)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
