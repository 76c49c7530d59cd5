/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_store answers: which policy is in force now?
 *
 * The rules lie in shared memory, one immutable block with a count of its
 * readers. A new policy is built beside the old one; the pointer is swapped
 * under the lock, and whoever drops the last reference frees the block.
 */
#ifndef SP_STORE_H
#define SP_STORE_H

#include <time.h>

#include "sp_rules.h"
#include "sp_text.h"

/* Before the fork: makes the lock. 0 or -1. */
int sp_store_init(void);
void sp_store_destroy(void);

/* Loads a policy file and puts it to use. On -1 the old policy stays and why
 * says what is wrong with the file. */
int sp_store_load(const char *path, struct sp_buf *why);

/* The rules in force, never NULL after the first load. Give them back with
 * sp_store_put() in the same function. */
const struct sp_rules *sp_store_get(void);
void sp_store_put(const struct sp_rules *rules);

/* When the rules were loaded. */
time_t sp_store_loaded(const struct sp_rules *rules);

#endif
