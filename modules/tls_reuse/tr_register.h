/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is registered over which flow? Told by the registrar's 2xx. */
#ifndef TR_REGISTER_H
#define TR_REGISTER_H

#include "tr_contact.h"

#include "../../core/parser/msg_parser.h"

/* A 2xx of the PBX's to the REGISTER that came on the flow, which is taken as
 * unregistered until tr_register_bound() tells otherwise. */
void tr_register_answered(int conid);

/* The 2xx msg lists the binding c, which is the flow's. */
void tr_register_bound(
		struct sip_msg *msg, int conid, const struct tr_contact *c);

#endif
