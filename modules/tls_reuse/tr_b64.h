/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do octets look in the user part of a SIP URI? As base64url without
 * padding (RFC 4648 s5): all 64 characters are "unreserved" there
 * (RFC 3261 s25.1), so nobody on the way has a reason to escape them. */
#ifndef TR_B64_H
#define TR_B64_H

#include <stddef.h>
#include <stdint.h>

/* Characters needed for n octets. */
#define TR_B64_LEN(n) (((n)*4 + 2) / 3)

/* Writes TR_B64_LEN(len) characters to out, which has room for them. */
void tr_b64_encode(const uint8_t *in, size_t len, char *out);

/* Decodes all of in, or nothing. Exactly one text stands for each string of
 * octets: surplus bits must be zero, so no character can be changed freely.
 * Returns 0 and sets *out_len, or -1: a character or a length that the
 * encoder never writes, or more than cap octets. */
int tr_b64_decode(
		const char *in, size_t len, uint8_t *out, size_t cap, size_t *out_len);

#endif
