/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must each Contact of this message say on the other side? */
#ifndef TR_PIN_H
#define TR_PIN_H

#include "../../core/parser/msg_parser.h"

enum tr_pinned {
	TR_PIN_ERROR = 0, /* out of memory; nothing was changed */
	TR_PIN_MALFORMED,
	TR_PIN_NOT_SIP,
	TR_PIN_TOO_LONG,
	TR_PIN_TOO_MANY,
	TR_PIN_FULL,
	TR_PIN_CLOSED,
	TR_PIN_OK
};

/* Replaces the Contact URIs of a request or reply, all of them or none (RFC
 * 5626 s5.3.1-1, s5.3.2-1): by tokens, or in a 2xx to REGISTER our tokens by what they stand for. */
enum tr_pinned tr_pin(struct sip_msg *msg);

#endif
