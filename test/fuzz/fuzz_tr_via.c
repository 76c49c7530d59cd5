/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever arrives or leaves: no read or write out of bounds, what was hidden
 * comes back, and a reply gets its second Via from our token alone. */
#include "../../modules/tls_reuse/tr_via.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The reply to what was hidden: it must come back. */
static void answered(const struct tr_via_side_keys *key, struct tr_view request)
{
	static const char first[] = "SIP/2.0 200 OK\n";
	const char *eol = memchr(request.s, '\n', request.len);
	size_t head = sizeof(first) - 1, cap, len;
	char *reply, *out;

	if(eol == NULL)
		return;
	request.len -= (size_t)(eol + 1 - request.s);
	cap = head + request.len + TR_VIA_ROOM;
	reply = malloc(cap);
	out = malloc(cap);
	if(reply == NULL || out == NULL)
		abort();
	memcpy(reply, first, head);
	memcpy(reply + head, eol + 1, request.len);
	if(tr_via_show(
			   key, (struct tr_view){reply, head + request.len}, out, cap, &len)
			!= TR_VIA_DONE)
		abort();
	free(reply);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char secret[] = "0123456789abcdef";
	struct tr_view msg = {(const char *)data, size};
	struct tr_secrets secrets;
	struct tr_via_keys keys;
	const struct tr_via_side_keys *key = &keys.to[TR_VIA_INSIDE];
	size_t cap = size + TR_VIA_ROOM, len = 0, again;
	char *out = malloc(cap), *back = malloc(2 * cap);

	if(out == NULL || back == NULL)
		abort();
	tr_keys_single((struct tr_view){secret, sizeof(secret) - 1}, &secrets);
	tr_via_init(&keys, &secrets, 1);
	switch(tr_via_hide(key, msg, out, cap, &len)) {
		case TR_VIA_NO_ROOM:
			abort(); /* TR_VIA_ROOM promises that there is */
		case TR_VIA_DONE:
			if(tr_via_hide(
					   key, (struct tr_view){out, len}, back, 2 * cap, &again)
					!= TR_VIA_SAME)
				abort(); /* a Via was left below ours */
			answered(key, (struct tr_view){out, len});
			break;
		default:
			break;
	}
	switch(tr_via_show(key, msg, out, cap, &len)) {
		case TR_VIA_NO_ROOM:
			abort();
		case TR_VIA_FORGED:
			if(tr_via_show(
					   key, (struct tr_view){out, len}, back, 2 * cap, &again)
					!= TR_VIA_SAME)
				abort(); /* more than the topmost Via was left */
			break;
		default:
			break;
	}
	free(out);
	free(back);
	return 0;
}
