/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long is a certificate still good? */

#include <limits.h>
#include <string.h>
#include <time.h>

#include "cm_days.h"

/* 9999-12-31T23:59:59Z, the last moment of RFC 5280 s4.1.2.5 */
#define CM_LAST_SECOND INT64_C(253402300799)

static int64_t cm_days_span(int64_t until, int64_t from)
{
	int64_t span;

	if(__builtin_sub_overflow(until, from, &span))
		return until > from ? INT64_MAX : INT64_MIN;
	return span;
}

int cm_days_left(int64_t not_after, int64_t now)
{
	int64_t span = cm_days_span(not_after, now);
	int64_t days = span / CM_DAY_SECONDS;

	/* an hour too late is a day too late, not 0 days left */
	if(span < 0 && span % CM_DAY_SECONDS != 0)
		days--;
	if(days > INT_MAX)
		return INT_MAX;
	return days < INT_MIN ? INT_MIN : (int)days;
}

enum cm_days_state cm_days_state(int64_t not_after, int64_t now, int warn_days)
{
	/* RFC 5280 s4.1.2.5: "from notBefore through notAfter, inclusive" */
	if(now > not_after)
		return CM_DAYS_EXPIRED;
	if(cm_days_left(not_after, now) <= warn_days)
		return CM_DAYS_SOON;
	return CM_DAYS_OK;
}

const char *cm_days_state_name(enum cm_days_state state)
{
	switch(state) {
		case CM_DAYS_OK:
			return "ok";
		case CM_DAYS_SOON:
			return "expires soon";
		case CM_DAYS_EXPIRED:
			break;
	}
	return "expired";
}

void cm_days_utc(char *out, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if(when < 0 || when > CM_LAST_SECOND || !gmtime_r(&t, &tm)
			|| strftime(out, CM_UTC_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(out, "unknown", sizeof("unknown"));
}
