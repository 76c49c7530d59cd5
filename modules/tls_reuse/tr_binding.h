/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which registration does each Contact of a REGISTER ask for? RFC 3261 s10.3:
 * one of the address of record in To. Of a phone that names its instance that
 * instance's, and of those the flow that reg-id names (RFC 5626 s4.2); of any
 * other that of the Call-ID, which stays the same (RFC 3261 s10.2), and of the
 * user part of its URI: host and port change when the phone moves. Contacts
 * that nothing of this tells apart are counted, those that are to last first:
 * who takes his former URI back beside the new one means the new one. */
#ifndef TR_BINDING_H
#define TR_BINDING_H

#include "tr_contact.h"
#include "tr_registration.h"

/* Writes an address of record as it is compared (RFC 3261 s10.3 step 5,
 * s19.1.4): "sip:", user as it is but for escapes of characters that need none,
 * host in lower case, port if there is one. user may be empty.
 * Returns its length, or -1: it has more than cap octets. */
int tr_binding_aor(struct tr_view user, struct tr_view host,
		struct tr_view port, char *out, size_t cap);

/* ids: one for each Contact. lasting: what a Contact without expires asks for,
 * 0: to be removed. */
void tr_binding_ids(const struct tr_contacts *contacts, struct tr_view aor,
		struct tr_view call_id, uint32_t lasting,
		uint8_t ids[TR_CONTACTS_MAX][TR_REGISTRATION_LEN]);

#endif
