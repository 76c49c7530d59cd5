/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_xml_check answers: is this text an XML document that obeys the schema?
 */
#ifndef SP_XML_CHECK_H
#define SP_XML_CHECK_H

#include <libxml/tree.h>

#include "sp_text.h"

/* Where complaints about a file go; the first one stays. */
struct sp_complaint {
	struct sp_text text; /* of the file */
	const char *name;    /* what to call it */
	struct sp_buf *why;  /* "name:line:column: words" */
};

/* Parses and validates c->text. Returns a tree that the caller frees with
 * xmlFreeDoc(), or NULL after a complaint. */
xmlDoc *sp_xml_check(const struct sp_complaint *c);

/* Writes the complaint about this element (NULL: about the file), unless one
 * is written already. */
void sp_complain(
		const struct sp_complaint *c, const xmlNode *node, const char *words);

#endif
