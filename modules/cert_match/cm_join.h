/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do several texts read as one list? Pure. */
#ifndef CM_JOIN_H
#define CM_JOIN_H

#include "cm_match.h"

/* Write names into out (size > 5), a comma list, terminated. A name that does
 * not fit is not cut: the list ends with ",..." instead. Returns the length. */
size_t cm_names_join(char *out, size_t size, const struct cm_names *names);

/* Append one more text to the list of used octets, by the same rule, behind a
 * separator ("," or ", "). Returns the new length; after a text that did not
 * fit nothing more is added. */
size_t cm_join_add(char *out, size_t size, size_t used, const char *separator,
		const char *text, size_t len);

#endif
