/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has each Contact of any REGISTER a name that no other Contact of it has, and
 * the same one each time; and does an address of record that is as it is
 * compared stay so? Input: user part, LF, Contacts. */
#include "../../modules/tls_reuse/tr_binding.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AOR_MAX 256

static const struct tr_view host = {"Edge.TEST", 9}, none = {NULL, 0};

static void addresses(struct tr_view user)
{
	char once[AOR_MAX], twice[AOR_MAX];
	int len = tr_binding_aor(user, host, none, once, sizeof(once)), again;
	struct tr_view shown;

	if(len < 0 || user.len == 0) {
		return;
	}
	if(len < 4 + 1 + (int)host.len || memcmp(once, "sip:", 4) != 0) {
		abort();
	}
	shown = (struct tr_view){once + 4, (size_t)len - 4 - 1 - host.len};
	again = tr_binding_aor(shown, host, none, twice, sizeof(twice));
	if(again != len || memcmp(once, twice, (size_t)len) != 0) {
		abort();
	}
}

static void names(struct tr_view contacts)
{
	uint8_t ids[2][TR_CONTACTS_MAX][TR_REGISTRATION_LEN];
	const struct tr_view aor = {"sip:a@b", 7}, call_id = {"c", 1};
	struct tr_contacts c;
	size_t at, i, j;

	memset(&c, 0, sizeof(c));
	if(tr_contact_walk(contacts, &c, &at) != 0) {
		return;
	}
	tr_binding_ids(&c, aor, call_id, 0, ids[0]);
	tr_binding_ids(&c, aor, call_id, 0, ids[1]);
	for(i = 0; i < c.n; i++) {
		if(memcmp(ids[0][i], ids[1][i], TR_REGISTRATION_LEN) != 0) {
			abort();
		}
		for(j = 0; j < i; j++) {
			if(memcmp(ids[0][i], ids[0][j], TR_REGISTRATION_LEN) == 0) {
				abort();
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *line = size > 0 ? memchr(text, '\n', size) : NULL;
	size_t user = line != NULL ? (size_t)(line - text) : size;

	addresses((struct tr_view){text, user});
	if(line != NULL) {
		names((struct tr_view){line + 1, size - user - 1});
	}
	return 0;
}
