/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name of our certificate do we send requests under? See the header. */
#include "tr_certified.h"

#include <string.h>
#include <strings.h>

void tr_certified_start(
		struct tr_certified *c, struct tr_view local, struct tr_view host)
{
	c->local = local;
	c->host = host;
	c->rank = TR_RANK_NONE;
	c->len = 0;
}

static int is_equal(struct tr_view a, struct tr_view b)
{
	return a.len == b.len && a.len > 0 && strncasecmp(a.s, b.s, a.len) == 0;
}

/* May it stand in a Via? "*.example.com" names no host. */
static int is_host(struct tr_view name)
{
	size_t i;

	if(name.len == 0 || name.len > TR_NAME_MAX) {
		return 0;
	}
	for(i = 0; i < name.len; i++) {
		char c = name.s[i];

		if((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
				&& c != '-' && c != '.' && c != '_') {
			return 0;
		}
	}
	return 1;
}

int tr_certified_look(struct tr_certified *c, struct tr_view identity)
{
	enum tr_rank rank = TR_RANK_FIRST;

	if(!is_host(identity)) {
		return 0;
	}
	if(is_equal(identity, c->local)) {
		rank = TR_RANK_LOCAL;
	} else if(is_equal(identity, c->host)) {
		rank = TR_RANK_HOST;
	}
	if(rank > c->rank) {
		c->rank = rank;
		c->len = (uint8_t)identity.len;
		memcpy(c->name, identity.s, identity.len);
	}
	return c->rank == TR_RANK_LOCAL
		   || (c->rank == TR_RANK_HOST && c->local.len == 0);
}
