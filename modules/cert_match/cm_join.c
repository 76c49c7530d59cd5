/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do several texts read as one list? */

#include <string.h>

#include "cm_join.h"

static const char more[] = "...";
#define MORE_LEN (sizeof(more) - 1)

static int cm_join_is_full(const char *out, size_t used)
{
	return used >= MORE_LEN
		   && memcmp(out + used - MORE_LEN, more, MORE_LEN) == 0;
}

/* Whatever was added, there is room for the separator, "..." and the terminator
 * behind it. */
size_t cm_join_add(char *out, size_t size, size_t used, const char *separator,
		const char *text, size_t len)
{
	const size_t gap = strlen(separator), spare = gap + MORE_LEN + 1;

	if(cm_join_is_full(out, used))
		return used;
	if(used > 0) {
		memcpy(out + used, separator, gap);
		used += gap;
	}
	if(size - used < spare || len > size - used - spare) {
		text = more;
		len = MORE_LEN;
	}
	memcpy(out + used, text, len);
	out[used + len] = '\0';
	return used + len;
}

size_t cm_names_join(char *out, size_t size, const struct cm_names *names)
{
	size_t offset = 0, len, used = 0;
	const char *name;

	out[0] = '\0';
	while((name = cm_names_next(names, &offset, &len)) != NULL)
		used = cm_join_add(out, size, used, ",", name, len);
	return used;
}
