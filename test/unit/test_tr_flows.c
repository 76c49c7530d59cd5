/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a phone reached over the connection that it registered over last, and
 * over no other? */
#include "../../modules/tls_reuse/tr_flows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t seed[TR_HASH_SEED_LEN] = {"a seed for tests"};

/* Memory that can be made to fail, and of which nothing may be left. */
static struct {
	unsigned out;
	unsigned fail; /* so many may still be had; 0: all */
} memory;

static void *get(size_t size)
{
	if(memory.fail > 0 && --memory.fail == 0) {
		return NULL;
	}
	memory.out++;
	return malloc(size);
}

static void put(void *block)
{
	memory.out--;
	free(block);
}

static struct tr_flows *make(unsigned max)
{
	static const struct tr_flows_memory given = {get, put};
	void *mem = malloc(tr_flows_size(max));

	assert_non_null(mem);
	memory.out = memory.fail = 0;
	return tr_flows_init(mem, max, &given, seed, 0);
}

static void end(struct tr_flows *t)
{
	tr_flows_clear(t);
	assert_int_equal(tr_flows_count(t), 0);
	assert_int_equal(tr_flows_registered(t), 0);
	assert_int_equal(memory.out, 0);
	free(t);
}

static void id_of(char letter, uint8_t id[TR_REGISTRATION_LEN])
{
	memset(id, letter, TR_REGISTRATION_LEN);
}

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static enum tr_flows_seen seen(struct tr_flows *t, int conid, int64_t now)
{
	unsigned char peer[TR_FLOWS_PEER_LEN] = {0};

	memcpy(peer, &conid, sizeof(conid));
	return tr_flows_seen(t, conid, peer, view(""), now);
}

static enum tr_flows_asked ask(struct tr_flows *t, int conid, char id,
		const char *aor, unsigned cseq, const char *uri, int64_t now)
{
	struct tr_flows_ask a = {.request = {view("call"), cseq},
			.aor = view(aor),
			.uri = view(uri)};

	id_of(id, a.id);
	return tr_flows_ask(t, conid, &a, now);
}

/* -1: gone; and is it the right one's address and URI that one gets? */
static int follow(struct tr_flows *t, char letter, int64_t now, char uri[64])
{
	unsigned char peer[TR_FLOWS_PEER_LEN];
	uint8_t id[TR_REGISTRATION_LEN];
	size_t len;
	int conid, there;

	id_of(letter, id);
	conid = tr_flows_follow(t, id, now, peer, uri, 63, &len);
	if(conid >= 0) {
		uri[len] = '\0';
		memcpy(&there, peer, sizeof(there));
		assert_int_equal(there, conid);
	}
	return conid;
}

/* What is done, and what comes of it, in words:
 *
 *   s5        a message over connection 5: T there already, M made, E made and
 *             another one gave way, F no room
 *   a5xA1     over 5, REGISTER number 1 asks for x of account A: k, F no room,
 *             G there is no such connection. Its URI is "u5"
 *   !5:1x30y  2xx to number 1 over 5, listing x for 30 s and y for 60
 *   ?x        where x leads: connection; "-" it is gone
 *   f5        does connection 5 lead anywhere: y, "-"
 *   w5A       whose is a message of account A over 5: x; "-" nobody's
 *   o5x       is x one over 5: its URI; "-"
 *   h5x       does 5 hold x, or ask for it: y, "-"
 *   r5        registrations over 5, seconds that the latest one has left, of
 *             which account: 1/30/A
 *   d5        connection 5 has closed: y; "-" there was none
 *   c         which connections changed: 5+6-; "-" none
 *   t9        it is second 9: no answer
 *   #         connections/registrations */
static const struct {
	const char *about;
	unsigned max;
	const char *script;
	const char *want;
} table[] = {
		{"an empty table", 4, "?x f5 w5A o5x d5 c #", "- - - - - - 0/0"},
		{"a connection is known from its first message on", 4, "s5 s5 f5 #",
				"M T y 1/0"},
		{"a registration leads to its connection", 4,
				"s5 a5xA1 !5:1x ?x o5x w5A r5 c #", "M k 5 u5 x 1/60/A 5+ 1/1"},
		{"RFC 5626 s5.2: over a new connection the old tokens lead there", 4,
				"s5 a5xA1 !5:1x s6 a6xA2 !6:2x ?x o6x o5x w5A r5 #",
				"M k M k 6 u6 - - 0/0/ 2/1"},
		{"... and closing the old one then takes nothing away", 4,
				"s5 a5xA1 !5:1x s6 a6xA2 !6:2x d5 ?x #", "M k M k y 6 1/1"},
		{"... and back again to the one from before", 4,
				"s5 a5xA1 !5:1x s6 a6xA2 !6:2x a5xA3 !5:3x ?x r6",
				"M k M k k 5 0/0/"},
		{"its connection closes: gone", 4, "s5 a5xA1 !5:1x d5 ?x d5 #",
				"M k y - - 0/0"},
		{"... until it registers again", 4,
				"s5 a5xA1 !5:1x d5 s6 a6xA2 !6:2x ?x", "M k y M k 6"},
		{"RFC 3261 s10.3: who only asks has nothing", 4,
				"s5 a5xA1 ?x w5A o5x r5 #", "M k - - - 0/0/ 1/0"},
		{"... but is known to have asked, until he is answered", 4,
				"s5 h5x a5xA1 h5x h5y s6 h6x !5:1 h5x a5xA2 !5:2x h5x h7x",
				"M - k y - M - - k y -"},
		{"... and takes nothing from who has it", 4,
				"s5 a5xA1 !5:1x s6 a6xA2 ?x w6A o6x", "M k M k 5 - -"},
		{"a 2xx to another REGISTER over the same connection binds nothing", 4,
				"s5 a5xA1 !5:1x s6 a6xA2 a6yB3 !6:3xy ?x ?y", "M k M k k 5 6"},
		{"... nor a 2xx over another connection", 4, "s5 a5xA1 s6 !6:1x ?x o6x",
				"M k M - -"},
		{"... nor one that lists something else", 4, "s5 a5xA1 !5:1y ?x ?y",
				"M k - -"},
		{"... nor one that comes twice, the second time", 4,
				"s5 a5xA1 !5:1x s6 a6xA2 !6:2x !5:1x ?x", "M k M k 6"},
		{"... nor one 32 s later", 4, "s5 a5xA1 t31 !5:1x ?x", "M k 5"},
		{"... (from then on nobody waits)", 4, "s5 a5xA1 t32 !5:1x ?x",
				"M k -"},
		{"a challenge: only what was asked last is answered", 4,
				"s5 a5xA1 a5xA2 !5:1x ?x !5:2x ?x", "M k k - 5"},
		{"another phone of the account: each has its own", 4,
				"s5 a5xA1 !5:1x s6 a6yA2 !6:2xy ?x ?y o6x o6y",
				"M k M k 5 6 - u6"},
		{"refreshed: still one, over the same connection", 4,
				"s5 a5xA1 !5:1x t50 a5xA2 !5:2x ?x r5 #", "M k k 5 1/60/A 1/1"},
		{"not listed any more: it does not count, dialogs go on", 4,
				"s5 a5xA1 !5:1x a5xA2 !5:2 ?x w5A r5 c #",
				"M k k 5 x 0/0/ 5- 1/0"},
		{"Contact: *: the same, for all of the account and no other", 4,
				"s5 a5xA1 !5:1x a5yB2 !5:2y a5zA3 !5:3 r5 ?x ?y",
				"M k k k 1/60/B 5 5"},
		{"it runs out 10 s behind its time: it does not count", 4,
				"s5 a5xA1 !5:1x30 c t39 r5 s5 c # t40 s5 r5 c # ?x",
				"M k 5+ 1/0/A T - 1/1 T 0/0/ 5- 1/0 5"},
		{"listed with no time left: it does not count", 4,
				"s5 a5xA1 !5:1x0 r5 ?x #", "M k 0/0/ 5 1/0"},
		{"listed twice: the longer time", 4, "s5 a5xA1 !5:1x30x50x40 r5",
				"M k 1/50/A"},
		{"a time longer than a turn of the clock", 4,
				"s5 a5xA1 !5:1x5000 t4500 s5 # t5009 s5 # t5010 s5 #",
				"M k T 1/1 T 1/1 T 1/0"},
		{"nobody asked the clock for a day", 4,
				"s5 a5xA1 !5:1x5000 s6 a6yB2 !6:2y7 t90000 s5 # c",
				"M k M k T 2/0 6-5-"},
		{"several over one connection: that of the account, else the latest", 4,
				"s5 a5xA1 !5:1x a5yB2 !5:2y w5A w5B w5C r5",
				"M k k x y y 2/60/B"},
		{"... one that counts before one that does not", 4,
				"s5 a5xA1 !5:1x a5yB2 !5:2y a5yB3 !5:3 w5A w5B w5C r5",
				"M k k k x y x 1/60/A"},
		{"... and the connection is registered until the last one ends", 4,
				"s5 a5xA1 !5:1x a5yB2 !5:2y c a5xA3 !5:3 c a5yB4 !5:4 c",
				"M k k 5+ k - k 5-"},
		{"a change that is undone before it was told is told as it is", 4,
				"s5 a5xA1 !5:1x a5xA2 !5:2 a5xA3 !5:3x c", "M k k k 5+"},
		{"of a connection that has closed nothing is told", 4,
				"s5 a5xA1 !5:1x d5 c", "M k y -"},
		{"at the bound the one without registration goes", 2,
				"s5 a5xA1 !5:1x s6 s7 f5 f6 f7", "M k M E y - y"},
		{"... of two the one that was used longer ago", 2,
				"s5 s6 s5 s7 f5 f6 f7 #", "M M T E y - y 2/0"},
		{"... a request to it is a use", 2, "s5 s6 f5 s7 f6", "M M y E -"},
		{"... and whose registration ended may go", 2,
				"s5 a5xA1 !5:1x s6 a6yB2 !6:2y t70 s7 ?x ?y", "M k M k E - 6"},
		{"... or moved on", 2, "s5 a5xA1 !5:1x s6 a6xA2 !6:2x s7 ?x f5",
				"M k M k E 6 -"},
		{"... if each has one there is no room", 2,
				"s5 a5xA1 !5:1x s6 a6yB2 !6:2y s7 s5 # c",
				"M k M k F T 2/2 5+6+"},
		{"registrations, twice as many: who only asked longest ago goes", 1,
				"s5 a5xA1 a5yB2 a5zC3 !5:1x !5:2y !5:3z ?x ?y ?z",
				"M k k k - 5 5"},
		{"... or what ended", 1,
				"s5 a5xA1 !5:1x0 a5yB2 !5:2y a5zC3 !5:3z ?x ?y ?z",
				"M k k k - 5 5"},
		{"... if all are bound there is no room but to refresh", 1,
				"s5 a5xA1 !5:1x a5yB2 !5:2y a5zC3 a5xA4 !5:4x #",
				"M k k F k 1/2"},
		{"who is not there asks for nothing", 2, "a5xA1 !5:1x ?x", "G -"},
		{"a connection's number may be any", 2, "s0 s-3 a-3xA1 !-3:1x r-3",
				"M M k 1/60/A"},
};

struct run {
	struct tr_flows *t;
	int64_t now;
	char got[256];
};

static void say(struct run *run, const char *text)
{
	size_t n = strlen(run->got);

	snprintf(
			run->got + n, sizeof(run->got) - n, "%s%s", n > 0 ? " " : "", text);
}

static void say_one(struct run *run, int there, char c)
{
	char text[2] = {there ? c : '-', '\0'};

	say(run, text);
}

/* x30y: letters, each with its seconds or 60. */
static void answer(struct run *run, int conid, char *word)
{
	struct tr_flows_request r = {
			view("call"), (uint32_t)strtol(word, &word, 10)};
	struct tr_flows_listed listed[8];
	size_t n = 0;

	for(; *word != '\0'; n++) {
		char *digits;

		id_of(*word, listed[n].id);
		digits = word + 1;
		listed[n].seconds = (uint32_t)strtoul(digits, &word, 10);
		if(word == digits) {
			listed[n].seconds = 60;
		}
	}
	tr_flows_answered(run->t, conid, &r, listed, n, run->now);
}

static void which(struct run *run, int conid, const char *aor)
{
	uint8_t id[TR_REGISTRATION_LEN] = {0};
	int there = tr_flows_which(run->t, conid, view(aor), id) > 0;

	say_one(run, there, (char)id[0]);
}

static void own(struct run *run, int conid, char letter)
{
	uint8_t id[TR_REGISTRATION_LEN];
	char uri[64];
	int len;

	id_of(letter, id);
	len = tr_flows_own(run->t, conid, id, uri, sizeof(uri) - 1);
	if(len >= 0) {
		uri[len] = '\0';
	}
	say(run, len < 0 ? "-" : uri);
}

static void row(struct run *run, int conid)
{
	struct tr_flows_row r;
	char text[64] = "-";

	if(tr_flows_row(run->t, conid, NULL, run->now, &r) == 0) {
		snprintf(text, sizeof(text), "%u/%d/%.9s", r.registrations,
				r.expires > 0 ? (int)(r.expires - run->now) : 0, r.aor);
	}
	say(run, text);
}

static void changed(struct run *run)
{
	char text[64] = "-";
	size_t n = 0;
	int conid, is;

	while((is = tr_flows_changed(run->t, &conid)) >= 0) {
		n += (size_t)snprintf(
				text + n, sizeof(text) - n, "%d%c", conid, is ? '+' : '-');
	}
	say(run, text);
}

static void ask_word(struct run *run, int conid, const char *word)
{
	char aor[2] = {word[1], '\0'}, uri[16];

	snprintf(uri, sizeof(uri), "u%d", conid);
	say_one(run, 1,
			"?FGk"[ask(run->t, conid, word[0], aor, (unsigned)atoi(word + 2),
					uri, run->now)]);
}

static void step(struct run *run, char *word)
{
	char *rest, uri[64], text[32];
	int n = (int)strtol(word + 1, &rest, 10);
	unsigned char peer[TR_FLOWS_PEER_LEN];
	uint8_t id[TR_REGISTRATION_LEN];

	switch(*word) {
		case 's':
			say_one(run, 1, "?FTME"[seen(run->t, n, run->now)]);
			break;
		case 'a':
			ask_word(run, n, rest);
			break;
		case '!':
			answer(run, n, rest + 1);
			break;
		case '?':
			n = follow(run->t, word[1], run->now, uri);
			snprintf(text, sizeof(text), "%d", n);
			say(run, n < 0 ? "-" : text);
			break;
		case 'f':
			say_one(run, tr_flows_follow_conn(run->t, n, run->now, peer) == 0,
					'y');
			break;
		case 'w':
			which(run, n, rest);
			break;
		case 'o':
			own(run, n, *rest);
			break;
		case 'h':
			id_of(*rest, id);
			say_one(run, tr_flows_has(run->t, n, id, (struct tr_view){NULL, 0}),
					'y');
			break;
		case 'r':
			row(run, n);
			break;
		case 'd':
			say_one(run, tr_flows_drop(run->t, n) == 0, 'y');
			break;
		case 'c':
			changed(run);
			break;
		case 't':
			run->now = n;
			break;
		default:
			snprintf(text, sizeof(text), "%u/%u", tr_flows_count(run->t),
					tr_flows_registered(run->t));
			say(run, text);
	}
}

static void scripts(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run run = {make(table[i].max), 0, ""};
		char script[128], *word, *rest = NULL;

		snprintf(script, sizeof(script), "%s", table[i].script);
		for(word = strtok_r(script, " ", &rest); word != NULL;
				word = strtok_r(NULL, " ", &rest)) {
			step(&run, word);
		}
		if(strcmp(run.got, table[i].want) != 0) {
			fail_msg("%s: %s: got \"%s\", want \"%s\"", table[i].about,
					table[i].script, run.got, table[i].want);
		}
		end(run.t);
	}
}

/* Registers letter i over connection 5, of an account of its own or of A. */
static enum tr_flows_asked register_one(
		struct tr_flows *t, int i, int own, unsigned cseq)
{
	struct tr_flows_request request = {view("call"), cseq};
	struct tr_flows_listed listed = {.seconds = 100};
	enum tr_flows_asked result;
	char aor[16] = "A";

	if(own) {
		snprintf(aor, sizeof(aor), "a%d", i);
	}
	result = ask(t, 5, (char)i, aor, cseq, "u", 0);
	id_of((char)i, listed.id);
	tr_flows_answered(t, 5, &request, &listed, 1, 0);
	return result;
}

/* How many registrations may one connection have, and what does it do to
 * others? */
static void per_connection(void **state)
{
	struct tr_flows *t = make(200);
	char uri[64];
	int i;

	(void)state;
	seen(t, 5, 0);
	for(i = 0; i < TR_FLOWS_PER_CONN; i++) {
		assert_int_equal(register_one(t, i, 0, 1), TR_FLOWS_ASK_OK);
	}
	/* each 2xx listed one of A's alone: the others have ended */
	assert_int_equal(tr_flows_registered(t), 1);
	for(i = 0; i < TR_FLOWS_PER_CONN; i++) {
		assert_int_equal(register_one(t, i, 1, 2), TR_FLOWS_ASK_OK);
	}
	assert_int_equal(tr_flows_registered(t), TR_FLOWS_PER_CONN);
	assert_int_equal(register_one(t, 'z', 1, 3), TR_FLOWS_ASK_FULL);
	assert_int_equal(register_one(t, 1, 1, 3), TR_FLOWS_ASK_OK);
	assert_int_equal(tr_flows_registered(t), TR_FLOWS_PER_CONN);
	seen(t, 6, 0);
	assert_int_equal(ask(t, 6, 'z', "A", 3, "u", 0), TR_FLOWS_ASK_OK);
	assert_int_equal(follow(t, 1, 0, uri), 5);
	end(t);
}

/* Does a row say what it was made with, and is a text of the wire harmless? */
static void columns(void **state)
{
	struct tr_flows *t = make(3);
	char aor[TR_FLOWS_AOR_MAX + 2], agent[TR_FLOWS_UA_MAX + 2];
	unsigned char peer[TR_FLOWS_PEER_LEN] = {"where to"};
	struct tr_flows_request request = {view("call"), 1};
	struct tr_flows_listed listed = {.seconds = 70};
	struct tr_flows_row r;
	uint8_t id[TR_REGISTRATION_LEN];
	unsigned steps = 0, skip = 0;
	char uri[8];
	size_t len;
	int n;

	(void)state;
	memset(aor, 'a', sizeof(aor) - 1);
	aor[sizeof(aor) - 1] = '\0';
	memset(agent, 'u', sizeof(agent) - 1);
	agent[sizeof(agent) - 1] = '\0';
	agent[3] = '\033';
	tr_flows_seen(t, 5, peer, view(agent), 100);
	tr_flows_seen(t, 5, peer, view(""), 107);
	ask(t, 5, 'x', aor, 1, "u", 107);
	id_of('x', listed.id);
	tr_flows_answered(t, 5, &request, &listed, 1, 108);
	id_of('x', id);
	assert_int_equal(tr_flows_follow(t, id, 110, r.peer, uri, 8, &len), 5);
	assert_memory_equal(r.peer, peer, sizeof(peer));
	assert_int_equal(tr_flows_row(t, 5, id, 111, &r), 0);
	assert_int_equal(r.conid, 5);
	assert_int_equal(r.registrations, 1);
	assert_int_equal(r.in, 2);
	assert_int_equal(r.out, 1);
	assert_int_equal(r.created, 100);
	assert_int_equal(r.last_used, 110);
	assert_int_equal(r.expires, 178);
	assert_memory_equal(r.peer, peer, sizeof(peer));
	assert_int_equal(strlen(r.aor), TR_FLOWS_AOR_MAX);
	assert_string_equal(r.aor + TR_FLOWS_AOR_MAX - 4, "a...");
	assert_int_equal(strlen(r.user_agent), TR_FLOWS_UA_MAX);
	assert_string_equal(r.user_agent + TR_FLOWS_UA_MAX - 4, "u...");
	assert_int_equal(r.user_agent[3], '?');
	id_of('y', id);
	assert_int_equal(tr_flows_row(t, 5, id, 111, &r), 0);
	assert_string_equal(r.aor, "");
	seen(t, 6, 111);
	for(n = 0; tr_flows_list(t, &steps, 111, &skip, &r, 1) >= 0; n++) {
		assert_true(n < 100);
	}
	assert_int_equal(tr_flows_row(t, 7, NULL, 111, &r), -1);
	assert_int_equal(tr_flows_size(0), 0);
	assert_int_equal(tr_flows_size(TR_FLOWS_MAX + 1), 0);
	end(t);
}

/* Is a URI that does not fit refused rather than cut? */
static void long_uri(void **state)
{
	struct tr_flows *t = make(2);
	unsigned char peer[TR_FLOWS_PEER_LEN];
	struct tr_flows_request request = {view("call"), 1};
	struct tr_flows_listed listed = {.seconds = 70};
	char uri[8];
	size_t len;

	(void)state;
	seen(t, 5, 0);
	ask(t, 5, 'x', "A", 1, "12345678", 0);
	id_of('x', listed.id);
	tr_flows_answered(t, 5, &request, &listed, 1, 0);
	assert_int_equal(tr_flows_follow(t, listed.id, 0, peer, uri, 7, &len), -1);
	assert_int_equal(tr_flows_own(t, 5, listed.id, uri, 7), -1);
	assert_int_equal(tr_flows_follow(t, listed.id, 0, peer, uri, 8, &len), 5);
	assert_int_equal(len, 8);
	/* "Contact: *" has none */
	assert_int_equal(tr_flows_ask(t, 5,
							 &(struct tr_flows_ask){.request = request,
									 .aor = view("A"),
									 .uri = {NULL, 0}},
							 0),
			TR_FLOWS_ASK_OK);
	assert_int_equal(tr_flows_own(t, 5, listed.id, uri, 8), 8);
	end(t);
}

/* No memory: said so, and the table none the worse. */
static void no_memory(void **state)
{
	struct tr_flows *t = make(2);
	char uri[64];

	(void)state;
	memory.fail = 1;
	assert_int_equal(seen(t, 5, 0), TR_FLOWS_NO_MEMORY);
	assert_int_equal(tr_flows_count(t), 0);
	assert_int_equal(seen(t, 5, 0), TR_FLOWS_MADE);
	memory.fail = 1;
	assert_int_equal(ask(t, 5, 'x', "A", 1, "u", 0), TR_FLOWS_ASK_NO_MEMORY);
	assert_int_equal(follow(t, 'x', 0, uri), -1);
	assert_int_equal(ask(t, 5, 'x', "A", 1, "u", 0), TR_FLOWS_ASK_OK);
	end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(scripts),
			cmocka_unit_test(per_connection), cmocka_unit_test(columns),
			cmocka_unit_test(long_uri), cmocka_unit_test(no_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
