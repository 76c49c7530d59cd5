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

/* So many octets are looked at, at most. */
#define CM_DOMAIN_MAX 1024
#define CM_ASCII_MAX 256

/* A domain in ASCII. text is the caller's own text, or points into buf: the
 * struct stays where it is. */
struct cm_ascii {
	const char *text;
	size_t len;
	char buf[CM_ASCII_MAX];
};

/* Turn what is not ASCII into A-labels, through UTS 46 mapping and IDNA2008.
 * ASCII stays as it stands, "xn--" labels too (RFC 5891 s5.3 lets us), and is
 * not judged: cm_name_parse() does that, and cm_decide(). Slow, and allocates:
 * to be done before a lock is taken. CM_OK, CM_DOMAIN_BAD or one of cm_name's
 * reasons; then the text is empty, which is no domain either. */
enum cm_reason cm_domain_ascii(
		const char *text, size_t len, struct cm_ascii *ascii);

/* Put a domain into canonical form: A-labels, lower case, no trailing dot.
 * cm_domain_ascii(), then cm_name_parse(). CM_OK, CM_DOMAIN_BAD or one of
 * cm_name's reasons; name is written only when CM_OK is returned. */
enum cm_reason cm_domain_parse(
		const char *text, size_t len, struct cm_name *name);

#endif
