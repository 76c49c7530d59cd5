/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which handshakes did not finish lately? A ring in shared memory, told to the
 * log and to the script once a second. */

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "cm_ledger.h"
#include "cm_route.h"
#include "cm_stats.h"
#include "cm_tell.h"

#define CM_LINES 10 /* a second, in all */

struct cm_ledger {
	gen_lock_t *lock;
	void *memory; /* of the ring */
	struct cm_ring *ring;
	uint64_t told; /* the last failure that cm_ledger_tick() has seen */
};

static struct cm_ledger cm_ledger;

int cm_ledger_init(unsigned max)
{
	uint64_t seed;

	/* not OpenSSL's: before the forks it had better make no state */
	if(getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		LM_ERR("the kernel gives no random numbers\n");
		return -1;
	}
	cm_ledger.lock = lock_alloc();
	if(!cm_ledger.lock || !lock_init(cm_ledger.lock)) {
		LM_ERR("no lock for the ledger of failures\n");
		cm_ledger_destroy();
		return -1;
	}
	cm_ledger.memory = shm_malloc(cm_ring_size(max, CM_LEDGER_PEERS));
	if(!cm_ledger.memory) {
		SHM_MEM_ERROR;
		LM_ERR("no memory to keep %u handshake failures: set modparam "
			   "failures lower, or start kamailio with more (-m)\n",
				max);
		cm_ledger_destroy();
		return -1;
	}
	cm_ledger.ring = cm_ring_make(cm_ledger.memory, max, CM_LEDGER_PEERS, seed);
	return 0;
}

void cm_ledger_destroy(void)
{
	cm_ledger.ring = NULL;
	if(cm_ledger.memory)
		shm_free(cm_ledger.memory);
	if(cm_ledger.lock) {
		lock_destroy(cm_ledger.lock);
		lock_dealloc(cm_ledger.lock);
	}
	memset(&cm_ledger, 0, sizeof(cm_ledger));
}

void cm_ledger_address(
		struct cm_address *a, const struct ip_addr *ip, unsigned short port)
{
	memset(a, 0, sizeof(*a));
	a->len = ip->len == sizeof(a->ip) ? sizeof(a->ip) : 4;
	memcpy(a->ip, ip->u.addr, a->len);
	a->port = port;
}

void cm_ledger_add(const struct cm_conn_info *info,
		const struct cm_shake *shake, const char *expected)
{
	struct cm_failure f;
	int evicted;

	/* at shutdown the core frees its connections after us */
	if(!cm_ledger.ring)
		return;
	memset(&f, 0, sizeof(f));
	f.when = (int64_t)time(NULL);
	cm_ledger_address(&f.peer, &info->peer_ip, info->peer_port);
	cm_ledger_address(&f.local, &info->local_ip, info->local_port);
	f.shake = *shake;
	f.cause = cm_cause_of(shake);
	if(expected)
		snprintf(f.expected, sizeof(f.expected), "%s", expected);
	lock_get(cm_ledger.lock);
	evicted = cm_ring_add(cm_ledger.ring, &f);
	lock_release(cm_ledger.lock);
	cm_stats_inc(CM_STAT_FAILURES);
	cm_stats_inc((enum cm_stat)(CM_STAT_FAILURES_FIRST + (int)f.cause));
	if(evicted)
		cm_stats_inc(CM_STAT_FAILING_EVICTED);
}

int cm_ledger_before(uint64_t before, const struct cm_address *peer,
		struct cm_failure *out, uint64_t *of_peer)
{
	int ret;

	lock_get(cm_ledger.lock);
	ret = cm_ring_before(cm_ledger.ring, before, peer, out);
	*of_peer = ret == 0 ? cm_ring_count(cm_ledger.ring, &out->peer) : 0;
	lock_release(cm_ledger.lock);
	return ret;
}

unsigned cm_ledger_failing(struct cm_failing *out, unsigned max)
{
	unsigned n;

	lock_get(cm_ledger.lock);
	n = cm_ring_failing(cm_ledger.ring, out, max);
	lock_release(cm_ledger.lock);
	return n;
}

/* --- told once a second ---------------------------------------------------- */

/* The next failure that nobody was told of. 0, or -1: there is none. *lost:
 * how many of them the ring has overwritten. */
static int cm_next_untold(struct cm_failure *f, uint64_t *lost)
{
	uint64_t oldest;
	int ret;

	lock_get(cm_ledger.lock);
	oldest = cm_ring_oldest(cm_ledger.ring);
	*lost = oldest > cm_ledger.told + 1 ? oldest - cm_ledger.told - 1 : 0;
	cm_ledger.told += *lost;
	ret = cm_ring_get(cm_ledger.ring, cm_ledger.told + 1, f);
	lock_release(cm_ledger.lock);
	if(ret == 0)
		cm_ledger.told++;
	return ret;
}

/* A scanner is no news; a peer that we do not reach is. */
static void cm_log(const struct cm_failure *f, const struct cm_told *t)
{
	int level = f->shake.outgoing ? L_WARN : L_NOTICE;

	if(f->cause == CM_CAUSE_PORT_SCAN || f->cause == CM_CAUSE_PLAIN_HTTP)
		level = f->shake.outgoing ? L_WARN : L_INFO;
	LOG(level, "TLS handshake failed, %s %s%s%s, stage %s: %s [%s]; %s\n",
			f->shake.outgoing ? "to" : "from", t->peer,
			*t->expected ? " for " : "", t->expected, t->stage, t->reason,
			t->cause, t->advice);
}

static void cm_run_route(const struct cm_told *t)
{
	const struct cm_route_value values[] = {
			{"event_peer", t->peer},
			{"event_local", t->local},
			{"event_direction", t->direction},
			{"event_stage", t->stage},
			{"event_reason", t->reason},
			{"event_cause", t->cause},
			{"event_advice", t->advice},
			{"event_alert", t->alert},
			{"event_hello", t->hello},
			{"event_version", t->version},
			{"event_sni", t->sni},
			{"event_expected", t->expected},
			{"event_names", t->names},
			{"event_count", t->count},
	};

	cm_route_run(CM_ROUTE_FAILURE, values, sizeof(values) / sizeof(values[0]));
}

void cm_ledger_tick(void)
{
	int wanted = cm_route_wanted(CM_ROUTE_FAILURE);
	unsigned lines = 0, rest = 0, budget = cm_ring_max(cm_ledger.ring);
	struct cm_failure f;
	struct cm_told told;
	uint64_t lost, gone = 0;

	/* nothing is kept: nothing is told */
	if(budget == 0)
		return;
	/* what comes while we are at it can wait for the next second */
	for(; budget > 0; budget--) {
		int found = cm_next_untold(&f, &lost) == 0;

		gone += lost;
		if(!found)
			break;
		if(lines >= CM_LINES && !wanted) {
			rest++;
			continue;
		}
		cm_tell(&f, &told);
		if(lines < CM_LINES)
			cm_log(&f, &told);
		rest += lines >= CM_LINES;
		lines++;
		if(wanted)
			cm_run_route(&told);
	}
	if(gone > 0)
		cm_stats_add(CM_STAT_FAILURES_LOST, gone);
	if(rest + gone > 0)
		LM_NOTICE("%llu more handshake failures, see cert_match.failures\n",
				(unsigned long long)(rest + gone));
}
