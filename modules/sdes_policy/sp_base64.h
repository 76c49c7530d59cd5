/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_base64 answers: which octets does this base64 text stand for?
 */
#ifndef SP_BASE64_H
#define SP_BASE64_H

#include "sp_text.h"

/* Decodes all of t (RFC 3548 s3) into out[0..size). Padding may be missing,
 * because RFC 4568 s6.1 discards it; when it is there it must be complete.
 * Left-over bits must be zero: one key has one spelling.
 * Returns how many octets, or -1 (nothing useful is in out then). */
int sp_base64_decode(struct sp_text t, uint8_t *out, size_t size);

/* Appends the base64 of in[0..len), without padding. */
void sp_base64_encode(struct sp_buf *b, const uint8_t *in, size_t len);

#endif
