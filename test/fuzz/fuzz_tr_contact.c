/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every Contact header walked within bounds, and does every view lie in
 * it, in order and without overlap? */
#include "../../modules/tls_reuse/tr_contact.h"

#include <stdlib.h>
#include <string.h>

/* Aborts unless v lies between from and end. */
static void inside(struct tr_view v, const char *from, const char *end)
{
	if(v.len > 0 && (v.s < from || v.s > end || v.len > (size_t)(end - v.s))) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view body = {(const char *)data, size};
	const char *from = body.s, *end = body.s + size;
	struct tr_contacts got;
	size_t at = 0, i, k;
	int rc;

	memset(&got, 0, sizeof(got));
	rc = tr_contact_walk(body, &got, &at);
	if(at > size || (rc == 0 && at != size)
			|| (rc == 0 && !got.star && got.n == 0)) {
		abort();
	}
	for(i = 0; rc == 0 && i < got.n; i++) {
		const struct tr_contact *c = &got.c[i];

		if(c->uri.len == 0) {
			abort();
		}
		inside(c->uri, from, end);
		inside(c->user, c->uri.s, c->uri.s + c->uri.len);
		from = c->uri.s + c->uri.len;
		inside(c->params, from, end);
		for(k = 0, at = 0; k < c->kept; k++) {
			inside(c->keep[k], c->params.s + at, c->params.s + c->params.len);
			at = (size_t)(c->keep[k].s + c->keep[k].len - c->params.s);
		}
		if(c->params.len > 0) {
			from = c->params.s + c->params.len;
		}
	}
	return 0;
}
