/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long is a certificate still good?
 *
 * Pure arithmetic with seconds since 1970; the clock is the caller's.
 */
#ifndef CM_DAYS_H
#define CM_DAYS_H

#include <stdint.h>

#define CM_DAY_SECONDS 86400
#define CM_UTC_SIZE 24 /* room for cm_days_utc() */

/* The first value is the one that trusts nothing. */
enum cm_days_state { CM_DAYS_EXPIRED = 0, CM_DAYS_SOON, CM_DAYS_OK };

/* Whole days until not_after; when that has passed, whole days since, rounded
 * up and negative: -1 from its first second on. Total: what no int holds gives
 * its nearest. */
int cm_days_left(int64_t not_after, int64_t now);

/* Expired after not_after, which itself is still in (RFC 5280 s4.1.2.5); soon
 * when at most warn_days whole days are left. */
enum cm_days_state cm_days_state(int64_t not_after, int64_t now, int warn_days);

/* "expired", "expires soon", "ok"; a constant. */
const char *cm_days_state_name(enum cm_days_state state);

/* 2027-12-23T11:37:50Z, terminated, into CM_UTC_SIZE octets; "unknown" for a
 * time whose year has not four digits. */
void cm_days_utc(char *out, int64_t when);

#endif
