/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the certificates that were seen ends first?
 *
 * A table by fingerprint in the caller's memory, of a size that never changes.
 * Our own certificates stay until a reading of the watched files no longer
 * finds them; a peer's stays until its place is needed and nobody else's was
 * not seen for so long. Pure: the caller locks, and brings the clock (seconds
 * since 1970) and the day (any count of days).
 */
#ifndef CM_DATES_H
#define CM_DATES_H

#include <stddef.h>
#include <stdint.h>

#include "cm_days.h"
#include "cm_ident.h"

#define CM_DATE_NAMES 201 /* with its terminator */
#define CM_DATE_PLACE 256 /* the same */
#define CM_FINGERPRINT_TEXT (3 * CM_FINGERPRINT_LEN)

enum cm_owner { CM_OWNER_PEER = 0, CM_OWNER_OWN };

/* One certificate; texts are terminated. */
struct cm_date {
	enum cm_owner owner;
	int outgoing; /* a peer's: 1: shown last on a connection that we opened */
	int64_t not_after;
	int64_t first_seen;
	int64_t last_seen;
	unsigned times; /* how often it was seen, or read; stops at its maximum */
	uint8_t fingerprint[CM_FINGERPRINT_LEN];
	char place[CM_DATE_PLACE]; /* the file, or the peer's address */
	char names[CM_DATE_NAMES];
};

/* What became of a certificate that was noted? */
enum cm_noted {
	CM_NOTED_FULL = 0, /* an own one, and there is no room for more */
	CM_NOTED_NEW,
	CM_NOTED_EVICTED, /* new, in the place of another peer's */
	CM_NOTED_AGAIN    /* it was there */
};

/* Names one certificate as long as it is in the table. */
struct cm_date_key {
	int64_t not_after;
	uint64_t serial; /* in the order in which they came, from 1 */
	uint32_t slot;
};

/* Which ones? At least one owner and one state, or there are none. */
#define CM_PICK_PEER 1u
#define CM_PICK_OWN 2u
#define CM_PICK_EXPIRED 4u
#define CM_PICK_SOON 8u
#define CM_PICK_OK 16u
#define CM_PICK_UNTOLD 32u /* only those not told of on .day */
#define CM_PICK_OWNERS (CM_PICK_PEER | CM_PICK_OWN)
#define CM_PICK_STATES (CM_PICK_EXPIRED | CM_PICK_SOON | CM_PICK_OK)

struct cm_pick {
	unsigned what;
	int warn_days;
	int64_t now;
	int64_t day;
};

struct cm_dates;

/* How many octets does a table of this many certificates take? */
size_t cm_dates_size(unsigned own, unsigned peers);

/* Make an empty table in memory of that size, aligned as malloc() does; at
 * least one of each. The table is that memory: nothing else to free. */
struct cm_dates *cm_dates_make(void *memory, unsigned own, unsigned peers);

/* Add *seen, or take its place, names and last_seen over into what stands there
 * under its owner and fingerprint; first_seen and times are the table's. Own
 * ones are noted within a reading; the first file in which a reading finds one
 * is its place. */
enum cm_noted cm_dates_note(struct cm_dates *t, const struct cm_date *seen);

/* A reading of all watched files: begin; note what is found; keep what stood in
 * a file, or in a directory's files, that could not be read; end. What was not
 * found goes at the end; returns how many these were. */
void cm_dates_begin(struct cm_dates *t);
void cm_dates_keep(struct cm_dates *t, const char *place);
unsigned cm_dates_end(struct cm_dates *t);

/* Copy the keys of at most max of those picked, in the table's order. Returns
 * how many there are, which may be more than max. keys may be NULL if max is
 * 0. */
unsigned cm_dates_keys(const struct cm_dates *t, const struct cm_pick *pick,
		struct cm_date_key *keys, unsigned max);

/* Soonest first, then in the order in which they came. Needs no table. */
void cm_dates_sort(struct cm_date_key *keys, unsigned count);

/* Copy what a key names. 0, or -1: it is no longer there. */
int cm_dates_get(const struct cm_dates *t, const struct cm_date_key *key,
		struct cm_date *date);

/* Remember that it was told of on this day (0 or more). */
void cm_dates_told(
		struct cm_dates *t, const struct cm_date_key *key, int64_t day);

/* How many there are, and how many had to go for others. */
unsigned cm_dates_count(const struct cm_dates *t, enum cm_owner owner);
unsigned cm_dates_max(const struct cm_dates *t);
unsigned long cm_dates_evicted(const struct cm_dates *t);

/* "own", "peer"; a constant. */
const char *cm_owner_name(enum cm_owner owner);

/* AB:CD:..., terminated, into CM_FINGERPRINT_TEXT octets. */
void cm_fingerprint_text(char *out, const uint8_t *fingerprint);

#endif
