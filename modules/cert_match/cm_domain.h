/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which name is meant by this domain that a script, a header or an operator
 * gave?
 *
 * Not for the names of a certificate: those are ASCII (RFC 5280 s7.2), and
 * cm_name judges them.
 */
#ifndef CM_DOMAIN_H
#define CM_DOMAIN_H

#include <stddef.h>

#include "cm_name.h"

/* So many octets of UTF-8 are looked at, at most. */
#define CM_DOMAIN_MAX 1024

/* Put a domain into canonical form: A-labels, lower case, no trailing dot.
 * ASCII is judged by cm_name_parse() as it stands, "xn--" labels too (RFC 5891
 * s5.3 lets us); anything else must be UTF-8 and goes through UTS 46 mapping
 * and IDNA2008. CM_OK, CM_DOMAIN_BAD or one of cm_name's reasons; name is
 * written only when CM_OK is returned. */
enum cm_reason cm_domain_parse(
		const char *text, size_t len, struct cm_name *name);

#endif
