/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do any first bytes make cm_hello read out of bounds, count what is not there,
 * or take two looks for two things? */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_hello.h"

#define PEEK 64

static void check(const struct cm_hello *h, size_t size, size_t cipher)
{
	size_t i;

	if(h->opening != CM_OPENING_OTHER || h->sni_len > CM_SNI_MAX
			|| h->sni_len > size || h->ciphers * cipher > size
			|| (h->seen && !h->malformed && size < 9))
		abort();
	/* a name is what was sent, nothing behind it */
	for(i = h->sni_len; i < CM_SNI_MAX; i++)
		if(h->sni[i] != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_hello h, again;
	enum cm_opening opening;

	memset(&h, 0xa5, sizeof(h));
	h.opening = CM_OPENING_OTHER;
	again = h;
	cm_hello_parse(data, size, &h);
	check(&h, size, 2);
	memset(&again, 0x5a, sizeof(again));
	again.opening = CM_OPENING_OTHER;
	cm_hello_parse(data, size, &again);
	if(memcmp(&h, &again, sizeof(h)) != 0)
		abort();
	cm_hello_parse_ssl2(data, size, &h);
	check(&h, size, 3);
	if(!*cm_hello_version(h.version))
		abort();
	opening = cm_hello_opening(data, size);
	if((opening == CM_OPENING_NOTHING) != (size == 0)
			|| strcmp(cm_opening_name(opening), "unknown") == 0)
		abort();
	/* what begins as a record or in SSL 2.0 format does so in a short look */
	if(size > PEEK && (opening == CM_OPENING_TLS || opening == CM_OPENING_SSL2)
			&& cm_hello_opening(data, PEEK) != opening)
		abort();
	return 0;
}
