/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went over a connection, and who must hear of it? */
#ifndef CM_TRAFFIC_H
#define CM_TRAFFIC_H

#include "cm_store.h"

struct tcp_connection;

/* n octets of clear text came in: they are the last in c's buffer. The caller
 * is the connection's reader. */
void cm_traffic_in(
		const struct tcp_connection *c, struct cm_rec *rec, unsigned n);

/* TLS has taken buf but for the last rest octets, with which it is called
 * again. The caller holds the connection's write lock. */
void cm_traffic_out(
		struct cm_rec *rec, const char *buf, unsigned len, unsigned rest);

#endif
