/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_onsend answers: may this finished message leave?
 */
#ifndef SP_ONSEND_H
#define SP_ONSEND_H

#include "sp_session.h"

/* The last look, in onsend_route, at what is about to be sent for msg. An
 * empty side means the one of sp_session_out(), and without that: no key may
 * leave. SP_OUTCOME_GO, or SP_OUTCOME_REFUSED after one line in the log. */
enum sp_outcome sp_onsend_check(struct sip_msg *msg, struct sp_text side);

#endif
