/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_xml_check answers: is this text an XML document that obeys the schema?
 * See sp_xml_check.h.
 */
#include <string.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

#include "sp_schema.h"
#include "sp_xml_check.h"

/* No network, no external DTD, entities stay unexpanded (a document with a
 * DTD is refused below), no errors on stderr, line numbers beyond 65535. */
#define PARSE_OPTIONS                                                          \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING                 \
			| XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES)

/* What may stand where: the schema's content, as a person would say it. */
static const char *const expected[][2] = {
		{"sdes-policy", "<sdes-policy version=\"1\"> with <suites>,"
						" <key-quality>, <pass> and <side> in it"},
		{"suites", "<suites [order=\"offer|policy\"]> with <suite>, then"
				   " <alias>, then <deny> in it"},
		{"suite", "<suite name=\"A REGISTERED SUITE\"/>"},
		{"alias", "<alias name=\"OTHER_NAME\" of=\"A REGISTERED SUITE\"/>"},
		{"deny", "<deny name=\"NAME or PREFIX*\"/>"},
		{"key-quality", "<key-quality zero repeated known ascii-hex printable"
						" reuse, each \"refuse|warn|allow\"/>"},
		{"pass", "<pass attribute=\"NAME\"/>"},
		{"side", "<side name=\"NAME\" srtp=\"require|prefer|forbid\""
				 " [keys-over=\"tls\"] [to=\"SIDE\"] [interface=\"NAME\"]/>"},
};

/* The first complaint of libxml2, told in our words. */
struct catcher {
	const struct sp_complaint *c;
	xmlNode *node; /* where validation failed first */
	char words[160];
};

static void put_place(
		const struct sp_complaint *c, uint64_t line, uint64_t column)
{
	sp_buf_str(c->why, c->name);
	sp_buf_str(c->why, ":");
	if(line == 0) {
		sp_buf_str(c->why, " ");
		return;
	}
	sp_buf_number(c->why, line);
	sp_buf_str(c->why, ":");
	sp_buf_number(c->why, column);
	sp_buf_str(c->why, ": ");
}

/* Appends words up to the first line end or 160 characters, printable. */
static void put_words(struct sp_buf *b, const char *words)
{
	size_t n = 0;

	while(n < 160 && words[n] != '\0' && words[n] != '\n')
		n++;
	for(size_t i = 0; i < n; i++) {
		char c = words[i] < 0x20 || words[i] > 0x7e ? '?' : words[i];
		struct sp_text one = {&c, 1};

		sp_buf_text(b, one);
	}
}

/* libxml2 knows an element's line only: find its "<name" there. The parser
 * notes the line where the start tag ends, so look upwards too. */
static void place_of(const struct sp_complaint *c, const xmlNode *node,
		uint64_t *line, uint64_t *column)
{
	struct sp_text name = sp_text_of((const char *)node->name);
	uint64_t end = (uint64_t)xmlGetLineNo(node), at = 1;
	size_t start = 0;

	*line = end;
	*column = 1;
	for(size_t i = 0; i < c->text.len && at <= end; i++) {
		struct sp_text tail = {c->text.s + i + 1, c->text.len - i - 1};

		if(c->text.s[i] == '\n') {
			at++;
			start = i + 1;
		} else if(c->text.s[i] == '<' && tail.len > name.len
				  && sp_text_istarts(tail, name)) {
			*line = at;
			*column = i - start + 1;
			if(at == end)
				return;
		}
	}
}

void sp_complain(
		const struct sp_complaint *c, const xmlNode *node, const char *words)
{
	uint64_t line = 0, column = 0;

	if(c->why->len > 0)
		return;
	if(node != NULL)
		place_of(c, node, &line, &column);
	put_place(c, line, column);
	sp_buf_str(c->why, words);
}

/* What an element of this name is made of, or NULL for no such element. */
static const char *expected_of(const xmlNode *node)
{
	for(size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if(xmlStrEqual(node->name, (const xmlChar *)expected[i][0]))
			return expected[i][1];
	}
	return NULL;
}

/* libxml2 2.12 made the second argument const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *error_arg;
#else
typedef xmlErrorPtr error_arg;
#endif

static void catch_error(void *arg, error_arg error)
{
	struct catcher *catcher = arg;
	struct sp_buf words;

	if(error == NULL || error->message == NULL)
		return;
	if(catcher->node == NULL)
		catcher->node = error->node;
	if(catcher->words[0] != '\0')
		return;
	sp_buf_init(&words, catcher->words, sizeof(catcher->words));
	put_words(&words, error->message);
}

static xmlDoc *parse(const struct sp_complaint *c)
{
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	const xmlError *error;
	xmlDoc *doc;

	if(ctxt == NULL)
		return NULL;
	doc = xmlCtxtReadMemory(
			ctxt, c->text.s, (int)c->text.len, NULL, NULL, PARSE_OPTIONS);
	if(doc == NULL) {
		error = xmlCtxtGetLastError(ctxt);
		put_place(c,
				error != NULL && error->line > 0 ? (uint64_t)error->line : 1,
				error != NULL && error->int2 > 0 ? (uint64_t)error->int2 : 1);
		sp_buf_str(c->why, "not well-formed XML: ");
		put_words(c->why, error != NULL && error->message != NULL
								  ? error->message
								  : "empty");
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

static xmlRelaxNG *schema(void)
{
	struct sp_text text = sp_schema();
	xmlRelaxNGParserCtxt *ctxt =
			xmlRelaxNGNewMemParserCtxt(text.s, (int)text.len);
	xmlRelaxNG *rng = ctxt != NULL ? xmlRelaxNGParse(ctxt) : NULL;

	if(ctxt != NULL)
		xmlRelaxNGFreeParserCtxt(ctxt);
	return rng;
}

/* The first element of a name that stands nowhere in a policy, or NULL. */
static const xmlNode *stranger(const xmlNode *node)
{
	for(; node != NULL; node = node->next) {
		const xmlNode *deeper;

		if(node->type != XML_ELEMENT_NODE)
			continue;
		if(expected_of(node) == NULL)
			return node;
		deeper = stranger(node->children);
		if(deeper != NULL)
			return deeper;
	}
	return NULL;
}

static const xmlNode *child(const xmlNode *parent, const char *name)
{
	const xmlNode *n = parent->children;

	while(n != NULL && !xmlStrEqual(n->name, (const xmlChar *)name))
		n = n->next;
	return n;
}

/* libxml2 blames the root for what is wrong somewhere in it, and speaks of
 * whichever element it tried last: look for what a person would name. */
static const char *root_words(const xmlNode *root, const char *otherwise)
{
	if(!xmlStrEqual(root->name, (const xmlChar *)"sdes-policy"))
		return "this is no SDES policy";
	if(child(root, "suites") == NULL)
		return "there is no <suites>";
	return child(root, "side") == NULL ? "there is no <side>" : otherwise;
}

static void put_invalid(const struct sp_complaint *c, const xmlNode *root,
		const struct catcher *catcher)
{
	const xmlNode *node = stranger(root), *at = node;
	const char *words = "this element has no place here";

	if(node == NULL) {
		at = catcher->node;
		while(at != NULL && at->type != XML_ELEMENT_NODE)
			at = at->parent;
		node = at != NULL ? at : root;
		words = catcher->words;
	} else if(node != root) {
		node = node->parent;
	}
	if(node == root && words == catcher->words)
		words = root_words(root, words);
	sp_complain(c, at != NULL ? at : node, words);
	sp_buf_str(c->why, "; expected ");
	sp_buf_str(c->why,
			expected_of(node) != NULL ? expected_of(node) : expected[0][1]);
}

static int validate(const struct sp_complaint *c, xmlDoc *doc)
{
	struct catcher catcher = {c, NULL, ""};
	xmlRelaxNG *rng = schema();
	xmlRelaxNGValidCtxt *ctxt =
			rng != NULL ? xmlRelaxNGNewValidCtxt(rng) : NULL;
	int ret = -1;

	if(ctxt != NULL) {
		xmlRelaxNGSetValidStructuredErrors(
				ctxt, (xmlStructuredErrorFunc)catch_error, &catcher);
		ret = xmlRelaxNGValidateDoc(ctxt, doc);
		if(ret > 0)
			put_invalid(c, xmlDocGetRootElement(doc), &catcher);
		xmlRelaxNGFreeValidCtxt(ctxt);
	}
	if(rng != NULL)
		xmlRelaxNGFree(rng);
	if(ret < 0)
		sp_complain(c, NULL, "the schema could not be used: out of memory?");
	return ret == 0 ? 0 : -1;
}

xmlDoc *sp_xml_check(const struct sp_complaint *c)
{
	xmlDoc *doc = parse(c);

	if(doc == NULL)
		return NULL;
	if(xmlGetIntSubset(doc) != NULL) {
		sp_complain(c, NULL, "has a DOCTYPE; expected none");
	} else if(validate(c, doc) == 0) {
		return doc;
	}
	xmlFreeDoc(doc);
	return NULL;
}
