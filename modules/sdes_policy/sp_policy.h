/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_policy answers: do these keys and streams meet the policy?
 */
#ifndef SP_POLICY_H
#define SP_POLICY_H

#include "sp_verdict.h"

/* How the message that carried the SDP came: the transport itself, never
 * what a URI in it says. */
enum sp_transport {
	SP_OVER_UNKNOWN = 0, /* not secure */
	SP_OVER_UDP,
	SP_OVER_TCP,
	SP_OVER_TLS
};

struct sp_question {
	const struct sp_rules *rules;
	const struct sp_side *from;
	const struct sp_side *to; /* or NULL when not known yet */
	enum sp_transport over;
	int answer;                 /* 0: the SDP is an offer */
	const struct sp_sdp *offer; /* what this answers, or NULL */
};

/* Judges sdp (read with the rules' aliases); fills all of v. Nothing is kept:
 * v holds no view and no key. */
void sp_policy_judge(const struct sp_question *q, const struct sp_sdp *sdp,
		struct sp_verdict *v);

/* How to read an SDP under these rules. */
struct sp_reading sp_policy_reading(const struct sp_rules *rules);

#endif
