/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May a message be read at all, and does it leave, or arrive, with addresses
 * that the other side should not read, in Vias or in Call-IDs? Looks at
 * finished buffers, as they go to and come from the network.
 *
 * A message that arrives with a head that is not clean (tr_header.h) is
 * dropped before the core reads it: whoever reads it next may find other
 * headers in it.
 *
 * Vias are hidden in requests that leave, and shown in replies that arrive.
 * Call-IDs cross the TLS side: they are changed in all messages that arrive
 * from there and in all that leave for it, so that inside Kamailio (script,
 * tm, rtpengine) a dialog has the Call-ID that the PBX knows it by. */
#ifndef TR_HIDE_H
#define TR_HIDE_H

/* What to hide is in tr_params, the keys in tr_key.h. In mod_init. 0 or -1. */
int tr_hide_init(void);

#endif
