/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which keys does this edge make its tokens with, and open them? Read from
 * flow_key at start, and again whenever an operator says so. */
#ifndef TR_KEY_H
#define TR_KEY_H

#include "tr_callid.h"
#include "tr_flow.h"
#include "tr_via.h"

#include <stddef.h>

/* Longest key file, or key, in octets. */
#define TR_KEY_FILE_MAX 4096

/* Room for what went wrong, in words. */
#define TR_KEY_WHY_MAX 640

/* All keys, ready for use. Holds key material. */
struct tr_key_set {
	struct tr_flow_keys flow;
	struct tr_via_keys via;
	struct tr_callid_keys callid;
};

/* What an operator may know of the keys. */
struct tr_key_facts {
	unsigned keys;     /* how many there are */
	uint16_t making;   /* the id of the one that makes flow and Via tokens */
	uint16_t call_ids; /* ... that makes tokens of Call-IDs */
};

/* value: a file ("/path" or "file:/path"), a key itself, which is wiped there,
 * or NULL for a random one. edge, lifetime: as for tr_flow_init(). In mod_init,
 * before the fork. Logs what is wrong and what to do about it. 0 or -1. */
int tr_key_init(
		char *value, const struct tr_edge_addr *edge, uint32_t lifetime);

void tr_key_destroy(void);

/* Reads the file again; from the next message on, all processes use what is in
 * it. Returns 0 and tells *facts; or -1, why says what is wrong, and all stays
 * as it was; or -2: there is no file to read. */
int tr_key_again(struct tr_key_facts *facts, char why[TR_KEY_WHY_MAX]);

/* The keys as they are now: this process's own copy, which is compared with
 * one number in shared memory and is changed by the next call only. */
const struct tr_key_set *tr_key_now(void);

#endif
