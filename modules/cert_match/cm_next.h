/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domain is the next connection that this process opens meant for? */
#ifndef CM_NEXT_H
#define CM_NEXT_H

#include "../../core/ip_addr.h"

#include "cm_name.h"

/* Remember domain for the next TLS connection to ip:port; NULL forgets. */
void cm_next_set(const struct cm_name *domain, const struct ip_addr *ip,
		unsigned short port);

/* The domain remembered for ip:port, or NULL. It stays remembered until
 * cm_next_forget(); the pointer is valid until cm_next_set(). */
const struct cm_name *cm_next_get(
		const struct ip_addr *ip, unsigned short port);

void cm_next_forget(void);

#endif
