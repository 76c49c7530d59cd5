/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has happened to TLS connections since the start? The core's counters. */

#include "../../core/counters.h"
#include "../../core/dprint.h"

#include "cm_stats.h"
#include "cm_store.h"

#define CM_GROUP "cert_match"

struct cm_stats {
	counter_handle_t handle[CM_STATS];
};

static struct cm_stats cm_stats;

static const struct {
	const char *name;
	const char *words;
} cm_stat_texts[CM_STATS] = {
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
		[CM_STAT_PEER_CERTS] = {"peer_certificates",
				"handshakes in which the peer sent a certificate"},
		[CM_STAT_PEER_UNVERIFIED] = {"peer_unverified",
				"peer certificates that do not chain to a trusted CA"},
		[CM_STAT_CHECKS_MATCHED] = {"checks_matched",
				"cert_match() calls that said yes"},
		[CM_STAT_CHECKS_FAILED] = {"checks_failed",
				"cert_match() calls that said no"},
};

static counter_val_t cm_stat_now(counter_handle_t h, void *param)
{
	(void)h;
	(void)param;
	return (counter_val_t)cm_store_count();
}

int cm_stats_init(void)
{
	counter_handle_t now;
	int i;

	for(i = 0; i < CM_STATS; i++) {
		if(counter_register(&cm_stats.handle[i], CM_GROUP,
				   cm_stat_texts[i].name, 0, 0, 0, cm_stat_texts[i].words, 0)
				< 0)
			goto error;
	}
	if(counter_register(&now, CM_GROUP, "connections", 0, cm_stat_now, 0,
			   "TLS connections recorded now", 0)
			< 0)
		goto error;
	return 0;
error:
	LM_ERR("cannot register the statistics of group %s\n", CM_GROUP);
	return -1;
}

void cm_stats_inc(enum cm_stat stat)
{
	counter_inc(cm_stats.handle[stat]);
}

long cm_stats_get(enum cm_stat stat)
{
	return counter_get_val(cm_stats.handle[stat]);
}

const char *cm_stats_name(enum cm_stat stat)
{
	return cm_stat_texts[stat].name;
}
