/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under which names have we sent requests? So that we know our own Via again
 * in the replies (RFC 3261 s18.1.2).
 *
 * Names come from our certificates alone, and stay: the table lies in the
 * caller's memory, grows up to TR_NAMES_MAX and has no holes. Who adds holds a
 * lock of the caller's; others read without one. */
#ifndef TR_NAMES_H
#define TR_NAMES_H

#include "tr_view.h"

#include <stddef.h>

#define TR_NAMES_MAX 1024

struct tr_names;

size_t tr_names_size(void);

/* Makes an empty table in mem, which has tr_names_size() octets and is aligned
 * for any type. */
struct tr_names *tr_names_init(void *mem);

/* The number of a name with this port (0: without), 1 to TR_NAMES_MAX; it is
 * the same for as long as the table lives. 0: it is full, or the name empty or
 * longer than TR_NAME_MAX. */
unsigned tr_names_add(
		struct tr_names *names, struct tr_view name, unsigned port);

/* The same of one that is there, in any case of letters; 0: it is not. */
unsigned tr_names_find(
		const struct tr_names *names, struct tr_view name, unsigned port);

/* What has this number, as a sent-by, "name:port" or "name"; a view into the
 * table, empty: nothing has. */
struct tr_view tr_names_sentby(const struct tr_names *names, unsigned number);

#endif
