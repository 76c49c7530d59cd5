/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who would we be on a connection that is about to be opened?
 *
 * The names of the client certificate that the tls module's configuration has
 * for it now; tls.reload changes that at any moment. Besides the adapter
 * (cm_conn.h) the only file that knows a struct of the tls module's: the
 * configuration, which is the same in all versions.
 */
#ifndef CM_OWN_H
#define CM_OWN_H

#include "cm_ident.h"

#include "../../core/str.h"

/* Find the configuration; in mod_init. Without it cm_own_client() never knows
 * anything, which is logged once. */
void cm_own_init(void);

/* Fill *set with the names of the certificate that tls has for a connection to
 * domain on behalf of local (may be NULL), both terminated: it is chosen by
 * server_id and server_name, as cm_sni.h has them chosen. Of set, reason and the
 * names count. 0, or -1: there is no certificate, or it is not certain which:
 * a client profile for an address of ours stands before the one that fits, and
 * the connection has no address yet. */
int cm_own_client(
		const str *domain, const str *local, struct cm_ident_set *set);

#endif
