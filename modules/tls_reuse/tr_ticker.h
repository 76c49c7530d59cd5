/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what must be done in the background? One process of the module's
 * own: once a second it looks after connections (tr_keep.h), and at once, when
 * it is woken, it answers requests that came to nothing (tr_wait.h). */
#ifndef TR_TICKER_H
#define TR_TICKER_H

/* Announces the process and makes what wakes it. In mod_init. 0 or -1. */
int tr_ticker_init(void);

/* Starts it. In child_init, rank PROC_MAIN. 0 or -1. */
int tr_ticker_fork(void);

/* Wakes it; never waits, from any process. */
void tr_ticker_wake(void);

void tr_ticker_destroy(void);

#endif
