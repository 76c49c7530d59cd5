/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a certificate was found to say, as one line of text. */
#ifndef TEST_CM_SET_H
#define TEST_CM_SET_H

#include <stdio.h>
#include <string.h>

#include "../../modules/cert_match/cm_ident.h"

/* Appends the token of each entry; arg: a text with room for it. */
static inline void note_entry(void *arg, const struct cm_entry *e)
{
	char *tokens = arg;

	if(tokens[0])
		strcat(tokens, " ");
	strcat(tokens, cm_reason_token(e->reason));
}

/* "source:name,name", or the reason's token. */
static inline void print_set(
		char *out, size_t size, const struct cm_ident_set *set)
{
	struct cm_names names = cm_ident_names(set);
	size_t offset = 0, len, used;
	const char *name;

	if(set->reason != CM_OK) {
		snprintf(out, size, "%s", cm_reason_token(set->reason));
		return;
	}
	used = (size_t)snprintf(out, size, "%s:", cm_source_name(set->source));
	while((name = cm_names_next(&names, &offset, &len)) != NULL)
		used += (size_t)snprintf(
				out + used, size - used, "%.*s,", (int)len, name);
	out[used - 1] = '\0';
}

#endif
