/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May the core find a connection by its address? See the header. */

#include "../../core/globals.h"
#include "../../core/tcp_conn.h"
#include "../../core/tls_hooks.h"

#include "cm_find.h"
#include "cm_next.h"
#include "cm_store.h"

/* From 6.1 on, the core looks at every connection when none is hashed under
 * the address, whatever port it was hashed under; but it asks of each. */
#if VERSIONVAL >= 6001000

struct cm_find {
	int core_matches; /* tls_connection_match_domain, as it was set */
	struct tls_hooks inner;
};

static struct cm_find cm_find;

static int cm_is_hidden(const struct cm_rec *rec, void *arg)
{
	return rec->hidden;
}

/* May what is sent to ip:port travel on c? The core's lock is held. What is
 * meant for a domain has its connection's number, or opens one. */
static int cm_on_match(
		struct tcp_connection *c, struct ip_addr *ip, unsigned short port)
{
	if(cm_next_is_set() || cm_store_with(c->id, cm_is_hidden, NULL, 0))
		return 0;
	return cm_find.core_matches && cm_find.inner.match_domain
				   ? cm_find.inner.match_domain(c, ip, port)
				   : 1;
}

/* The core asks this one, too, once it asks the other. */
static int cm_on_match_both(struct tcp_connection *a, struct tcp_connection *b)
{
	return cm_find.core_matches && cm_find.inner.match_connections_domain
				   ? cm_find.inner.match_connections_domain(a, b)
				   : 1;
}

void cm_find_hook(void)
{
	cm_find.core_matches = tls_connection_match_domain;
	cm_find.inner = tls_hook;
	tls_hook.match_domain = cm_on_match;
	tls_hook.match_connections_domain = cm_on_match_both;
	tls_connection_match_domain = 1;
}

#else

void cm_find_hook(void)
{
}

#endif
