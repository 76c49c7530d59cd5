/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does it cost to find the connection for a request, when there are a
 * thousand and when there are a hundred thousand?
 *
 * Each call asks for another row, drawn at random from all of them, and builds
 * its key as the module does, from an address and two names in hot memory. In
 * the lines "one after the other" a call needs the answer of the one before:
 * the processor cannot work on two at a time, and waits for memory in full. */
#include "../../modules/tls_reuse/tr_alias.h"
#include "bench.h"

#include <string.h>

#define LOCAL "a.example.com"

struct rows {
	struct tr_alias_table *table;
	unsigned n;
	unsigned absent; /* keys from this number on are in no row */
};

static struct {
	uint64_t state;
	char domain[24];
} hot = {5923, "________.example.net"};

/* xorshift64*; a number below n */
static unsigned draw(unsigned n)
{
	hot.state ^= hot.state >> 12;
	hot.state ^= hot.state << 25;
	hot.state ^= hot.state >> 27;
	return (unsigned)(((hot.state * 0x2545f4914f6cdd1d >> 32) * n) >> 32);
}

/* The eight letters, a to p, that name i. */
static void name(unsigned i, char to[8])
{
	uint64_t x = i;

	x = (x | x << 16) & 0x0000ffff0000ffff;
	x = (x | x << 8) & 0x00ff00ff00ff00ff;
	x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
	x += 0x6161616161616161;
	memcpy(to, &x, sizeof(x));
}

static struct tr_alias_key key_of(unsigned i)
{
	struct tr_alias_key key;
	uint32_t ip = 0x0a000000 + i / 4; /* four domains share an address */

	memset(&key, 0, sizeof(key));
	memcpy(key.ip, &ip, sizeof(ip));
	key.ip_len = 4;
	key.transport = 3;
	key.port = 5061;
	name(i, hot.domain);
	key.domain = (struct tr_view){hot.domain, strlen("________.example.net")};
	key.local = (struct tr_view){LOCAL, sizeof(LOCAL) - 1};
	return key;
}

static int look(const struct rows *r, unsigned i)
{
	struct tr_alias_key key = key_of(i);
	struct tr_alias_row rows[8];

	return tr_alias_rows(r->table, &key, rows, 8) > 0 ? rows[0].conid : 0;
}

static int find(const void *arg)
{
	const struct rows *r = arg;

	return look(r, draw(r->n));
}

static int find_waiting(const void *arg)
{
	const struct rows *r = arg;

	/* the next number drawn depends on this, which is 0 */
	hot.state += look(r, draw(r->n)) < 0;
	return 0;
}

static int find_absent(const void *arg)
{
	const struct rows *r = arg;

	return look(r, r->absent + draw(r->n));
}

static int only_keys(const void *arg)
{
	const struct rows *r = arg;
	struct tr_alias_key key = key_of(draw(r->n));

	__asm__ volatile("" : : "r"(&key) : "memory");
	return key.ip[0];
}

int main(void)
{
	static const struct bench_way ways[] = {{"tr_alias_rows()", find},
			{"... one after the other", find_waiting},
			{"... of a key that is in no row", find_absent},
			{"drawing a number and building its key", only_keys}, {NULL, NULL}};
	static const unsigned sizes[] = {1000, 100000};
	static const uint8_t seed[TR_HASH_SEED_LEN] = {"some random seed"};
	size_t s;
	unsigned i;

	for(s = 0; s < 2; s++) {
		struct rows r = {NULL, sizes[s], 1u << 24};
		char what[32];

		r.table = tr_alias_init(malloc(tr_alias_size(r.n)), r.n, seed);
		for(i = 0; i < r.n; i++) {
			struct tr_alias_key key = key_of(i);

			if(tr_alias_add(r.table, &key, TR_ALIAS_OPENED, (int)i + 1, 1, NULL)
					!= TR_ALIAS_ADDED)
				exit(2);
		}
		for(i = 0; i < r.n; i++) {
			if(look(&r, i) != (int)i + 1)
				exit(2);
		}
		snprintf(what, sizeof(what), "%u rows, %zu octets a row", r.n,
				tr_alias_size(r.n) / r.n);
		bench(what, &r, ways);
		free(r.table);
	}
	return 0;
}
