/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates, our own or peers', end soon? */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/ip_addr.h"
#include "../../core/mem/mem.h"
#include "../../core/timer.h"
#include "../../core/ut.h"

#include "cm_complaints.h"
#include "cm_dates_store.h"
#include "cm_expiry.h"
#include "cm_expiry_tell.h"
#include "cm_join.h"
#include "cm_watch.h"

#define CM_WATCH_PATHS 64
#define CM_OWN_MAX 256
#define CM_CERTIFICATES_LIMIT 65536
#define CM_WARN_DAYS_LIMIT 3650
#define CM_INTERVAL_LIMIT 86400
#define CM_CHECK_SECONDS 60

struct cm_expiry {
	struct cm_expiry_opts opts;
	unsigned paths;
	char *path[CM_WATCH_PATHS];
	/* of the one process that reads and tells; the first reading is the main
	 * process's, before it forks */
	struct cm_complaints complaints;
	ticks_t next_read;
	ticks_t next_check;
};

static struct cm_expiry cm_expiry;

/* one reading of all watched paths */
struct cm_reading {
	int64_t now;
	const char *path; /* as it was given to watch */
	char why[128];    /* what was wrong with that path itself */
	unsigned found;
	unsigned fresh;
};

static int cm_in_bounds(const char *name, int value, int least, int most)
{
	if(value >= least && value <= most)
		return 0;
	LM_ERR("modparam %s is %d: it must be %d to %d\n", name, value, least,
			most);
	return -1;
}

/* --- our own ---------------------------------------------------------- */

int cm_expiry_watch(const char *path)
{
	str given = {(char *)path, (int)strlen(path)};
	char *full;
	size_t len;

	if(given.len == 0 || cm_expiry.paths >= CM_WATCH_PATHS) {
		LM_ERR("modparam watch: %s\n",
				given.len ? "it is given too often, at most 64 times"
						  : "it names no file and no directory");
		return -1;
	}
	full = get_abs_pathname(NULL, &given);
	if(!full)
		return -1;
	for(len = strlen(full); len > 1 && full[len - 1] == '/'; len--)
		full[len - 1] = '\0';
	if(!cm_watch_path_ok(full)) {
		LM_ERR("modparam watch: %s is longer than %d octets, or has control "
			   "characters\n",
				full, CM_DATE_PLACE - 1);
		pkg_free(full);
		return -1;
	}
	cm_expiry.path[cm_expiry.paths++] = full;
	return 0;
}

static void cm_read_problem(
		void *arg, const char *path, const char *why, int unread)
{
	struct cm_reading *r = arg;

	if(unread)
		cm_dates_store_keep(path);
	if(path == r->path)
		snprintf(r->why, sizeof(r->why), "%s", why);
	else if(cm_complaints_new(&cm_expiry.complaints, path, why))
		LM_WARN("watch: %s: %s\n", path, why);
}

static void cm_read_cert(void *arg, struct cm_date *date)
{
	struct cm_reading *r = arg;

	date->last_seen = r->now;
	switch(cm_dates_store_note(date)) {
		case CM_NOTED_NEW:
			r->fresh++;
			r->found++;
			break;
		case CM_NOTED_AGAIN:
			r->found++;
			break;
		default:
			cm_read_problem(r, date->place,
					"there is no room for its certificates: at most 256 are "
					"watched",
					0);
	}
}

/* 0, or -1 if it is the first reading and a path cannot be read. */
static int cm_read_path(struct cm_reading *r, const char *path, int first)
{
	const struct cm_watch_sink sink = {cm_read_cert, cm_read_problem, r};
	int ret;

	r->path = path;
	r->why[0] = '\0';
	ret = cm_watch_read(path, &sink);
	if(ret < 0 && first) {
		LM_ERR("modparam watch: %s: %s\n", path, r->why);
		return -1;
	}
	if(r->why[0] && cm_complaints_new(&cm_expiry.complaints, path, r->why))
		LM_WARN("watch: %s: %s\n", path, r->why);
	return 0;
}

static int cm_read_own(int first)
{
	struct cm_reading r = {.now = (int64_t)time(NULL)};
	unsigned i, gone;
	int ret = 0;

	cm_complaints_begin(&cm_expiry.complaints);
	cm_dates_store_begin();
	for(i = 0; i < cm_expiry.paths && ret == 0; i++)
		ret = cm_read_path(&r, cm_expiry.path[i], first);
	gone = cm_dates_store_end();
	i = cm_complaints_end(&cm_expiry.complaints);
	if(i > 0)
		LM_WARN("watch: there is something about %u more files\n", i);
	if(r.fresh || gone)
		LM_INFO("watched certificates of our own: %u, of these %u new; %u "
				"are gone\n",
				cm_dates_store_count(CM_OWNER_OWN), r.fresh, gone);
	return ret;
}

/* --- peers ------------------------------------------------------------ */

void cm_expiry_seen(const struct cm_conn_info *info, const uint8_t *fingerprint,
		int64_t not_after, const struct cm_names *names)
{
	static const uint8_t unread[CM_FINGERPRINT_LEN];
	struct ip_addr ip = info->peer_ip;
	struct cm_date date;

	/* of a certificate that nobody could read nothing is known */
	if(memcmp(fingerprint, unread, sizeof(unread)) == 0)
		return;
	memset(&date, 0, sizeof(date));
	date.owner = CM_OWNER_PEER;
	date.outgoing = info->dir == CM_DIR_OUT;
	date.not_after = not_after;
	date.last_seen = (int64_t)time(NULL);
	memcpy(date.fingerprint, fingerprint, sizeof(date.fingerprint));
	date.place[ip_addr2sbufz(&ip, date.place, sizeof(date.place) - 1)] = '\0';
	cm_names_join(date.names, sizeof(date.names), names);
	cm_dates_store_note(&date);
}

/* --- both ------------------------------------------------------------- */

int cm_expiry_init(const struct cm_expiry_opts *opts)
{
	cm_expiry.opts = *opts;
	if(cm_in_bounds("expiry_warn_days", opts->warn_days, 0, CM_WARN_DAYS_LIMIT)
					< 0
			|| cm_in_bounds("max_certificates", opts->max_certificates, 1,
					   CM_CERTIFICATES_LIMIT)
					   < 0
			|| cm_in_bounds(
					   "watch_interval", opts->interval, 1, CM_INTERVAL_LIMIT)
					   < 0)
		return -1;
	if(cm_dates_store_init(CM_OWN_MAX, (unsigned)opts->max_certificates) < 0)
		return -1;
	cm_expiry.next_read = get_ticks() + (ticks_t)opts->interval;
	return cm_read_own(1);
}

void cm_expiry_destroy(void)
{
	cm_dates_store_destroy();
}

void cm_expiry_tick(void)
{
	ticks_t now = get_ticks();
	int minute = now >= cm_expiry.next_check;

	if(now >= cm_expiry.next_read) {
		cm_expiry.next_read = now + (ticks_t)cm_expiry.opts.interval;
		cm_read_own(0);
	}
	/* what just came in need not wait for its minute */
	if(!cm_dates_store_news() && !minute)
		return;
	if(minute)
		cm_expiry.next_check = now + CM_CHECK_SECONDS;
	cm_expiry_tell((int64_t)time(NULL), now / CM_DAY_SECONDS, minute);
}

int cm_expiry_warn_days(void)
{
	return cm_expiry.opts.warn_days;
}

unsigned cm_expiry_count(unsigned what)
{
	const struct cm_pick pick = {.what = what,
			.warn_days = cm_expiry.opts.warn_days,
			.now = (int64_t)time(NULL)};

	return cm_dates_store_keys(&pick, NULL, 0);
}
