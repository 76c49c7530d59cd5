/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Was this said already, the last time we looked? */

#include <string.h>

#include "cm_complaints.h"

/* FNV-1a, with the terminator, so that "a" "bc" is not "ab" "c" */
static uint64_t cm_hash(uint64_t hash, const char *text)
{
	do {
		hash ^= (unsigned char)*text;
		hash *= UINT64_C(1099511628211);
	} while(*text++);
	return hash;
}

void cm_complaints_begin(struct cm_complaints *c)
{
	memcpy(c->last, c->here, sizeof(c->last));
	c->before = c->now;
	c->now = 0;
	c->said = 0;
}

int cm_complaints_new(
		struct cm_complaints *c, const char *what, const char *why)
{
	uint64_t hash = cm_hash(UINT64_C(14695981039346656037), what);
	unsigned i;

	hash = cm_hash(hash, why);
	if(c->now < CM_COMPLAINTS_MAX)
		c->here[c->now++] = hash;
	for(i = 0; i < c->before; i++)
		if(c->last[i] == hash)
			return 0;
	return c->said++ < CM_COMPLAINTS_SAID;
}

unsigned cm_complaints_end(struct cm_complaints *c)
{
	return c->said > CM_COMPLAINTS_SAID ? c->said - CM_COMPLAINTS_SAID : 0;
}
