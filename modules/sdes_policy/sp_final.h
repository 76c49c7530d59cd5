/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_final answers: may this finished SDP leave on this leg?
 *
 * The last look, after rtpengine and everything else had their turn: nothing
 * is repaired here.
 */
#ifndef SP_FINAL_H
#define SP_FINAL_H

#include "sp_policy.h"

enum sp_role { SP_ROLE_UNKNOWN = 0, SP_ROLE_OFFER, SP_ROLE_ANSWER };

struct sp_leg {
	const struct sp_rules *rules;
	const struct sp_side *to; /* NULL: nobody said, so no key may leave */
	enum sp_transport over;   /* what the message leaves on */
	enum sp_role role;
};

/* Judges an SDP that was read with the rules: v->code is 200 or 488, the
 * reason says what is wrong. Keys may leave only over TLS and only to a side
 * that takes them; where SRTP is required no stream leaves without one. */
void sp_final_judge(const struct sp_leg *leg, const struct sp_sdp *sdp,
		struct sp_verdict *v);

#endif
