/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do all processes come to have the same keys? One set lies in shared
 * memory, with a number that goes up when it changes; each process has a copy,
 * and takes another when it sees another number. (tr_key_now() is here.) */
#ifndef TR_KEY_STORE_H
#define TR_KEY_STORE_H

#include "tr_key.h"

/* Before the fork. 0, or -1: no memory. */
int tr_key_store_init(const struct tr_key_set *set);

/* From here on set is everybody's. */
void tr_key_store_put(const struct tr_key_set *set);

void tr_key_store_destroy(void);

#endif
