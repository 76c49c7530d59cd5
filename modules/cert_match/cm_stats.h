/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has happened to TLS connections since the start, in numbers? */
#ifndef CM_STATS_H
#define CM_STATS_H

#include "cm_cause.h"

enum cm_stat {
	CM_STAT_OPENED_IN = 0,
	CM_STAT_OPENED_OUT,
	CM_STAT_ESTABLISHED_IN,
	CM_STAT_ESTABLISHED_OUT,
	CM_STAT_CLOSED,
	CM_STAT_UNFINISHED,
	CM_STAT_UNRECORDED,
	CM_STAT_WRONG_CONNECTION,
	CM_STAT_PEER_CERTS,
	CM_STAT_PEER_UNVERIFIED,
	CM_STAT_CHECKS_MATCHED,
	CM_STAT_CHECKS_FAILED,
	CM_STAT_FAILURES,
	CM_STAT_FAILURES_LOST,
	CM_STAT_FAILING_EVICTED,
	CM_STAT_FAILURES_FIRST, /* one for each enum cm_cause, from here on */
	CM_STATS = CM_STAT_FAILURES_FIRST + CM_CAUSES
};

/* Register the statistics of group cert_match; in mod_init. 0 or -1. */
int cm_stats_init(void);

/* Count one; each process has its own cells, so no lock is needed. */
void cm_stats_inc(enum cm_stat stat);
void cm_stats_add(enum cm_stat stat, uint64_t n);

/* Sum over all processes, and the statistic's name. */
long cm_stats_get(enum cm_stat stat);
const char *cm_stats_name(enum cm_stat stat);

/* What is as it is now: the name and value of gauge i of CM_GAUGES. */
#define CM_GAUGES 7
const char *cm_stats_gauge(int i, unsigned *value);

#endif
