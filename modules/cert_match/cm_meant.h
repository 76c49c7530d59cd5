/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this connection the one that a send is meant for? (RFC 5922 s7.3) */
#ifndef CM_MEANT_H
#define CM_MEANT_H

#include "cm_store.h"

/* 1: yes, or nothing in particular is expected of the send under way (cm_next.h).
 * rec: of the connection; NULL if it has none, then id, ip and port name it.
 * 0: no; it was counted and said. */
int cm_meant(const struct cm_rec *rec, int id, const struct ip_addr *ip,
		unsigned short port);

#endif
