/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the certificates that were seen ends first? A row is a short story
 * in a table of two own certificates and three peers'. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_dates.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1800000000)
#define OWN 2
#define PEERS 3

/* Words: pA40 the peer's certificate A, of 40 days, was seen; oA40x our own was
 * found in the file /x; ( ) a reading begins and ends; k/x what stood in /x is
 * kept. Each word is a second later than the one before. */
struct row {
	const char *says;
	const char *story;
	const char *want; /* soonest first; owner, letter, place, times */
	unsigned evicted;
};

static const struct row rows[] = {
		{"nothing happened", "", "", 0},
		{"the soonest is the first", "pA40 pB10 pC20", "pB/p1 pC/p1 pA/p1", 0},
		{"those of one second: in the order in which they came",
				"pC10 pA10 pB10", "pC/p1 pA/p1 pB/p1", 0},
		{"what has ended is before what will", "pA1 pB-1", "pB/p1 pA/p1", 0},
		{"seen again: counted, once in the table", "pA40 pA40 pA40", "pA/p3",
				0},
		{"a fourth peer: the one not seen for the longest goes",
				"pA10 pB20 pC30 pD40", "pB/p1 pC/p1 pD/p1", 1},
		{"being seen again saves it", "pA10 pB20 pC30 pA10 pD40",
				"pA/p2 pC/p1 pD/p1", 1},
		{"twice", "pA10 pB20 pC30 pD40 pE50", "pC/p1 pD/p1 pE/p1", 2},
		{"one that went is new when it comes back",
				"pA10 pA10 pB20 pC30 pD40 pA10", "pA/p1 pC/p1 pD/p1", 2},
		{"own ones never go for peers'", "( oA10x oB20x ) pC1 pD2 pE3 pF4 pG5",
				"pE/p1 pF/p1 pG/p1 oA/x1 oB/x1", 2},
		{"a third own one finds no room", "( oA10x oB20x oC30x )",
				"oA/x1 oB/x1", 0},
		{"our own, which a peer shows, is both", "( oA10x ) pA10",
				"oA/x1 pA/p1", 0},
		{"in a second file: the first counts, once", "( oA10x oA10y )", "oA/x1",
				0},
		{"a second reading counts again", "( oA10x ) ( oA10x )", "oA/x2", 0},
		{"one moved to another file", "( oA10x ) ( oA10y )", "oA/y2", 0},
		{"RENEWED: the old one leaves", "( oA10x ) ( oB20x )", "oB/x1", 0},
		{"what is gone from its file leaves", "( oA10x oB20y ) ( oA10x )",
				"oA/x2", 0},
		{"a file that cannot be read keeps its certificates",
				"( oA10x oB20y ) ( oA10x k/y )", "oA/x2 oB/y1", 0},
		{"keeping one file keeps no other", "( oA10x oB20xy ) ( k/x )", "oA/x1",
				0},
		{"a directory that cannot be read keeps all in it",
				"( oA10d/x oB20d/y ) ( k/d )", "oA/d/x1 oB/d/y1", 0},
		{"keeping what was found is no second time", "( oA10x ) ( oA10x k/x )",
				"oA/x2", 0},
		{"a reading does not touch peers'", "pA10 ( )", "pA/p1", 0},
		{"room is made by those that leave",
				"( oA10x oB20x ) ( oB20x ) ( oB20x oC30x )", "oB/x3 oC/x1", 0},
		{"buckets are shared: A and I end alike", "pA10 pI20 pA10 pI20",
				"pA/p2 pI/p2", 0},
		{"one that goes takes no other of its bucket along",
				"pA10 pI20 pQ30 pA10 pB40 pA10", "pA/p3 pQ/p1 pB/p1", 1},
		{"and part again", "pA10 pI20 pQ30 pB40", "pI/p1 pQ/p1 pB/p1", 1},
};

static struct cm_dates *make(void)
{
	size_t size = cm_dates_size(OWN, PEERS);
	void *memory = malloc(size); /* exactly: a byte beyond is found */

	memset(memory, 0xa5, size);
	return cm_dates_make(memory, OWN, PEERS);
}

static void note(struct cm_dates *t, const char *word, int64_t when)
{
	struct cm_date date;
	char *end;

	memset(&date, 0, sizeof(date));
	date.owner = word[0] == 'o' ? CM_OWNER_OWN : CM_OWNER_PEER;
	/* A, I and Q share a bucket, whether there are eight or fewer */
	memset(date.fingerprint, word[1], sizeof(date.fingerprint));
	date.not_after = NOW + strtol(word + 2, &end, 10) * DAY;
	date.last_seen = when;
	snprintf(date.place, sizeof(date.place), "/%.*s",
			*end && *end != ' ' ? (int)strcspn(end, " ") : 1,
			*end && *end != ' ' ? end : "p");
	snprintf(date.names, sizeof(date.names), "%c.example", word[1]);
	cm_dates_note(t, &date);
}

static void play(struct cm_dates *t, const char *story)
{
	int64_t when = NOW;
	char place[CM_DATE_PLACE];

	for(; *story; story += strcspn(story, " "), story += *story == ' ') {
		when++;
		switch(*story) {
			case '(':
				cm_dates_begin(t);
				break;
			case ')':
				cm_dates_end(t);
				break;
			case 'k':
				snprintf(place, sizeof(place), "%.*s",
						(int)strcspn(story + 1, " "), story + 1);
				cm_dates_keep(t, place);
				break;
			default:
				note(t, story, when);
		}
	}
}

static void tell(const struct cm_dates *t, const struct cm_pick *pick,
		char *out, size_t size)
{
	struct cm_date_key keys[OWN + PEERS];
	unsigned n = cm_dates_keys(t, pick, keys, OWN + PEERS), i;
	struct cm_date date;
	size_t used = 0;

	assert_true(n <= OWN + PEERS);
	cm_dates_sort(keys, n);
	out[0] = '\0';
	for(i = 0; i < n; i++) {
		assert_int_equal(cm_dates_get(t, &keys[i], &date), 0);
		assert_int_equal(date.not_after, keys[i].not_after);
		assert_int_equal(date.names[0], date.fingerprint[0]);
		used += (size_t)snprintf(out + used, size - used, "%s%c%c%s%u",
				i ? " " : "", cm_owner_name(date.owner)[0], date.names[0],
				date.place, date.times);
	}
}

static void test_rows(void **state)
{
	const struct cm_pick all = {
			.what = CM_PICK_OWNERS | CM_PICK_STATES, .now = NOW};
	char got[256];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct cm_dates *t = make();

		play(t, r->story);
		tell(t, &all, got, sizeof(got));
		if(strcmp(got, r->want) != 0 || cm_dates_evicted(t) != r->evicted)
			fail_msg("%s: want \"%s\", %u evicted; got \"%s\", %lu", r->says,
					r->want, r->evicted, got, cm_dates_evicted(t));
		free(t);
	}
}

/* What a note answers, and what it sets. */
static void test_note(void **state)
{
	struct cm_dates *t = make();
	struct cm_date date = {.owner = CM_OWNER_OWN, .not_after = NOW};
	struct cm_date_key key;
	const struct cm_pick all = {
			.what = CM_PICK_OWNERS | CM_PICK_STATES, .now = NOW};

	(void)state;
	cm_dates_begin(t);
	for(date.last_seen = 1; date.last_seen <= OWN; date.last_seen++) {
		date.fingerprint[0]++;
		assert_int_equal(cm_dates_note(t, &date), CM_NOTED_NEW);
	}
	assert_int_equal(cm_dates_note(t, &date), CM_NOTED_AGAIN);
	date.fingerprint[0]++;
	assert_int_equal(cm_dates_note(t, &date), CM_NOTED_FULL);
	cm_dates_begin(t);
	assert_int_equal(cm_dates_end(t), OWN);

	date.owner = CM_OWNER_PEER;
	date.last_seen = 10;
	assert_int_equal(cm_dates_note(t, &date), CM_NOTED_NEW);
	date.last_seen = 20;
	date.outgoing = 1;
	strcpy(date.names, "other.example");
	strcpy(date.place, "192.0.2.2");
	assert_int_equal(cm_dates_note(t, &date), CM_NOTED_AGAIN);
	assert_int_equal(cm_dates_keys(t, &all, &key, 1), 1);
	assert_int_equal(cm_dates_get(t, &key, &date), 0);
	assert_int_equal(date.first_seen, 10);
	assert_int_equal(date.last_seen, 20);
	assert_int_equal(date.outgoing, 1);
	assert_string_equal(date.names, "other.example");
	assert_string_equal(date.place, "192.0.2.2");
	assert_int_equal(cm_dates_count(t, CM_OWNER_PEER), 1);
	assert_int_equal(cm_dates_count(t, CM_OWNER_OWN), 0);
	assert_int_equal(cm_dates_max(t), OWN + PEERS);
	for(date.fingerprint[1] = 1; date.fingerprint[1] < PEERS;)
		cm_dates_note(t, &date), date.fingerprint[1]++;
	assert_int_equal(cm_dates_note(t, &date), CM_NOTED_EVICTED);
	free(t);
}

static const struct {
	const char *says;
	unsigned what;
	const char *want;
} picks[] = {
		{"nothing asked, nothing given", 0, ""},
		{"an owner and no state", CM_PICK_OWNERS, ""},
		{"states and no owner", CM_PICK_STATES, ""},
		{"our own", CM_PICK_OWN | CM_PICK_STATES, "oA/x1 oB/x1"},
		{"peers'", CM_PICK_PEER | CM_PICK_STATES, "pC/p1 pD/p1 pE/p1"},
		{"expired", CM_PICK_OWNERS | CM_PICK_EXPIRED, "pC/p1 oA/x1"},
		{"soon", CM_PICK_OWNERS | CM_PICK_SOON, "pD/p1"},
		{"ok", CM_PICK_OWNERS | CM_PICK_OK, "oB/x1 pE/p1"},
		{"peers' that are not ok",
				CM_PICK_PEER | CM_PICK_SOON | CM_PICK_EXPIRED, "pC/p1 pD/p1"},
};

static void test_picks(void **state)
{
	struct cm_pick pick = {.warn_days = 30, .now = NOW};
	struct cm_dates *t = make();
	char got[256];
	size_t i;

	(void)state;
	play(t, "( oA-1x oB31x ) pC-2 pD30 pE32");
	for(i = 0; i < sizeof(picks) / sizeof(picks[0]); i++) {
		pick.what = picks[i].what;
		tell(t, &pick, got, sizeof(got));
		if(strcmp(got, picks[i].want) != 0)
			fail_msg("%s: want \"%s\", got \"%s\"", picks[i].says,
					picks[i].want, got);
	}
	free(t);
}

/* The clock moves: a day before, on the day, after it; each is told once. */
static void test_told(void **state)
{
	struct cm_pick pick = {.what = CM_PICK_OWNERS | CM_PICK_SOON
								   | CM_PICK_EXPIRED | CM_PICK_UNTOLD,
			.warn_days = 30,
			.now = NOW};
	struct cm_dates *t = make();
	struct cm_date_key keys[2];

	(void)state;
	play(t, "pA31 pB40");
	assert_int_equal(cm_dates_keys(t, &pick, NULL, 0), 0);
	pick.now += DAY;
	pick.day = 1;
	assert_int_equal(cm_dates_keys(t, &pick, keys, 2), 1);
	cm_dates_told(t, &keys[0], pick.day);
	assert_int_equal(cm_dates_keys(t, &pick, NULL, 0), 0);
	pick.day = 2;
	assert_int_equal(cm_dates_keys(t, &pick, keys, 2), 1);
	pick.now += 40 * DAY;
	assert_int_equal(cm_dates_keys(t, &pick, keys, 1), 2);
	free(t);
}

/* Day 0 is a day like any other. */
static void test_first_day(void **state)
{
	struct cm_pick pick = {
			.what = CM_PICK_PEER | CM_PICK_EXPIRED | CM_PICK_UNTOLD,
			.now = NOW};
	struct cm_dates *t = make();
	struct cm_date_key key;

	(void)state;
	play(t, "pA-1");
	assert_int_equal(cm_dates_keys(t, &pick, &key, 1), 1);
	cm_dates_told(t, &key, 0);
	assert_int_equal(cm_dates_keys(t, &pick, &key, 1), 0);
	free(t);
}

/* A key outlives its certificate and then names nothing. */
static void test_old_keys(void **state)
{
	const struct cm_pick all = {
			.what = CM_PICK_OWNERS | CM_PICK_STATES, .now = NOW};
	struct cm_date_key key, none = {0}, far = {.serial = 1, .slot = 1000};
	struct cm_dates *t = make();
	struct cm_date date;

	(void)state;
	assert_int_equal(cm_dates_get(t, &none, &date), -1);
	play(t, "pA10");
	assert_int_equal(cm_dates_keys(t, &all, &key, 1), 1);
	assert_int_equal(cm_dates_get(t, &far, &date), -1);
	play(t, "pB20 pC30 pD40");
	assert_int_equal(cm_dates_get(t, &key, &date), -1);
	cm_dates_told(t, &key, 1); /* of nobody */
	cm_dates_told(t, &far, 1);
	free(t);
}

/* 100,000 different peers: the table stays as it is. */
static void test_many(void **state)
{
	const struct cm_pick all = {
			.what = CM_PICK_OWNERS | CM_PICK_STATES, .now = NOW};
	struct cm_date date = {.owner = CM_OWNER_PEER, .not_after = NOW};
	struct cm_dates *t = make();
	uint32_t i;

	(void)state;
	play(t, "( oA10x )");
	for(i = 1; i <= 100000; i++) {
		memcpy(date.fingerprint, &i, sizeof(i));
		cm_dates_note(t, &date);
	}
	assert_int_equal(cm_dates_count(t, CM_OWNER_PEER), PEERS);
	assert_int_equal(cm_dates_count(t, CM_OWNER_OWN), 1);
	assert_int_equal(cm_dates_evicted(t), 100000 - PEERS);
	assert_int_equal(cm_dates_keys(t, &all, NULL, 0), PEERS + 1);
	free(t);
}

static void test_fingerprint(void **state)
{
	uint8_t fingerprint[CM_FINGERPRINT_LEN] = {0x0f, 0xa0};
	char got[CM_FINGERPRINT_TEXT];

	(void)state;
	fingerprint[CM_FINGERPRINT_LEN - 1] = 0xff;
	cm_fingerprint_text(got, fingerprint);
	assert_int_equal(strlen(got), CM_FINGERPRINT_TEXT - 1);
	assert_memory_equal(got, "0F:A0:00:", 9);
	assert_string_equal(got + CM_FINGERPRINT_TEXT - 7, ":00:FF");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_note),
			cmocka_unit_test(test_picks),
			cmocka_unit_test(test_told),
			cmocka_unit_test(test_first_day),
			cmocka_unit_test(test_old_keys),
			cmocka_unit_test(test_many),
			cmocka_unit_test(test_fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
