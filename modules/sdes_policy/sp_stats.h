/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_stats answers: how often was what decided?
 */
#ifndef SP_STATS_H
#define SP_STATS_H

enum sp_stat {
	SP_STAT_ACCEPTED = 0,
	SP_STAT_REFUSED,
	SP_STAT_REFUSED_LATE,
	SP_STAT_SECURE,
	SP_STAT_PLAIN,
	SP_STAT_STREAMS_OFF,
	SP_STAT_DROPPED,
	SP_STAT_REMOVED,
	SP_STAT_MALFORMED,
	SP_STAT_LEAKS,
	SP_STAT_RELOADS,
	SP_STAT_RELOADS_FAILED,
	SP_STATS
};

/* Registers the statistics group sdes_policy; before the fork. 0 or -1. */
int sp_stats_init(void);
void sp_stats_add(enum sp_stat stat, unsigned n);
long sp_stats_get(enum sp_stat stat);
const char *sp_stats_name(enum sp_stat stat);

#endif
