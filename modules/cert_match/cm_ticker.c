/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what need not be done at once? A process that wakes once a second,
 * so that no handshake ever waits for a log line or a script. */

#include "../../core/dprint.h"
#include "../../core/sr_module.h"
#include "../../core/timer_proc.h"

#include "cm_expiry.h"
#include "cm_ledger.h"
#include "cm_ticker.h"

static void cm_tick(unsigned int ticks, void *param)
{
	(void)ticks;
	(void)param;
	cm_ledger_tick();
	cm_expiry_tick();
}

int cm_ticker_init(void)
{
	if(register_basic_timers(1) < 0) {
		LM_ERR("the core has no place for a process of cert_match\n");
		return -1;
	}
	return 0;
}

int cm_ticker_start(int rank)
{
	if(rank != PROC_MAIN)
		return 0;
	if(fork_basic_timer(PROC_TIMER, "CERT_MATCH", 1, cm_tick, NULL, 1) < 0) {
		LM_ERR("cannot start the process of cert_match\n");
		return -1;
	}
	return 0;
}
