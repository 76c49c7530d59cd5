/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which registrations does a phone ask for, and which does the registrar grant?
 * Told by its REGISTER and by the 2xx to it; by nothing that a phone says
 * alone. */
#ifndef TR_REGISTER_H
#define TR_REGISTER_H

#include "tr_contact.h"
#include "tr_registration.h"

#include "../../core/parser/msg_parser.h"

/* Longest address of record, in octets. */
#define TR_REGISTER_AOR_MAX 1024

/* An address of record as it is compared, of a URI in From or To.
 * Returns its length, or -1: it is none, or too long. */
int tr_register_aor(const str *uri, char aor[TR_REGISTER_AOR_MAX]);

enum tr_register_asked {
	TR_REGISTER_NO_MEMORY = 0,
	TR_REGISTER_MALFORMED, /* no address of record in To, or too long */
	TR_REGISTER_FULL,      /* no room for one more registration */
	TR_REGISTER_CLOSED,    /* the connection has closed */
	TR_REGISTER_OK
};

/* Notes what msg, a phone's REGISTER that came on connection conid, asks for.
 * ids: the registration of each Contact. */
enum tr_register_asked tr_register_asks(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts,
		uint8_t ids[TR_CONTACTS_MAX][TR_REGISTRATION_LEN]);

/* A Contact in the 2xx to a REGISTER. */
struct tr_register_listed {
	int registered; /* it is the token of a registration, whose id this is */
	uint8_t id[TR_REGISTRATION_LEN];
	int own; /* it shows the phone its binding, if that is over the connection
				that asked. RFC 3261 s10.3: each binding once */
};

/* Notes what msg, the 2xx to a REGISTER that had come on connection conid,
 * grants. listed: one for each Contact. */
void tr_register_answered(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts,
		struct tr_register_listed listed[TR_CONTACTS_MAX]);

#endif
