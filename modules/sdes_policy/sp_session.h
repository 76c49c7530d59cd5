/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_session answers: what was decided about the message that this process is
 * handling?
 *
 * One decision per process: it belongs to one message and is wiped, keys and
 * all, when the script is done with that message.
 */
#ifndef SP_SESSION_H
#define SP_SESSION_H

#include "../../core/parser/msg_parser.h"

#include "sp_final.h"
#include "sp_flags.h"

enum sp_outcome {
	SP_OUTCOME_ERROR = 0, /* wrong use: an unknown side, in() not called */
	SP_OUTCOME_GO,
	SP_OUTCOME_NO_SDP,
	SP_OUTCOME_REFUSED,     /* answer with the code and the reason */
	SP_OUTCOME_REFUSED_LATE /* the same in a reply or an ACK */
};

struct sp_session {
	unsigned msg_id; /* of the message it belongs to */
	int valid;
	enum sp_role role;
	char from[SP_NAME_MAX];
	char to[SP_NAME_MAX]; /* "" until somebody said where it goes */
	struct sp_verdict verdict;
	struct sp_buf clean; /* the SDP for rtpengine: holds keys */
	struct sp_buf flags;
};

/* The decision about msg, or NULL when there is none. */
const struct sp_session *sp_session_of(const struct sip_msg *msg);

/* Judges what msg brings from the side of this name. role unknown: requests
 * bring offers, but ACK an answer; replies bring answers. */
enum sp_outcome sp_session_in(
		struct sip_msg *msg, struct sp_text side, enum sp_role role);

/* Chooses how it leaves to the side of this name. */
enum sp_outcome sp_session_out(struct sip_msg *msg, struct sp_text side,
		const struct sp_version *rtpengine);

/* A transport of the core's, as the policy sees it. */
enum sp_transport sp_transport_of(int proto);

/* Forgets and wipes the decision. */
void sp_session_wipe(void);

#endif
