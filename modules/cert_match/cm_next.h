/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domain is the next connection that this process opens meant for? */
#ifndef CM_NEXT_H
#define CM_NEXT_H

#include "../../core/ip_addr.h"
#include "../../core/str.h"

#include "cm_name.h"

/* What is meant, and for whom of us. */
struct cm_next {
	struct cm_name domain;
	int has_local;
	struct cm_name local;
};

/* Remember domain, on behalf of local (may be NULL), for the next TLS send to
 * ip:port; domain NULL forgets. */
void cm_next_set(const struct cm_name *domain, const struct cm_name *local,
		const struct ip_addr *ip, unsigned short port);

/* Remember the domains of last time once more, which these are, in canonical
 * form (local may be NULL): most sends are for the same as the one before, and
 * a canonical name needs no parsing. 0, or -1: they are others, or are written
 * in another way. */
int cm_next_again(const str *domain, const str *local, const struct ip_addr *ip,
		unsigned short port);

/* What is remembered for ip:port, or NULL. It stays remembered until
 * cm_next_forget(); the pointer is valid until cm_next_set(). */
const struct cm_next *cm_next_get(
		const struct ip_addr *ip, unsigned short port);

/* Is anything remembered, for whatever address? */
int cm_next_is_set(void);

/* Connection id was opened for what is remembered; cm_next_ended() forgets it
 * when that connection ends before anything was sent. */
void cm_next_take(int id);
void cm_next_ended(int id);

/* A connection that the peer opened will do as well. 1: this one. */
void cm_next_accept(int id);
int cm_next_accepts(int id);

void cm_next_forget(void);

#endif
