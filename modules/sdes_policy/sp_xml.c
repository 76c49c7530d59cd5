/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_xml answers: which rules does this policy file state? See sp_xml.h.
 *
 * This file turns a checked tree into rules; sp_xml_check.c does the checks.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "sp_file.h"
#include "sp_xml.h"
#include "sp_xml_check.h"

struct reading {
	struct sp_rules *rules;
	struct sp_complaint *complaint;
	int failed;
};

static void complain(struct reading *r, const xmlNode *node, const char *words)
{
	if(r->failed)
		return;
	r->failed = 1;
	sp_complain(r->complaint, node, words);
}

static int is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE
		   && xmlStrEqual(node->name, (const xmlChar *)name);
}

/* The attribute's value with blanks around it taken off, as the schema's
 * token type does; empty when missing. The schema allows no entities, so an
 * attribute has at most one text node, which the tree owns. */
static struct sp_text attribute(const xmlNode *node, const char *name)
{
	xmlAttr *a = xmlHasProp(node, (const xmlChar *)name);
	struct sp_text t = {"", 0};

	if(a == NULL || a->children == NULL || a->children->content == NULL)
		return t;
	t = sp_text_of((const char *)a->children->content);
	while(t.len > 0 && (sp_is_wsp(t.s[0]) || t.s[0] == '\n')) {
		t.s++;
		t.len--;
	}
	while(t.len > 0 && (sp_is_wsp(t.s[t.len - 1]) || t.s[t.len - 1] == '\n'))
		t.len--;
	return t;
}

static void copy(char *to, size_t size, struct sp_text t)
{
	size_t n = t.len < size ? t.len : size - 1;

	memcpy(to, t.s, n);
	to[n] = '\0';
}

static uint8_t action(const xmlNode *node, const char *name, uint8_t otherwise)
{
	struct sp_text t = attribute(node, name);

	if(sp_text_eq(t, SP_TEXT("refuse")))
		return SP_ACT_REFUSE;
	if(sp_text_eq(t, SP_TEXT("warn")))
		return SP_ACT_WARN;
	return sp_text_eq(t, SP_TEXT("allow")) ? SP_ACT_ALLOW : otherwise;
}

static void read_suite(struct reading *r, const xmlNode *node)
{
	enum sp_suite suite = sp_suite_by_name(attribute(node, "name"));

	if(suite == SP_SUITE_NONE)
		complain(r, node, "this suite is not known; expected a registered one");
	else if(r->rules->rank[suite] != 0)
		complain(r, node, "this suite is listed twice; expected once");
	else
		r->rules->rank[suite] = ++r->rules->n_suites;
}

static void read_alias(struct reading *r, const xmlNode *node)
{
	struct sp_rules *rules = r->rules;
	struct sp_text name = attribute(node, "name");
	enum sp_suite suite = sp_suite_by_name(attribute(node, "of"));

	if(suite == SP_SUITE_NONE || sp_suite_by_name(name) != SP_SUITE_NONE) {
		complain(r, node,
				"an alias needs a name that is no suite's own"
				" and the name of a suite in \"of\"");
		return;
	}
	for(unsigned i = 0; i < rules->n_aliases; i++) {
		if(sp_text_ieq(name, sp_text_of(rules->aliases[i].name))) {
			complain(r, node, "this alias is listed twice; expected once");
			return;
		}
	}
	if(rules->n_aliases >= SP_ALIASES_MAX) {
		complain(r, node, "too many aliases; expected at most 16");
		return;
	}
	copy(rules->aliases[rules->n_aliases].name, sizeof(rules->aliases[0].name),
			name);
	rules->aliases[rules->n_aliases++].suite = (uint8_t)suite;
}

/* A denied suite or alias is a mistake when it is also listed: say so. */
static void read_deny(struct reading *r, const xmlNode *node)
{
	struct sp_text pattern = attribute(node, "name");

	for(int i = SP_SUITE_NONE + 1; i < SP_SUITES; i++) {
		const char *name = sp_suite_info((enum sp_suite)i)->name;

		if(r->rules->rank[i] != 0 && sp_text_imatch(sp_text_of(name), pattern))
			complain(r, node,
					"this denies a suite that is listed above;"
					" expected one or the other");
	}
	for(unsigned i = 0; i < r->rules->n_aliases; i++) {
		if(sp_text_imatch(sp_text_of(r->rules->aliases[i].name), pattern))
			complain(r, node,
					"this denies an alias that is listed above;"
					" expected one or the other");
	}
}

static void read_suites(struct reading *r, const xmlNode *node)
{
	r->rules->order_policy =
			sp_text_eq(attribute(node, "order"), SP_TEXT("policy")) ? 1 : 0;
	for(const xmlNode *n = node->children; n != NULL; n = n->next) {
		if(is_element(n, "suite"))
			read_suite(r, n);
		else if(is_element(n, "alias"))
			read_alias(r, n);
		else if(is_element(n, "deny"))
			read_deny(r, n);
	}
}

static void read_quality(struct reading *r, const xmlNode *node)
{
	uint8_t *q = r->rules->quality;

	q[SP_QUALITY_ZERO] = action(node, "zero", q[SP_QUALITY_ZERO]);
	q[SP_QUALITY_REPEATED] = action(node, "repeated", q[SP_QUALITY_REPEATED]);
	q[SP_QUALITY_KNOWN] = action(node, "known", q[SP_QUALITY_KNOWN]);
	q[SP_QUALITY_ASCII_HEX] =
			action(node, "ascii-hex", q[SP_QUALITY_ASCII_HEX]);
	q[SP_QUALITY_PRINTABLE] =
			action(node, "printable", q[SP_QUALITY_PRINTABLE]);
	r->rules->reuse = action(node, "reuse", r->rules->reuse);
}

static void read_pass(struct reading *r, const xmlNode *node)
{
	struct sp_rules *rules = r->rules;
	struct sp_text name = attribute(node, "attribute");

	if(sp_text_has_key_word(name)) {
		complain(r, node,
				"an attribute that carries keys never passes;"
				" expected another one");
		return;
	}
	if(rules->n_pass >= SP_PASS_MAX) {
		complain(r, node, "too many <pass>; expected at most 32");
		return;
	}
	copy(rules->pass[rules->n_pass++].name, sizeof(rules->pass[0].name), name);
}

static void read_side(struct reading *r, const xmlNode *node)
{
	struct sp_rules *rules = r->rules;
	struct sp_text srtp = attribute(node, "srtp");
	struct sp_side *side = &rules->sides[rules->n_sides];

	if(rules->n_sides >= SP_SIDES_MAX) {
		complain(r, node, "too many sides; expected at most 16");
		return;
	}
	if(sp_rules_side(rules, attribute(node, "name")) != NULL) {
		complain(r, node,
				"a side of this name is there already;"
				" expected another name");
		return;
	}
	rules->n_sides++;
	copy(side->name, sizeof(side->name), attribute(node, "name"));
	copy(side->to, sizeof(side->to), attribute(node, "to"));
	copy(side->interface, sizeof(side->interface),
			attribute(node, "interface"));
	if(sp_text_eq(srtp, SP_TEXT("prefer")))
		side->mode = SP_MODE_PREFER;
	else if(sp_text_eq(srtp, SP_TEXT("forbid")))
		side->mode = SP_MODE_FORBID;
	else
		side->mode = SP_MODE_REQUIRE;
}

static void check_names(struct reading *r, const xmlNode *root)
{
	for(const xmlNode *n = root->children; n != NULL; n = n->next) {
		if(!is_element(n, "side") || attribute(n, "to").len == 0)
			continue;
		if(sp_rules_side(r->rules, attribute(n, "to")) == NULL)
			complain(r, n,
					"\"to\" names no side of this file;"
					" expected the name of a <side>");
	}
}

static void read_root(struct reading *r, const xmlNode *root)
{
	r->rules->quality[SP_QUALITY_ASCII_HEX] = SP_ACT_WARN;
	r->rules->quality[SP_QUALITY_PRINTABLE] = SP_ACT_WARN;
	for(const xmlNode *n = root->children; n != NULL; n = n->next) {
		if(is_element(n, "suites"))
			read_suites(r, n);
		else if(is_element(n, "key-quality"))
			read_quality(r, n);
		else if(is_element(n, "pass"))
			read_pass(r, n);
		else if(is_element(n, "side"))
			read_side(r, n);
	}
	check_names(r, root);
}

void sp_xml_init(void)
{
	xmlInitParser();
}

struct sp_rules *sp_xml_read(struct sp_text text, const char *name,
		const struct sp_allocator *allocator, struct sp_buf *why)
{
	struct sp_complaint complaint = {text, name, why};
	struct reading r = {NULL, &complaint, 0};
	xmlDoc *doc = sp_xml_check(&complaint);

	if(doc == NULL)
		return NULL;
	r.rules = allocator->alloc(sizeof(*r.rules));
	if(r.rules == NULL) {
		sp_complain(&complaint, NULL, "out of memory");
	} else {
		memset(r.rules, 0, sizeof(*r.rules));
		read_root(&r, xmlDocGetRootElement(doc));
		if(r.failed) {
			allocator->release(r.rules);
			r.rules = NULL;
		}
	}
	xmlFreeDoc(doc);
	return r.rules;
}

struct sp_rules *sp_xml_load(const char *path,
		const struct sp_allocator *allocator, struct sp_buf *why)
{
	struct sp_rules *rules;
	struct sp_text text;

	if(sp_file_read(
			   path, SP_XML_MAX, "a policy file of at most 1 MiB", &text, why)
			< 0)
		return NULL;
	rules = sp_xml_read(text, path, allocator, why);
	free((void *)(uintptr_t)text.s);
	return rules;
}
