/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is told, and how, that a certificate ends? */

#include <stdio.h>

#include "../../core/dprint.h"

#include "cm_dates_store.h"
#include "cm_expiry.h"
#include "cm_expiry_tell.h"
#include "cm_route.h"

#define CM_BATCH 64 /* looked at together */
/* Who shows new certificates all the time gets no more of our time than this;
 * the others' turn comes in the next minute. */
#define CM_PEERS_A_MINUTE 120

struct cm_expiry_tell {
	unsigned peers_left; /* in this minute */
	int64_t summary_day; /* the last that a summary was written on, plus 1 */
};

static struct cm_expiry_tell cm_expiry_tell_state;

static void cm_log_own(const struct cm_date *date, int64_t now)
{
	char utc[CM_UTC_SIZE];
	int left = cm_days_left(date->not_after, now);

	cm_days_utc(utc, date->not_after);
	if(left < 0)
		LM_ERR("our certificate %s (%s) has expired on %s: peers refuse it: "
			   "renew it\n",
				date->place, date->names, utc);
	else
		LM_WARN("our certificate %s (%s) expires in %d days, on %s: renew "
				"it\n",
				date->place, date->names, left, utc);
}

static void cm_run_route(const struct cm_date *date, int64_t now)
{
	char fingerprint[CM_FINGERPRINT_TEXT], left[16];
	const struct cm_route_value values[] = {
			{"event_owner", cm_owner_name(date->owner)},
			{"event_file", date->place},
			{"event_names", date->names},
			{"event_fingerprint", fingerprint},
			{"event_days_left", left},
	};

	if(!cm_route_wanted(CM_ROUTE_EXPIRY))
		return;
	cm_fingerprint_text(fingerprint, date->fingerprint);
	snprintf(left, sizeof(left), "%d", cm_days_left(date->not_after, now));
	cm_route_run(CM_ROUTE_EXPIRY, values, sizeof(values) / sizeof(values[0]));
}

/* Tell of at most max of one owner's. Returns of how many. */
static unsigned cm_tell_some(const struct cm_pick *pick, unsigned max, int log)
{
	struct cm_date_key keys[CM_BATCH];
	struct cm_date date;
	unsigned n, i;

	if(max > CM_BATCH)
		max = CM_BATCH;
	n = cm_dates_store_keys(pick, keys, max);
	if(n > max)
		n = max;
	cm_dates_sort(keys, n);
	for(i = 0; i < n; i++) {
		/* before it is told of: a route that fails must not come again */
		cm_dates_store_told(&keys[i], pick->day);
		if(cm_dates_store_get(&keys[i], &date) < 0)
			continue;
		if(log)
			cm_log_own(&date, pick->now);
		cm_run_route(&date, pick->now);
	}
	return n;
}

static void cm_log_peers(int64_t day)
{
	unsigned soon = cm_expiry_count(CM_PICK_PEER | CM_PICK_SOON);
	unsigned expired = cm_expiry_count(CM_PICK_PEER | CM_PICK_EXPIRED);

	if(cm_expiry_tell_state.summary_day == day + 1 || soon + expired == 0)
		return;
	cm_expiry_tell_state.summary_day = day + 1;
	LM_WARN("peers' certificates seen: %u expiring within %d days, %u expired; "
			"the RPC command cert_match.expiry lists them\n",
			soon, cm_expiry_warn_days(), expired);
}

void cm_expiry_tell(int64_t now, int64_t day, int minute)
{
	struct cm_pick pick = {.what = CM_PICK_OWN | CM_PICK_SOON | CM_PICK_EXPIRED
								   | CM_PICK_UNTOLD,
			.warn_days = cm_expiry_warn_days(),
			.now = now,
			.day = day};
	unsigned n;

	while(cm_tell_some(&pick, CM_BATCH, 1) > 0)
		;
	if(minute)
		cm_expiry_tell_state.peers_left = CM_PEERS_A_MINUTE;
	pick.what ^= CM_PICK_OWN | CM_PICK_PEER;
	do {
		n = cm_tell_some(&pick, cm_expiry_tell_state.peers_left, 0);
		cm_expiry_tell_state.peers_left -= n;
	} while(n > 0);
	cm_log_peers(day);
}
