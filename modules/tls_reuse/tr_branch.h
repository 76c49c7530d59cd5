/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For which domain is each branch of a transaction? In onsend_route the core
 * shows the request as it came, with the destination URI of the first branch:
 * what tm made of the others is told here. */
#ifndef TR_BRANCH_H
#define TR_BRANCH_H

#include "tr_mark.h"

#include "../../core/parser/msg_parser.h"

struct dest_info;

/* Binds tm if it is loaded. When all modules have started, before the fork.
 * 0 or -1. */
int tr_branch_init(void);

/* Has tm tell of the branches that it makes of msg, from now on. 0, or -1: no
 * memory. Without tm there is nothing to do. */
int tr_branch_watch(struct sip_msg *msg);

/* What the destination URI of the branch said that goes to dst; *pair is
 * filled with TR_MARK_OK. -1: this is no branch that was told of. */
int tr_branch_of(const struct sip_msg *msg, const struct dest_info *dst,
		enum tr_mark *mark, struct tr_domains *pair);

#endif
