/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what need not be done at once? One process of the module's own. */
#ifndef CM_TICKER_H
#define CM_TICKER_H

/* Announce the process to the core; in mod_init. 0 or -1. */
int cm_ticker_init(void);

/* Start it; in child_init with the core's rank. It calls cm_ledger_tick() and
 * cm_expiry_tick() once a second. 0 or -1. */
int cm_ticker_start(int rank);

#endif
