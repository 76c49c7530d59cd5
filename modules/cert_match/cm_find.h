/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May the core find a connection by its address? Not one that was opened for a
 * domain. Part of the adapter, as cm_conn.h. */
#ifndef CM_FIND_H
#define CM_FIND_H

/* On releases that ask, has the core ask us. Before that, cm_life.c hides the
 * port, which is all that can be done, and enough. In mod_init, after tls's
 * functions were saved. */
void cm_find_hook(void);

#endif
