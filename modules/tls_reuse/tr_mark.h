/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For which domain did the script send this request on its way? The answer
 * stands at the end of the destination URI, where the core, tm's branches and
 * other processes keep it for us:
 *
 *   sip:192.0.2.7:5061;transport=tls;tr-to=b.example;tr-as=a.example;tr-by=MAC
 *
 * A destination URI is never sent, but a stranger may get one of his own there
 * by a Route header. So the mark is signed with a key that lives as long as
 * the process does, and is good for one Call-ID:
 *
 *   MAC = SipHash(key 2, SipHash(key 1, Call-ID), lengths, domain, local)
 *
 * in base64url. SipHash-2-4 with 128 bits (tr_hash.h) is made to be a MAC: who
 * does not know the key cannot make one, at a small part of what HMAC costs for
 * each request. It leaves the machine nowhere, so nobody can try in his own
 * time; who sends made up ones has a chance of 2^-128 with each. A URI that has
 * something like a mark in it, but not exactly one of ours at its end, is
 * forged. */
#ifndef TR_MARK_H
#define TR_MARK_H

#include "tr_hash.h"
#include "tr_target.h"
#include "tr_view.h"

#include <stddef.h>
#include <stdint.h>

/* Octets of a MAC. */
#define TR_MARK_MAC_LEN 16

/* Octets of the longest mark. */
#define TR_MARK_MAX (7 + TR_NAME_MAX + 7 + TR_NAME_MAX + 7 + 22)

/* Random octets that nobody else knows. */
struct tr_mark_key {
	uint8_t call_id[TR_HASH_SEED_LEN];
	uint8_t pair[TR_HASH_SEED_LEN];
};

enum tr_mark {
	TR_MARK_FORGED = 0, /* not ours, or not of this call */
	TR_MARK_NONE,       /* an ordinary URI */
	TR_MARK_OK
};

/* Writes the mark of pair to out, which has room for TR_MARK_MAX octets.
 * Returns its length. */
size_t tr_mark_write(const struct tr_mark_key *key, struct tr_view call_id,
		const struct tr_domains *pair, char *out);

/* Looks for a mark in uri. With TR_MARK_OK, *pair is what it says; pair may
 * be NULL. */
enum tr_mark tr_mark_read(const struct tr_mark_key *key, struct tr_view call_id,
		struct tr_view uri, struct tr_domains *pair);

/* How long uri is without its mark, ours or not. */
size_t tr_mark_begin(struct tr_view uri);

#endif
