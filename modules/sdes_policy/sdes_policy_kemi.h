/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy_kemi answers: what do the functions return to a script?
 */
#ifndef SDES_POLICY_KEMI_H
#define SDES_POLICY_KEMI_H

#include "../../core/parser/msg_parser.h"

#include "sp_flags.h"

/* Of the rtpengine in use; set once at start. */
void sdes_policy_kemi_init(const struct sp_version *rtpengine);
int sdes_policy_kemi_register(void);

/* 1 go on, 2 there is no SDP, -1 refused: answer $sdes(code), -2 refused in a
 * reply or an ACK, -3 wrong use. */
int ki_sdes_policy_in(struct sip_msg *msg, str *side);
/* The same; kind is "offer" or "answer". */
int ki_sdes_policy_in_as(struct sip_msg *msg, str *side, str *kind);
/* 1 $sdes(flags) and $sdes(sdp) are there, 2 there is no SDP, -1 refused,
 * -2 refused in a reply or an ACK, -3 wrong use. */
int ki_sdes_policy_out(struct sip_msg *msg, str *side);
/* 1 it may leave, -1 drop it, -3 wrong use. */
int ki_sdes_policy_onsend(struct sip_msg *msg);
int ki_sdes_policy_onsend_to(struct sip_msg *msg, str *side);

#endif
