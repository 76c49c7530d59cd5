/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of these come one behind the other? Rings of records that are in
 * several at once: each has a link for each ring, and a ring has a link of its
 * own, its head. A record that is in no ring is linked to itself. */
#ifndef TR_LINK_H
#define TR_LINK_H

#include <stddef.h>

struct tr_link {
	struct tr_link *next;
	struct tr_link *prev;
};

/* The record of type whose member the link is. */
#define TR_LINK_OF(type, member, link)                                         \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void tr_link_init(struct tr_link *l)
{
	l->next = l->prev = l;
}

static inline int tr_link_alone(const struct tr_link *l)
{
	return l->next == l;
}

static inline void tr_link_leave(struct tr_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	tr_link_init(l);
}

/* l is in no ring. */
static inline void tr_link_first(struct tr_link *head, struct tr_link *l)
{
	l->next = head->next;
	l->prev = head;
	head->next->prev = l;
	head->next = l;
}

static inline void tr_link_last(struct tr_link *head, struct tr_link *l)
{
	tr_link_first(head->prev, l);
}

/* ... or in the same ring, or in another one. */
static inline void tr_link_move_last(struct tr_link *head, struct tr_link *l)
{
	tr_link_leave(l);
	tr_link_last(head, l);
}

#endif
