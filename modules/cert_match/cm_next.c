/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domain is the next connection of this process meant for? The core
 * passes only ip:port down, in one call: so this is local to the process. */

#include <string.h>

#include "cm_next.h"

struct cm_next_state {
	int set;
	int taken_by; /* the connection that was opened for it; 0: none yet */
	int accepts;  /* an accepted connection that will do; 0: none */
	unsigned short port;
	struct ip_addr ip;
	struct cm_next next;
};

static struct cm_next_state cm_next_state;

static void cm_next_begin(const struct ip_addr *ip, unsigned short port)
{
	struct cm_next_state *s = &cm_next_state;

	s->set = 1;
	s->taken_by = s->accepts = 0;
	s->ip = *ip;
	s->port = port;
}

void cm_next_set(const struct cm_name *domain, const struct cm_name *local,
		const struct ip_addr *ip, unsigned short port)
{
	struct cm_next_state *s = &cm_next_state;

	if(!domain) {
		cm_next_forget();
		return;
	}
	s->next.domain = *domain;
	s->next.has_local = local != NULL;
	if(local)
		s->next.local = *local;
	cm_next_begin(ip, port);
}

static int cm_next_is(const struct cm_name *name, const str *text)
{
	return text->len > 0 && name->len == (size_t)text->len
		   && memcmp(name->text, text->s, name->len) == 0;
}

int cm_next_again(const str *domain, const str *local, const struct ip_addr *ip,
		unsigned short port)
{
	const struct cm_next *last = &cm_next_state.next;

	if(!cm_next_is(&last->domain, domain) || last->has_local != (local != NULL)
			|| (local && !cm_next_is(&last->local, local)))
		return -1;
	cm_next_begin(ip, port);
	return 0;
}

const struct cm_next *cm_next_get(const struct ip_addr *ip, unsigned short port)
{
	struct cm_next_state *s = &cm_next_state;
	struct ip_addr asked = *ip;

	if(!s->set || s->port != port || !ip_addr_cmp(&s->ip, &asked))
		return NULL;
	return &s->next;
}

int cm_next_is_set(void)
{
	return cm_next_state.set;
}

void cm_next_take(int id)
{
	cm_next_state.taken_by = id;
}

void cm_next_accept(int id)
{
	cm_next_state.accepts = id;
}

int cm_next_accepts(int id)
{
	return cm_next_state.set && cm_next_state.accepts == id;
}

void cm_next_ended(int id)
{
	if(cm_next_state.taken_by == id)
		cm_next_forget();
}

void cm_next_forget(void)
{
	cm_next_state.set = 0;
	cm_next_state.taken_by = cm_next_state.accepts = 0;
}
