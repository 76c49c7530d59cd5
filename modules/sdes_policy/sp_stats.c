/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_stats answers: how often was what decided? See sp_stats.h.
 */
#include "../../core/counters.h"
#include "../../core/dprint.h"

#include "sp_stats.h"

#define GROUP "sdes_policy"

static const struct {
	const char *name;
	const char *words;
} texts[SP_STATS] = {
		[SP_STAT_ACCEPTED] = {"accepted", "SDPs that met the policy"},
		[SP_STAT_REFUSED] = {"refused", "SDPs refused with a SIP answer"},
		[SP_STAT_REFUSED_LATE] = {"refused_late",
				"SDPs refused in a reply or an ACK"},
		[SP_STAT_SECURE] = {"streams_secure", "streams accepted with a key"},
		[SP_STAT_PLAIN] = {"streams_plain", "streams accepted without one"},
		[SP_STAT_STREAMS_OFF] = {"streams_off",
				"streams of accepted SDPs that were switched off"},
		[SP_STAT_DROPPED] = {"crypto_dropped",
				"a=crypto lines that did not go on"},
		[SP_STAT_REMOVED] = {"keys_removed",
				"other lines with key material that were removed"},
		[SP_STAT_MALFORMED] = {"malformed", "bodies that could not be read"},
		[SP_STAT_LEAKS] = {"leaks_stopped",
				"finished messages held back by the last look: keep it zero"},
		[SP_STAT_RELOADS] = {"reloads", "policies put to use"},
		[SP_STAT_RELOADS_FAILED] = {"reloads_failed",
				"policy files that were refused"},
};

/* Written before the fork only. */
static counter_handle_t handles[SP_STATS];

int sp_stats_init(void)
{
	for(int i = 0; i < SP_STATS; i++) {
		if(counter_register(&handles[i], GROUP, texts[i].name, 0, NULL, NULL,
				   texts[i].words, 0)
				< 0) {
			LM_ERR("cannot register statistic %s\n", texts[i].name);
			return -1;
		}
	}
	return 0;
}

void sp_stats_add(enum sp_stat stat, unsigned n)
{
	counter_add(handles[stat], (int)n);
}

long sp_stats_get(enum sp_stat stat)
{
	return counter_get_val(handles[stat]);
}

const char *sp_stats_name(enum sp_stat stat)
{
	return texts[stat].name;
}
