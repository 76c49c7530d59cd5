/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the peer of this connection authenticated as this domain? */
#ifndef CM_CHECK_H
#define CM_CHECK_H

#include "../../core/parser/msg_parser.h"
#include "../../core/str.h"

#include "cm_match.h"

/* Set the module's matching options; before the forks. */
void cm_check_init(const struct cm_match_opts *opts);

/* CM_OK or the reason why not. */
enum cm_reason cm_check_id(int id, const str *domain);

/* The same for the connection that a message came on; counted, and remembered
 * for cm_check_last(). */
enum cm_reason cm_check_msg(const struct sip_msg *msg, const str *domain);

/* What the last cm_check_msg() for this very message said; CM_REFUSED if there
 * was none. */
enum cm_reason cm_check_last(const struct sip_msg *msg);

/* The id of the TLS connection that a message came on, or 0. */
int cm_check_conid(const struct sip_msg *msg);

/* The number that scripts get: 1, or a documented negative one. */
int cm_check_answer(enum cm_reason reason);

#endif
