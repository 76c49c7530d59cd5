/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long is a certificate still good? A row each. */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../modules/cert_match/cm_days.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1800000000)

struct row {
	const char *says;
	int64_t not_after;
	int warn_days;
	int left;
	enum cm_days_state state;
};

static const struct row rows[] = {
		{"a year", NOW + 365 * DAY, 30, 365, CM_DAYS_OK},
		{"one second less than a day is no day", NOW + DAY - 1, 0, 0,
				CM_DAYS_SOON},
		{"a day to the second", NOW + DAY, 0, 1, CM_DAYS_OK},
		{"RFC 5280 s4.1.2.5: the last second is still in", NOW, 0, 0,
				CM_DAYS_SOON},
		{"a second too late is a day too late", NOW - 1, 30, -1,
				CM_DAYS_EXPIRED},
		{"a day too late to the second", NOW - DAY, 30, -1, CM_DAYS_EXPIRED},
		{"a day and a second", NOW - DAY - 1, 30, -2, CM_DAYS_EXPIRED},
		{"31 days at a warning of 30", NOW + 31 * DAY, 30, 31, CM_DAYS_OK},
		{"a second less", NOW + 31 * DAY - 1, 30, 30, CM_DAYS_SOON},
		{"no warning wanted, none before the last day", NOW + DAY, 0, 1,
				CM_DAYS_OK},
		{"what cannot be read ended in 1970", 0, 30, -20834, CM_DAYS_EXPIRED},
		{"more days than an int holds", INT64_MAX, 30, INT_MAX, CM_DAYS_OK},
		{"fewer", INT64_MIN, 30, INT_MIN, CM_DAYS_EXPIRED},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		int left = cm_days_left(r->not_after, NOW);
		enum cm_days_state got = cm_days_state(r->not_after, NOW, r->warn_days);

		if(left != r->left || got != r->state)
			fail_msg("%s: want %d %s, got %d %s", r->says, r->left,
					cm_days_state_name(r->state), left,
					cm_days_state_name(got));
	}
}

/* With the clock where no clock is. */
static void test_odd_clocks(void **state)
{
	(void)state;
	assert_int_equal(cm_days_left(INT64_MAX, INT64_MIN), INT_MAX);
	assert_int_equal(cm_days_left(INT64_MIN, INT64_MAX), INT_MIN);
	assert_int_equal(cm_days_left(0, INT64_MIN), INT_MAX);
	assert_int_equal(cm_days_state(INT64_MIN, INT64_MAX, 30), CM_DAYS_EXPIRED);
}

static const struct {
	const char *says;
	int64_t when;
	const char *want;
} times[] = {
		{"a moment", 1829561870, "2027-12-23T11:37:50Z"},
		{"the first", 0, "1970-01-01T00:00:00Z"},
		{"RFC 5280 s4.1.2.5: the last", INT64_C(253402300799),
				"9999-12-31T23:59:59Z"},
		{"one with a year of five digits", INT64_C(253402300800), "unknown"},
		{"one before all", -1, "unknown"},
		{"the end of numbers", INT64_MAX, "unknown"},
};

static void test_times(void **state)
{
	char got[CM_UTC_SIZE];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		cm_days_utc(got, times[i].when);
		assert_string_equal(got, times[i].want);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(cm_days_state_name(CM_DAYS_OK), "ok");
	assert_string_equal(cm_days_state_name(CM_DAYS_SOON), "expires soon");
	assert_string_equal(cm_days_state_name(CM_DAYS_EXPIRED), "expired");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_odd_clocks),
			cmocka_unit_test(test_times),
			cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
