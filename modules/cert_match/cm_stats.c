/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has happened to TLS connections since the start? The core's counters. */

#include <stdio.h>

#include "../../core/counters.h"
#include "../../core/dprint.h"

#include "cm_dates_store.h"
#include "cm_expiry.h"
#include "cm_stats.h"
#include "cm_store.h"

#define CM_GROUP "cert_match"
#define CM_NAME_SIZE 40

struct cm_stats {
	counter_handle_t handle[CM_STATS];
	char failures[CM_CAUSES][CM_NAME_SIZE]; /* "failures_wrong_name" */
};

static struct cm_stats cm_stats;

static const struct {
	const char *name;
	const char *words;
} cm_stat_texts[CM_STAT_FAILURES_FIRST] = {
		[CM_STAT_OPENED_IN] = {"opened_in", "TLS connections accepted"},
		[CM_STAT_OPENED_OUT] = {"opened_out", "TLS connections that we opened"},
		[CM_STAT_ESTABLISHED_IN] = {"established_in",
				"handshakes finished on accepted connections"},
		[CM_STAT_ESTABLISHED_OUT] = {"established_out",
				"handshakes finished on connections that we opened"},
		[CM_STAT_CLOSED] = {"closed", "recorded connections that ended"},
		[CM_STAT_UNFINISHED] = {"unfinished",
				"connections that ended before their handshake was done"},
		[CM_STAT_UNRECORDED] = {"unrecorded",
				"connections beyond max_connections, or without memory"},
		[CM_STAT_WRONG_CONNECTION] = {"wrong_connection",
				"sends refused: the connection is for another domain"},
		[CM_STAT_PEER_CERTS] = {"peer_certificates",
				"handshakes in which the peer sent a certificate"},
		[CM_STAT_PEER_UNVERIFIED] = {"peer_unverified",
				"peer certificates that do not chain to a trusted CA"},
		[CM_STAT_CHECKS_MATCHED] = {"checks_matched",
				"cert_match() calls that said yes"},
		[CM_STAT_CHECKS_FAILED] = {"checks_failed",
				"cert_match() calls that said no"},
		[CM_STAT_FAILURES] = {"failures",
				"handshakes that failed, on either side"},
		[CM_STAT_FAILURES_LOST] = {"failures_lost",
				"failures that no log line and no event route told of: too "
				"many in one second"},
		[CM_STAT_FAILING_EVICTED] = {"failing_peers_evicted",
				"peers whose count of failures had to go for another's"},
};

static unsigned cm_own_certs(void)
{
	return cm_dates_store_count(CM_OWNER_OWN);
}

static unsigned cm_peer_certs(void)
{
	return cm_dates_store_count(CM_OWNER_PEER);
}

static unsigned cm_soon_certs(void)
{
	return cm_expiry_count(CM_PICK_OWNERS | CM_PICK_SOON);
}

static unsigned cm_expired_certs(void)
{
	return cm_expiry_count(CM_PICK_OWNERS | CM_PICK_EXPIRED);
}

static unsigned cm_evicted_certs(void)
{
	return (unsigned)cm_dates_store_evicted();
}

/* what is as it is now, and is not counted */
static const struct {
	const char *name;
	const char *words;
	unsigned (*now)(void);
} cm_gauges[CM_GAUGES] = {
		{"connections", "TLS connections recorded now", cm_store_count},
		{"max_connections", "how many can be recorded", cm_store_max},
		{"certificates_own", "certificates of our own that are watched",
				cm_own_certs},
		{"certificates_peer", "peers' certificates that are remembered",
				cm_peer_certs},
		{"certificates_expiring", "of both, those that expire soon",
				cm_soon_certs},
		{"certificates_expired", "of both, those that have expired",
				cm_expired_certs},
		{"certificates_evicted",
				"peers' certificates forgotten because others came",
				cm_evicted_certs},
};

static counter_val_t cm_stat_now(counter_handle_t h, void *param)
{
	(void)h;
	return (counter_val_t)cm_gauges[(size_t)param].now();
}

/* A cause's token with underscores, as scripts' $stat() can name it. */
static void cm_stats_name_causes(void)
{
	int i;

	for(i = 0; i < CM_CAUSES; i++) {
		char *c = cm_stats.failures[i];

		snprintf(c, CM_NAME_SIZE, "failures_%s",
				cm_cause_token((enum cm_cause)i));
		for(; *c; c++)
			if(*c == '-')
				*c = '_';
	}
}

static const char *cm_stats_words(enum cm_stat stat)
{
	if(stat < CM_STAT_FAILURES_FIRST)
		return cm_stat_texts[stat].words;
	return cm_cause_words((enum cm_cause)(stat - CM_STAT_FAILURES_FIRST));
}

int cm_stats_init(void)
{
	counter_handle_t now;
	int i;

	cm_stats_name_causes();
	for(i = 0; i < CM_STATS; i++) {
		if(counter_register(&cm_stats.handle[i], CM_GROUP,
				   cm_stats_name((enum cm_stat)i), 0, 0, 0,
				   cm_stats_words((enum cm_stat)i), 0)
				< 0)
			goto error;
	}
	for(i = 0; i < CM_GAUGES; i++) {
		if(counter_register(&now, CM_GROUP, cm_gauges[i].name, 0, cm_stat_now,
				   (void *)(size_t)i, cm_gauges[i].words, 0)
				< 0)
			goto error;
	}
	return 0;
error:
	LM_ERR("cannot register the statistics of group %s\n", CM_GROUP);
	return -1;
}

void cm_stats_inc(enum cm_stat stat)
{
	counter_inc(cm_stats.handle[stat]);
}

void cm_stats_add(enum cm_stat stat, uint64_t n)
{
	counter_add(cm_stats.handle[stat], (int)n);
}

long cm_stats_get(enum cm_stat stat)
{
	return counter_get_val(cm_stats.handle[stat]);
}

const char *cm_stats_name(enum cm_stat stat)
{
	if(stat < CM_STAT_FAILURES_FIRST)
		return cm_stat_texts[stat].name;
	return cm_stats.failures[stat - CM_STAT_FAILURES_FIRST];
}

const char *cm_stats_gauge(int i, unsigned *value)
{
	*value = cm_gauges[i].now();
	return cm_gauges[i].name;
}
