/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does nearly every phone's URI have, and need not be written? "sip:" in
 * front and ";transport=tls" at the end. */
#ifndef TR_SHORT_H
#define TR_SHORT_H

#include "tr_view.h"

/* What was taken off. */
#define TR_SHORT_TLS 1u
#define TR_SHORT_SIP 2u

/* Octets that both have. */
#define TR_SHORT_ROOM (4 + 14)

/* Takes off what there is, to the letter, but leaves something of the URI.
 * Returns the sum of the above. */
unsigned tr_short_take(struct tr_view *uri);

/* The inverse: writes the URI to buf, which has room for TR_SHORT_ROOM octets
 * more than text, and returns it. */
struct tr_view tr_short_give(unsigned taken, struct tr_view text, char *buf);

#endif
