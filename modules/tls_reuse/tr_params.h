/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did the operator set, and what follows from it? Written in mod_init,
 * only read afterwards. */
#ifndef TR_PARAMS_H
#define TR_PARAMS_H

#include "tr_addr.h"
#include "tr_callid.h"
#include "tr_flow.h"

struct tr_params {
	char *flow_key;  /* wiped once keys is made */
	char *inner_uri; /* as written in the configuration */
	char *outer_uri;
	int max_flows;
	int max_aliases;
	int max_uri_len;
	int hide_via;
	struct tr_inside inside; /* not shown in Call-IDs */
	struct tr_addr inner;    /* for the Contacts that the PBX sees */
	struct tr_addr outer;    /* ... that phones see */
	struct tr_flow_keys keys;
};

extern struct tr_params tr_params;

#endif
