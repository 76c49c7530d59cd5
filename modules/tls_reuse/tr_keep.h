/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections are kept, and how do we know that they live? Aliased ones
 * and registered flows: they get a long lifetime, are pinged (RFC 5626 s4.4.1),
 * and are closed when no pong comes from a peer who has sent one before. */
#ifndef TR_KEEP_H
#define TR_KEEP_H

/* Keeps the connection from now on: a registered flow, or an aliased one. No
 * memory, or too many: it lives as long as the core lets it, and it is
 * counted. */
void tr_keep(int conid);

/* The connection has closed. */
void tr_keep_drop(int conid);

/* Once a second, in the module's own process. */
void tr_keep_tick(void);

#endif
