/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is told, and how, that a certificate ends? */
#ifndef CM_EXPIRY_TELL_H
#define CM_EXPIRY_TELL_H

#include <stdint.h>

/* Tell of every certificate that ends soon, or has ended, and that was not told
 * of on this day: event_route[cert_match:expiry] for each, a log line for each
 * of our own, one for all of the peers'. now: seconds since 1970; day: since
 * the start. minute: 1 once a minute, when further peers may be told of. In the
 * module's own process. */
void cm_expiry_tell(int64_t now, int64_t day, int minute);

#endif
