/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a forked worker share OpenSSL's per-thread state with its parent? */
#ifndef CM_FORK_H
#define CM_FORK_H

/* From here on each forked process starts with per-thread state of its own.
 * Call before the workers are forked. 0 or -1. */
int cm_fork_cure(void);

#endif
