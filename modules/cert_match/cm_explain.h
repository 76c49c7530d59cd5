/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How does a certificate come to its identities, and to its verdict, step by
 * step?
 *
 * Lines of printable text with the clause of each step; whatever a certificate
 * holds, nothing else is printed.
 */
#ifndef CM_EXPLAIN_H
#define CM_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "cm_ident.h"
#include "cm_match.h"

#define CM_LINE_MAX 640

/* One line, terminated, without line break; valid during the call. */
typedef void (*cm_line_f)(void *arg, const char *line);

/* Every subjectAltName entry and CN, one a line, accepted or refused; then what
 * the certificate may be used for. CM_OK, or why there are no identities. */
enum cm_reason cm_explain_list(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, cm_line_f line, void *arg);

/* The decision for domain. now: seconds since 1970, at which the certificate
 * has to be valid. The chain is not looked at: it is judged in a handshake. */
enum cm_reason cm_explain_check(const uint8_t *der, size_t len,
		const char *domain, size_t domain_len,
		const struct cm_ident_opts *ident, const struct cm_match_opts *match,
		int64_t now, cm_line_f line, void *arg);

/* Write text into out (size > 4) so that it prints: bytes beyond printable
 * ASCII as \xHH; a text that does not fit ends with "...". Returns out. */
const char *cm_printable(char *out, size_t size, const char *text, size_t len);

#endif
