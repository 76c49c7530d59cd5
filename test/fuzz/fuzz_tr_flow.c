/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every user part judged within bounds, and is what is believed exactly
 * what we would write, or an edge with the same key? */
#include "../../modules/tls_reuse/tr_flow.h"

#include <stdlib.h>
#include <string.h>

/* The corpus holds tokens made with these. */
#define MAKING "a key for the fuzzer"
#define RESTING "an old key for the fuzzer"
#define EDGE                                                                   \
	{                                                                          \
		{10, 0, 0, 1}, 4, 5060                                                 \
	}
#define EPOCH 7
#define NOW ((time_t)480000 * 3600)

static void init(struct tr_flow_keys *keys, const char *text,
		const struct tr_edge_addr *edge)
{
	struct tr_secrets secrets;
	unsigned line;

	if(tr_keys_read((struct tr_view){text, strlen(text)}, &secrets, &line)
					!= TR_KEYS_OK
			|| tr_flow_init(keys, &secrets, edge, EPOCH, 86400) != 0) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tr_edge_addr edge = EDGE;
	struct tr_view user = {(const char *)data, size};
	char buf[TR_FLOW_BUF], token[TR_FLOW_TOKEN_MAX];
	struct tr_flow_keys keys;
	struct tr_flow flow;
	enum tr_verdict verdict;
	size_t len;

	init(&keys, MAKING "\n" RESTING, &edge);
	verdict = tr_flow_decode(&keys, TR_KIND_PHONE, user, NOW, &flow, buf);
	switch(verdict) {
		case TR_OK:
		case TR_WRONG_SIDE: /* the PBX's */
		case TR_ELSEWHERE:
			break;
		default:
			return 0;
	}
	if(flow.kind == TR_KIND_PHONE && verdict == TR_ELSEWHERE) {
		return 0; /* of an epoch that we do not know */
	}
	/* One token for one flow, key and edge. */
	init(&keys, flow.key == 0 ? MAKING : RESTING, &flow.edge);
	if(tr_flow_encode(&keys, &flow, token, sizeof(token), &len) != 0
			|| len != size || memcmp(token, data, len) != 0) {
		abort();
	}
	return 0;
}
