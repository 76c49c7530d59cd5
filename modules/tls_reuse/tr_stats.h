/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often did we decide what? */
#ifndef TR_STATS_H
#define TR_STATS_H

enum tr_stat {
	TR_STAT_PINNED,
	TR_STAT_RESTORED,
	TR_STAT_FOLLOWED_PHONE,
	TR_STAT_FOLLOWED_PBX,
	TR_STAT_SENT,
	TR_STAT_GONE,
	TR_STAT_GONE_AT_SEND,
	TR_STAT_STALE,
	TR_STAT_UNKNOWN_KEY,
	TR_STAT_FORGED,
	TR_STAT_WRONG_SIDE,
	TR_STAT_MALFORMED,
	TR_STAT_NOT_SIP,
	TR_STAT_TOO_LONG,
	TR_STAT_TOO_MANY,
	TR_STAT_FULL,
	TR_STAT_CLOSED,
	TR_STAT_VIA_FORGED,
	TR_STAT_VIA_TOO_LONG,
	TR_STAT_CALL_IDS_HIDDEN,
	TR_STAT_CALL_IDS_SHOWN,
	TR_STAT_CALL_ID_REFUSED,
	TR_STAT_MALFORMED_HEAD,
	TR_STAT_ERRORS,
	TR_STAT_COUNT
};

/* Registers Kamailio's statistics, group tls_reuse. Returns 0 or -1. */
int tr_stats_init(void);

void tr_stats_inc(enum tr_stat stat);
long tr_stats_get(enum tr_stat stat);
const char *tr_stats_name(enum tr_stat stat);

#endif
