/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domain is the next connection of this process meant for? The core
 * passes only ip:port down, in one call: so this is local to the process. */

#include "cm_next.h"

struct cm_next {
	int set;
	unsigned short port;
	struct ip_addr ip;
	struct cm_name domain;
};

static struct cm_next cm_next;

void cm_next_set(const struct cm_name *domain, const struct ip_addr *ip,
		unsigned short port)
{
	cm_next.set = domain != NULL;
	if(!domain)
		return;
	cm_next.domain = *domain;
	cm_next.ip = *ip;
	cm_next.port = port;
}

const struct cm_name *cm_next_get(const struct ip_addr *ip, unsigned short port)
{
	struct ip_addr asked = *ip;

	if(!cm_next.set || cm_next.port != port
			|| !ip_addr_cmp(&cm_next.ip, &asked))
		return NULL;
	return &cm_next.domain;
}

void cm_next_forget(void)
{
	cm_next.set = 0;
}
