/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a message leave, or arrive, with Vias that the other side should not
 * read? Looks at finished buffers, as they go to and come from the network. */
#ifndef TR_HIDE_H
#define TR_HIDE_H

#include "tr_view.h"

/* secret: that of flow tokens. In mod_init. 0 or -1. */
int tr_hide_init(struct tr_view secret);

void tr_hide_destroy(void);

#endif
