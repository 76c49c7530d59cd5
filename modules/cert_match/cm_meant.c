/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this connection the one that a send is meant for? */

#include <string.h>

#include "../../core/dprint.h"

#include "cm_meant.h"
#include "cm_next.h"
#include "cm_stats.h"

static int cm_is(const char *have, const struct cm_name *want)
{
	return have && strlen(have) == want->len
		   && memcmp(have, want->text, want->len) == 0;
}

/* 1: we opened it for these very domains. */
static int cm_is_for(const struct cm_rec *rec, const struct cm_next *next)
{
	if(!cm_is(rec->expected, &next->domain))
		return 0;
	return next->has_local ? cm_is(rec->on_behalf, &next->local)
						   : !rec->on_behalf;
}

/* RFC 5923 s8.2: the peer opened it, and whoever sends has chosen it. */
static int cm_is_accepted(const struct cm_rec *rec)
{
	return rec->info.dir == CM_DIR_IN && rec->info.verified
		   && cm_next_accepts(rec->info.id);
}

int cm_meant(const struct cm_rec *rec, int id, const struct ip_addr *ip,
		unsigned short port)
{
	const struct cm_next *next;

	if(likely(!cm_next_is_set()))
		return 1;
	next = rec ? cm_next_get(&rec->info.peer_ip, rec->info.peer_port)
			   : cm_next_get(ip, port);
	if(rec && (cm_is_accepted(rec) || (next && cm_is_for(rec, next))))
		return 1;
	/* the core may have found another connection by its address */
	cm_stats_inc(CM_STAT_WRONG_CONNECTION);
	LM_ERR("connection %d was not opened for the domain that was meant: "
		   "nothing is sent on it\n",
			id);
	return 0;
}
