/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every user part judged within bounds, and is what is accepted exactly
 * what we would write? */
#include "../../modules/tls_reuse/tr_flow.h"

#include <stdlib.h>
#include <string.h>

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view user = {(const char *)data, size};
	char buf[TR_FLOW_BUF], token[TR_FLOW_TOKEN_MAX];
	struct tr_flow_keys keys;
	struct tr_flow flow;
	enum tr_verdict verdict;
	size_t len;

	/* the corpus holds tokens made with these */
	if(tr_flow_init(&keys, view("a key for the fuzzer"), view("10.0.0.1:5060"),
			   view("192.0.2.1:5061"), 7)
			!= 0) {
		abort();
	}
	verdict = tr_flow_decode(&keys, TR_KIND_PHONE, user, &flow, buf);
	if(verdict != TR_OK && verdict != TR_WRONG_SIDE) {
		return 0;
	}
	/* One token for one flow: what was accepted is what we write. */
	if(tr_flow_encode(&keys, &flow, token, sizeof(token), &len) != 0
			|| len != size || memcmp(token, data, len) != 0) {
		abort();
	}
	return 0;
}
