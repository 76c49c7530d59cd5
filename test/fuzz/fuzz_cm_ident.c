/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does any DER make cm_ident read or write out of bounds, or keep a name that
 * is none? The first octet of the input holds the options. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_explain.h"

static void look(void *arg, const char *line)
{
	size_t *sum = arg;

	*sum += strlen(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_ident_opts opts;
	struct cm_match_opts match;
	struct cm_ident_set set;
	struct cm_names names;
	size_t offset = 0, len, sum = 0;
	const char *text;
	unsigned count = 0;

	if(size < 1)
		return 0;
	opts.common_name = data[0] & 1;
	match.wildcard = data[0] >> 1 & 1;
	cm_ident_from_der(data + 1, size - 1, &opts, &set, NULL, NULL);
	names = cm_ident_names(&set);
	while((text = cm_names_next(&names, &offset, &len)) != NULL) {
		struct cm_name name;

		/* what was accepted is a name in canonical form, and matches */
		if(cm_name_parse(text, len, 1, &name) != CM_OK || name.len != len
				|| memcmp(name.text, text, len) != 0
				|| cm_match(&names, &name, &match) != CM_OK)
			abort();
		count++;
	}
	if(count != set.count || offset != set.packed_len
			|| (set.reason == CM_OK) != (count > 0))
		abort();
	cm_explain_check(data + 1, size - 1, "example.com", 11, &opts, &match, 0,
			look, &sum);
	return 0;
}
