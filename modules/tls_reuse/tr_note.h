/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a phone's message tell of the way to that phone? */
#ifndef TR_NOTE_H
#define TR_NOTE_H

#include "tr_contact.h"
#include "tr_pin.h"
#include "tr_registration.h"
#include "tr_stats.h"

struct tr_note {
	int asking; /* it is a REGISTER: ids has the registration of each Contact */
	uint8_t ids[TR_CONTACTS_MAX][TR_REGISTRATION_LEN];
	int registrations; /* over its connection; registration is its own */
	uint8_t registration[TR_REGISTRATION_LEN];
};

/* Notes the connection that a phone's message, whose headers are parsed, came
 * on, and what it asks for if it is a REGISTER. Its counts are 0 before.
 * TR_PIN_OK, or why it cannot be pinned. */
enum tr_pinned tr_note_phone(struct sip_msg *msg, int conid,
		const struct tr_contacts *contacts, struct tr_note *note);

/* Counts a refusal, and keeps its reason; returns result. */
enum tr_pinned tr_note_refused(struct sip_msg *msg, enum tr_pinned result,
		enum tr_stat stat, const char *reason);

#endif
