/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which bucket of a table does a key belong, that others may choose?
 * SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012): who does not know the
 * seed cannot make keys that meet, neither in a bucket nor altogether. */
#ifndef TR_HASH_H
#define TR_HASH_H

#include <stddef.h>
#include <stdint.h>

#define TR_HASH_SEED_LEN 16

void tr_hash(const uint8_t seed[TR_HASH_SEED_LEN], const void *data, size_t len,
		uint64_t out[2]);

#endif
