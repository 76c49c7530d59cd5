/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which certificates do all processes know of?
 *
 * The table of cm_dates in shared memory, of a fixed size, with one lock that
 * nothing slow is done under. Callable in any process, except where it says
 * otherwise.
 */
#ifndef CM_DATES_STORE_H
#define CM_DATES_STORE_H

#include "cm_dates.h"

/* Make the empty table, before any fork. 0 or -1. */
int cm_dates_store_init(unsigned own, unsigned peers);
void cm_dates_store_destroy(void);

/* See cm_dates.h for what these do. */
enum cm_noted cm_dates_store_note(const struct cm_date *seen);
unsigned cm_dates_store_keys(
		const struct cm_pick *pick, struct cm_date_key *keys, unsigned max);
int cm_dates_store_get(const struct cm_date_key *key, struct cm_date *date);
void cm_dates_store_told(const struct cm_date_key *key, int64_t day);
unsigned cm_dates_store_count(enum cm_owner owner);
unsigned cm_dates_store_max(void);
unsigned long cm_dates_store_evicted(void);

/* A reading; by one process at a time. */
void cm_dates_store_begin(void);
void cm_dates_store_keep(const char *place);
unsigned cm_dates_store_end(void);

/* 1 if a certificate came in that was not there, since this was last asked. */
int cm_dates_store_news(void);

#endif
