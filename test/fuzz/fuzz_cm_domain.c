/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does any text, UTF-8 or not, become a domain that is no name, or that does
 * not stay what it is? */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_domain.h"

static int same(const struct cm_name *a, const struct cm_name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct cm_name name, again;
	struct cm_ascii ascii;
	size_t i;

	/* whatever it says, the text is ASCII and no longer than it may be */
	if(cm_domain_ascii(text, size, &ascii) != CM_OK && ascii.len != 0)
		abort();
	for(i = 0; i < ascii.len; i++)
		if((unsigned char)ascii.text[i] >= 0x80 || i >= CM_DOMAIN_MAX)
			abort();
	if(cm_domain_parse(text, size, &name) != CM_OK)
		return 0;
	/* canonical, and its own canonical form by either way */
	if(cm_name_parse(name.text, name.len, 0, &again) != CM_OK
			|| !same(&name, &again))
		abort();
	if(cm_domain_parse(name.text, name.len, &again) != CM_OK
			|| !same(&name, &again))
		abort();
	/* what is ASCII is not changed by more than its case and its dot */
	if(cm_name_bytes(text, size) == CM_OK
			&& (cm_name_parse(text, size, 0, &again) != CM_OK
					|| !same(&name, &again)))
		abort();
	return 0;
}
