/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are connections pinged when RFC 5626 s4.4.1 says, and is only that peer
 * given up who has proved that he answers? */
#include "../../modules/tls_reuse/tr_pings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define S ((int64_t)1000)

/* What peers do, second by second. P: sends a pong (which is one of the CRLFs
 * that are counted), PP: two of them, M: a message, .: nothing. Each second is
 * looked at, as the module does; the first is the one behind the start. What
 * we do: s: a ping, !: given up, .: nothing. */
static const struct {
	const char *about;
	int64_t interval;
	unsigned before; /* CRLFs that came before the connection was kept */
	const char *peer;
	const char *we;
} table[] = {
		{"RFC 5626 s4.4.1-6: pinged once in an interval, not sooner", 5 * S, 0,
				"............", "...s...s...s"},
		{"no interval: never pinged", 0 * S, 0,
				"........................................",
				"........................................"},
		{"who has never answered is not given up", 5 * S, 0,
				"...........................................",
				"...s...s...s...s...s...s...s...s...s...s..."},
		{"two answers are no proof", 5 * S, 0,
				"....P...P...........................",
				"...s...s...s...s...s...s...s...s...s"},
		{"RFC 5626 s4.4.1-4: who answered three times and then is silent is "
		 "given up, ten seconds "
		 "behind the first ping that nothing followed",
				5 * S, 0, "....P...P...P.............",
				"...s...s...s...s...s...s.!"},
		{"who answers goes on", 5 * S, 0, "....P...P...P...P...P...P...P.",
				"...s...s...s...s...s...s...s.."},
		{"any message is life", 5 * S, 0, "....P...P...P....M.....M.....M....",
				"...s...s...s...s...s...s...s...s.."},
		{"... and silence counts from the first ping behind it", 5 * S, 0,
				"....P...P...P....M............",
				"...s...s...s...s...s...s...s.!"},
		{"a message in time, read together with the pong, neither proves "
		 "anything nor shakes the proof",
				5 * S, 0, "....P...M...P...M...P.............",
				"...s...s...s...s...s...s...s...s.!"},
		{"what comes seconds behind the ping is life, but no proof", 5 * S, 0,
				"......P...P...P.....................",
				"...s...s...s...s...s...s...s...s...s"},
		{"a CRLF that nobody asked for: it is his own keep-alive, and he is "
		 "not held to it",
				5 * S, 0, "....P.P.P...P.......................",
				"...s...s...s...s...s...s...s...s...s"},
		{"... nor if it comes once he has proved something", 5 * S, 0,
				"....P...P...P.P.....................",
				"...s...s...s...s...s...s...s...s...s"},
		{"CRLFs before the connection was kept: the same", 5 * S, 1,
				"....P...P...P.......................",
				"...s...s...s...s...s...s...s...s...s"},
		{"two CRLFs close behind each ping, as between two Kamailios, are an "
		 "answer",
				5 * S, 0, "....2...2...2.............",
				"...s...s...s...s...s...s.!"},
		{"a ping that nothing followed for ten seconds ends what was a proof "
		 "so far",
				5 * S, 0, "....P...P...............P...P.................",
				"...s...s...s...s...s...s...s...s...s...s...s.."},
		{"an interval below the pong's time: the first ping counts", 2 * S, 0,
				"..P.P.P...........", ".s.s.s.s.s.s.s.s.!"},
		{"an interval of one second", 1 * S, 0, ".PPP..........",
				"sssssssssssss!"},
};

static void second_by_second(void **state)
{
	size_t i, t;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tr_pings_heard heard = {7 * table[i].before, table[i].before};
		struct tr_pings p;
		char got[64] = "";

		tr_pings_start(&p, table[i].interval, 0, &heard, 0);
		for(t = 0; table[i].peer[t] != '\0'; t++) {
			enum tr_pings_do what;
			char c = table[i].peer[t];

			heard.bytes += c == 'M' ? 300 : c == '2' ? 4 : c == 'P' ? 2 : 0;
			heard.pongs += c == '2' ? 2 : c == 'P' ? 1 : 0;
			what = tr_pings_look(
					&p, table[i].interval, (int64_t)(t + 1) * S, &heard, 0);
			got[t] = what == TR_PINGS_SEND      ? 's'
					 : what == TR_PINGS_OVERDUE ? '!'
												: '.';
			if(p.look <= (int64_t)(t + 1) * S && what != TR_PINGS_OVERDUE) {
				fail_msg("%s: at %zu s, the next look would be now",
						table[i].about, t + 1);
			}
		}
		if(strcmp(got, table[i].we) != 0) {
			fail_msg("%s:\npeer %s\nwant %s\ngot  %s", table[i].about,
					table[i].peer, table[i].we, got);
		}
	}
}

/* Between two pings are 80 to 100 per cent of the interval, as long as somebody
 * looks once a second, wherever in the second; all of that range is used. */
static void jitter(void **state)
{
	static const int64_t intervals[] = {
			5 * S, 10 * S, 30 * S, 120 * S, 840 * S, 86400 * S};
	uint64_t random = 5626;
	size_t i;
	int n;

	(void)state;
	for(i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		int64_t interval = intervals[i], now = 0, last = 0;
		int64_t least = interval, most = 0;
		struct tr_pings_heard heard = {0, 0};
		struct tr_pings p;

		tr_pings_start(&p, interval, 0, &heard, 0);
		for(n = 0; n < 400; n++) {
			enum tr_pings_do what;

			do {
				/* to the first tick at which it is looked at */
				now += (p.look - now + S - 1) / S * S;
				random = random * 6364136223846793005u + 1442695040888963407u;
				what = tr_pings_look(
						&p, interval, now, &heard, (uint32_t)(random >> 32));
			} while(what == TR_PINGS_NOTHING);
			assert_int_equal(what, TR_PINGS_SEND);
			if(n > 0) {
				least = now - last < least ? now - last : least;
				most = now - last > most ? now - last : most;
			}
			last = now;
		}
		if(least < interval * 8 / 10 || most > interval
				|| least > interval * 82 / 100 + S
				|| most < interval * 98 / 100 - S) {
			fail_msg("%d s: %d to %d ms apart", (int)(interval / S), (int)least,
					(int)most);
		}
	}
}

/* Any random number, any clock: no overflow, nothing before its time. */
static void extremes(void **state)
{
	static const uint32_t randoms[] = {
			0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(randoms) / sizeof(randoms[0]); i++) {
		struct tr_pings_heard heard = {UINT64_MAX, UINT32_MAX};
		int64_t now = INT64_MAX / 4;
		struct tr_pings p;

		tr_pings_start(&p, 30 * S, now, &heard, randoms[i]);
		assert_true(p.due >= now + 24 * S && p.due <= now + 30 * S);
		assert_int_equal(tr_pings_look(&p, 30 * S, now, &heard, randoms[i]),
				TR_PINGS_NOTHING);
		heard.bytes = 0; /* wrapped around */
		assert_int_equal(
				tr_pings_look(&p, 30 * S, now + 30 * S, &heard, randoms[i]),
				TR_PINGS_SEND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(second_by_second),
			cmocka_unit_test(jitter),
			cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
