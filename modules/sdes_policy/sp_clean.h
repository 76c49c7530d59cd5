/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_clean answers: what of this SDP may rtpengine see?
 */
#ifndef SP_CLEAN_H
#define SP_CLEAN_H

#include "sp_verdict.h"

/* Appends the SDP as it was judged: the lines on the pass list, canonical
 * a=crypto lines that stay (never one in a stream that is not secure), port 0
 * for refused streams. As many m-lines in the same order, CRLF line ends.
 * A refused SDP that could be read comes out with its refused streams off:
 * for replies, which cannot be refused.
 * Returns 0; -1 when the SDP was not readable or b is too small: b->p must
 * not be used then. b holds keys: wipe it. */
int sp_clean(const struct sp_sdp *sdp, const struct sp_verdict *v,
		const struct sp_rules *rules, struct sp_buf *b);

#endif
