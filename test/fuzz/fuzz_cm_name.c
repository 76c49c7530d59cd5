/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does any text make the name and URI parsers accept what is no name, or print
 * what does not print? */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_explain.h"
#include "../../modules/cert_match/cm_uri.h"

static void check_name(const struct cm_name *name, int star)
{
	struct cm_name again;

	if(name->len == 0 || name->len > CM_NAME_MAX)
		abort();
	if(cm_name_parse(name->text, name->len, star, &again) != CM_OK
			|| again.len != name->len
			|| memcmp(again.text, name->text, name->len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char out[64];
	struct cm_name name;
	size_t i;

	if(cm_name_parse(text, size, 0, &name) == CM_OK)
		check_name(&name, 0);
	if(cm_name_parse(text, size, 1, &name) == CM_OK)
		check_name(&name, 1);
	if(cm_uri_domain(text, size, &name) == CM_OK)
		check_name(&name, 0);
	cm_printable(out, sizeof(out), text, size);
	if(strlen(out) >= sizeof(out))
		abort();
	for(i = 0; out[i]; i++)
		if(out[i] < ' ' || out[i] > '~')
			abort();
	return 0;
}
