/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which SIP domain does this URI of a certificate stand for? (RFC 5922 s7.1)
 *
 * Works on pointer and length; owns and allocates nothing.
 */
#ifndef CM_URI_H
#define CM_URI_H

#include <stddef.h>

#include "cm_name.h"

/* Judge one URI value; *name is its host when CM_OK. */
enum cm_reason cm_uri_domain(
		const char *text, size_t len, struct cm_name *name);

#endif
