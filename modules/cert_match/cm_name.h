/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this text a DNS name, and which one?
 *
 * Works on pointer and length; owns and allocates nothing.
 */
#ifndef CM_NAME_H
#define CM_NAME_H

#include <stddef.h>

#include "cm_verdict.h"

#define CM_NAME_MAX 253

/* A name in its canonical form: lower case, no trailing dot, not terminated. */
struct cm_name {
	size_t len;
	char text[CM_NAME_MAX];
};

/* Judge bytes as a URI or a name would carry them: NUL, control characters,
 * blanks and bytes beyond ASCII refuse. CM_OK or the first reason found. */
enum cm_reason cm_name_bytes(const char *text, size_t len);

/* Put text into canonical form, or say why it is no name.
 * star: "*" is allowed as the whole leftmost label of at least two.
 * One trailing dot does not change a name. An IP address is no name.
 * name is written only when CM_OK is returned. */
enum cm_reason cm_name_parse(
		const char *text, size_t len, int star, struct cm_name *name);

#endif
