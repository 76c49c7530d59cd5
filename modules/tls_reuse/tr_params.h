/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did the operator set, and what follows from it? Written in mod_init,
 * only read afterwards. */
#ifndef TR_PARAMS_H
#define TR_PARAMS_H

#include "tr_addr.h"
#include "tr_callid.h"
#include "tr_edge.h"

struct tr_params {
	char *flow_key;  /* wiped at start, unless it is a file's name */
	char *inner_uri; /* as written in the configuration */
	char *outer_uri;
	char *edge_uri;
	int max_flows;
	int max_aliases;
	int max_uri_len;
	int keepalive;           /* seconds between two pings; 0: none */
	int connection_lifetime; /* seconds, of kept ones; 0: the core's */
	int tcp_user_timeout;    /* seconds; 0: as it is */
	int hide_via;
	int fail_reply;
	int token_lifetime;       /* of the PBX's tokens, in seconds; 0: no end */
	struct tr_inside inside;  /* not shown in Call-IDs */
	struct tr_addr inner;     /* for the Contacts that the PBX sees */
	struct tr_addr outer;     /* ... that phones see */
	struct tr_edge_addr edge; /* for the other edges of a cluster */
};

extern struct tr_params tr_params;

#endif
