/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which handshakes failed lately, and how often did whose? Rings and tables of
 * a few slots, so that what is old has to go. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_ring.h"

/* A block of exactly the size that is asked for: a step beyond is seen. */
static struct cm_ring *make(unsigned max, unsigned peers, uint64_t seed)
{
	return cm_ring_make(malloc(cm_ring_size(max, peers)), max, peers, seed);
}

static struct cm_address address(unsigned n)
{
	struct cm_address a;

	memset(&a, 0, sizeof(a));
	a.len = 4;
	a.ip[2] = (uint8_t)(n >> 8);
	a.ip[3] = (uint8_t)n;
	a.port = (uint16_t)(n * 7);
	return a;
}

static int add(struct cm_ring *r, unsigned peer, int64_t when)
{
	struct cm_failure f;

	memset(&f, 0, sizeof(f));
	f.peer = address(peer);
	f.when = when;
	f.cause = CM_CAUSE_RESET;
	return cm_ring_add(r, &f);
}

/* The peers of the failures from the newest on, as "3 2 1". */
static const char *peers(
		const struct cm_ring *r, const struct cm_address *only, char *out)
{
	uint64_t before = UINT64_MAX;
	struct cm_failure f;
	size_t used = 0;

	out[0] = '\0';
	while(cm_ring_before(r, before, only, &f) == 0) {
		used += (size_t)sprintf(
				out + used, "%s%u", used ? " " : "", f.peer.ip[3]);
		before = f.number;
	}
	return out;
}

/* The table's peers with their counts, the latest first, as "3:1 1:2". */
static const char *counts(const struct cm_ring *r, char *out)
{
	struct cm_failing list[16];
	unsigned n = cm_ring_failing(r, list, 16), i;
	size_t used = 0;

	out[0] = '\0';
	for(i = 0; i < n; i++)
		used += (size_t)sprintf(out + used, "%s%u:%u", i ? " " : "",
				list[i].peer.ip[3], (unsigned)list[i].count);
	return out;
}

static const struct {
	const char *says;
	unsigned max;
	unsigned peers;
	const char *added; /* peers, one digit each, in order */
	const char *want_ring;
	const char *want_counts;
	unsigned want_evicted;
	uint64_t want_oldest;
} rows[] = {
		{"nothing", 3, 2, "", "", "", 0, 1},
		{"one", 3, 2, "1", "1", "1:1", 0, 1},
		{"as many as fit", 3, 3, "123", "3 2 1", "3:1 2:1 1:1", 0, 1},
		{"the oldest failure goes", 3, 4, "1234", "4 3 2", "4:1 3:1 2:1 1:1", 0,
				2},
		{"often around", 2, 4, "1212121", "1 2", "1:4 2:3", 0, 6},
		{"one slot", 1, 1, "121", "1", "1:1", 2, 3},
		{"the quietest peer goes", 3, 2, "1213", "3 1 2", "3:1 1:2", 1, 2},
		{"who comes again is new", 3, 2, "1232", "2 3 2", "2:2 3:1", 1, 2},
		{"not who was seen just now", 4, 2, "12131", "1 3 1 2", "1:3 3:1", 1,
				2},
		{"failures are only counted", 0, 2, "112", "", "2:1 1:2", 0, 4},
};

static void test_rows(void **state)
{
	char ring[64], table[64];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_ring *r = make(rows[i].max, rows[i].peers, i);
		unsigned evicted = 0;
		const char *c;

		for(c = rows[i].added; *c; c++)
			evicted += (unsigned)add(r, (unsigned)(*c - '0'), 100);
		if(strcmp(peers(r, NULL, ring), rows[i].want_ring) != 0
				|| strcmp(counts(r, table), rows[i].want_counts) != 0
				|| evicted != rows[i].want_evicted
				|| cm_ring_oldest(r) != rows[i].want_oldest
				|| cm_ring_newest(r) != strlen(rows[i].added))
			fail_msg("%s: got \"%s\", \"%s\", evicted %u, oldest %u",
					rows[i].says, ring, table, evicted,
					(unsigned)cm_ring_oldest(r));
		free(r);
	}
}

static void test_filter(void **state)
{
	struct cm_ring *r = make(4, 4, 1);
	struct cm_address one = address(1), nine = address(9);
	struct cm_address six = address(1);
	char out[64];
	struct cm_failure f;
	const char *c;

	(void)state;
	for(c = "121312"; *c; c++)
		add(r, (unsigned)(*c - '0'), 100);
	one.port = 1; /* any port of that address */
	assert_string_equal(peers(r, &one, out), "1 1");
	assert_string_equal(peers(r, &nine, out), "");
	/* an IPv6 address with the same octets is another one */
	six.len = 16;
	assert_string_equal(peers(r, &six, out), "");
	assert_int_equal(cm_ring_count(r, &one), 3);
	assert_int_equal(cm_ring_count(r, &nine), 0);
	/* numbers stay with their failures */
	assert_int_equal(cm_ring_get(r, 2, &f), -1);
	assert_int_equal(cm_ring_get(r, 3, &f), 0);
	assert_int_equal(f.peer.ip[3], 1);
	assert_int_equal(f.number, 3);
	assert_int_equal(f.of_peer, 2);
	assert_int_equal(cm_ring_get(r, 6, &f), 0);
	assert_int_equal(cm_ring_get(r, 7, &f), -1);
	assert_int_equal(cm_ring_get(r, 0, &f), -1);
	assert_int_equal(cm_ring_before(r, 0, NULL, &f), -1);
	assert_int_equal(cm_ring_before(r, 3, NULL, &f), -1);
	assert_int_equal(cm_ring_before(r, 4, NULL, &f), 0);
	assert_int_equal(f.number, 3);
	free(r);
}

static void test_facts(void **state)
{
	struct cm_ring *r = make(2, 2, 1);
	struct cm_failing list[1];

	(void)state;
	add(r, 1, 100);
	add(r, 1, 200);
	assert_int_equal(cm_ring_failing(r, list, 1), 1);
	assert_int_equal(list[0].first, 100);
	assert_int_equal(list[0].last, 200);
	assert_int_equal(list[0].cause, CM_CAUSE_RESET);
	assert_int_equal(cm_ring_failing(r, list, 0), 0);
	assert_int_equal(cm_ring_peers(r), 1);
	assert_int_equal(cm_ring_peers_max(r), 2);
	assert_int_equal(cm_ring_max(r), 2);
	free(r);
}

/* Against the plainest table there is, with all addresses in few chains. */
static void test_storm(void **state)
{
	enum { PEERS = 5, ALL = 12 };
	struct cm_ring *r = make(7, PEERS, 0x1234567890abcdefu);
	unsigned count[ALL] = {0}, seen[ALL] = {0}, n;

	(void)state;
	srand(7);
	for(n = 1; n <= 20000; n++) {
		unsigned peer = (unsigned)rand() % ALL, i, in = 0, quiet = ALL;

		for(i = 0; i < ALL; i++) {
			in += count[i] > 0;
			if(count[i] > 0 && (quiet == ALL || seen[i] < seen[quiet]))
				quiet = i;
		}
		if(count[peer] == 0 && in == PEERS)
			count[quiet] = 0;
		count[peer]++;
		seen[peer] = n;
		assert_int_equal(add(r, peer, n),
				count[peer] == 1 && in == PEERS && peer != quiet);
		for(i = 0; i < ALL; i++) {
			struct cm_address a = address(i);

			assert_int_equal(cm_ring_count(r, &a), count[i]);
		}
	}
	assert_int_equal(cm_ring_newest(r), 20000);
	assert_int_equal(cm_ring_oldest(r), 19994);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_filter),
			cmocka_unit_test(test_facts),
			cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
