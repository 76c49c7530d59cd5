/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever was to be sent: no read or write out of bounds, and a 503 that is
 * made has the request's Vias, one line for each header, and no line more. */
#include "../../modules/tls_reuse/tr_503.h"

#include "../../modules/tls_reuse/tr_header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Headers of this name, and whether those of both messages are the same. */
static size_t compare(struct tr_view one, struct tr_view two, const char *name,
		char compact, int same)
{
	struct tr_header a, b;
	size_t n = 0;

	tr_header_start(one, &a);
	tr_header_start(two, &b);
	while(tr_header_next(one, &a) == 0) {
		if(!tr_header_is(&a, name, compact))
			continue;
		do {
			if(tr_header_next(two, &b) != 0)
				abort(); /* one is missing */
		} while(!tr_header_is(&b, name, compact));
		if(same
				&& (a.value.len != b.value.len
						|| memcmp(a.value.s, b.value.s, a.value.len) != 0))
			abort();
		n++;
		if(!same)
			return n; /* the first one is what counts */
	}
	while(tr_header_next(two, &b) == 0)
		if(tr_header_is(&b, name, compact))
			abort(); /* one more than there was */
	return n;
}

static void check(struct tr_view request, struct tr_view made)
{
	static const char end[] = "Content-Length: 0\r\n\r\n";
	const size_t end_len = sizeof(end) - 1;
	struct tr_header h;
	size_t headers = 0;

	if(!tr_header_is_clean(made) || memcmp(made.s, "SIP/2.0 503 ", 12) != 0
			|| made.len < end_len
			|| memcmp(made.s + made.len - end_len, end, end_len) != 0)
		abort();
	/* RFC 3261 s8.2.6.2 */
	headers += compare(request, made, "via", 'v', 1);
	headers += compare(request, made, "from", 'f', 0);
	headers += compare(request, made, "to", 't', 0);
	headers += compare(request, made, "call-id", 'i', 0);
	headers += compare(request, made, "cseq", '\0', 0);
	tr_header_start(made, &h);
	while(tr_header_next(made, &h) == 0)
		headers--;
	if(headers != (size_t)-2 || h.begin + 2 != made.len)
		abort(); /* Warning and Content-Length, and nothing else */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view request = {(const char *)data, size};
	struct tr_view word = {(const char *)data, size < 40 ? size : 40}, head;
	struct tr_503 what = {word, word, word};
	size_t cap = size + 512, len = 0, len2 = 0;
	char *out = malloc(cap), *again = malloc(cap);

	if(out == NULL || again == NULL)
		abort();
	tr_503_is_acked_by(request);
	head = tr_503_head(request);
	if(head.len > size)
		abort();
	if(tr_503_make(&what, request, out, cap, &len) == 0) {
		check(request, (struct tr_view){out, len});
		if(tr_503_make(&what, head, again, cap, &len2) != 0 || len2 != len
				|| memcmp(out, again, len) != 0)
			abort(); /* what is kept of a request is enough */
		if(tr_503_make(&what, request, again, len - 1, &len2) == 0)
			abort();
	}
	free(out);
	free(again);
	return 0;
}
