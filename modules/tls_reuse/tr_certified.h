/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name of our certificate do we send requests under? RFC 5923 s8.1-3: we
 * put our advertised address into sent-by; the peer knows us by what our
 * certificate says, so it has to be one of its names (RFC 5922 s7.2, no
 * wildcards):
 *
 * 1. the domain of ours that the request goes out for,
 * 2. else the host that would stand there anyway,
 * 3. else the certificate's first. */
#ifndef TR_CERTIFIED_H
#define TR_CERTIFIED_H

#include "tr_target.h"
#include "tr_view.h"

enum tr_rank {
	TR_RANK_NONE = 0, /* it names nobody */
	TR_RANK_FIRST,
	TR_RANK_HOST,
	TR_RANK_LOCAL
};

struct tr_certified {
	struct tr_view local; /* the caller's; may be empty */
	struct tr_view host;  /* the caller's; a name or an address */
	enum tr_rank rank;
	uint8_t len; /* of the best name so far */
	char name[TR_NAME_MAX];
};

void tr_certified_start(
		struct tr_certified *c, struct tr_view local, struct tr_view host);

/* Looks at one more identity, in the certificate's order. 1: none that follows
 * can be better. */
int tr_certified_look(struct tr_certified *c, struct tr_view identity);

static inline struct tr_view tr_certified_name(const struct tr_certified *c)
{
	return (struct tr_view){c->name, c->len};
}

#endif
