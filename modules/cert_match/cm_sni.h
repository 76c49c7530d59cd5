/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which server name, and whose client certificate, shall the tls module use for
 * the connection that it is about to begin?
 *
 * Through its own modparam xavp_cfg: its fields server_name (RFC 5922 s7.8) and
 * server_id, which picks a [client:any] profile.
 */
#ifndef CM_SNI_H
#define CM_SNI_H

#include "cm_next.h"

/* Find xavp_cfg, or set it where the configuration does not; in mod_init.
 * 0 or -1. */
int cm_sni_init(void);

/* Put the fields in front of the script's own, and take them away again. What
 * the script set as server_id stays if domain and local say nothing else. Begin
 * returns 0 or -1 (no memory); end is due in both cases. */
int cm_sni_begin(const char *domain, const char *local);
void cm_sni_end(void);

/* What the script set as server_id; a view, {NULL, 0} if it did not. */
void cm_sni_given(str *id);

#endif
