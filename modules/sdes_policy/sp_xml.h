/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_xml answers: which rules does this policy file state?
 */
#ifndef SP_XML_H
#define SP_XML_H

#include "sp_rules.h"

#define SP_XML_MAX (1024u * 1024u) /* octets of a policy file */

/* Where the rules go: malloc and free, or those of a shared memory. */
struct sp_allocator {
	void *(*alloc)(size_t size);
	void (*release)(void *p);
};

/* Call once, before any other call and before a fork. */
void sp_xml_init(void);

/* Reads the policy in text; name is what messages call it. Checks it against
 * the built-in RELAX NG schema and for what a schema cannot say. No network,
 * no DTD, no entities.
 * Returns rules that the caller owns (allocator->release), or NULL and one
 * line "name:line:column: what is wrong, what was expected" in why. */
struct sp_rules *sp_xml_read(struct sp_text text, const char *name,
		const struct sp_allocator *allocator, struct sp_buf *why);

/* The same from a file: also refuses what is no regular file, or larger than
 * SP_XML_MAX. */
struct sp_rules *sp_xml_load(const char *path,
		const struct sp_allocator *allocator, struct sp_buf *why);

#endif
