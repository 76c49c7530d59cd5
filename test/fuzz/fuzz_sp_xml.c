/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever a policy file holds: rules that hang together, or one complaint.
 */
#include <stdlib.h>
#include <string.h>

#include "../../modules/sdes_policy/sp_flags.h"
#include "../../modules/sdes_policy/sp_xml.h"

static void check(const struct sp_rules *r)
{
	char flags[2048];
	struct sp_buf b;

	if(r->n_sides == 0 || r->n_sides > SP_SIDES_MAX || r->n_suites == 0
			|| r->n_aliases > SP_ALIASES_MAX || r->n_pass > SP_PASS_MAX)
		abort();
	for(unsigned rank = 1; rank <= r->n_suites; rank++) {
		if(sp_rules_suite(r, rank) == SP_SUITE_NONE)
			abort();
	}
	for(unsigned i = 0; i < r->n_sides; i++) {
		struct sp_bridge bridge = {r, &r->sides[i], &r->sides[0], (int)(i & 1),
				{i & 2 ? 10 : 26, 5}};

		if(r->sides[i].name[0] == '\0')
			abort();
		if(r->sides[i].to[0] != '\0' && sp_rules_next(r, &r->sides[i]) == NULL)
			abort();
		sp_buf_init(&b, flags, sizeof(flags));
		if(sp_flags(&bridge, &b) < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sp_allocator heap = {malloc, free};
	struct sp_text text = {(const char *)data, size};
	struct sp_rules *rules;
	char words[512];
	struct sp_buf why;

	sp_xml_init();
	sp_buf_init(&why, words, sizeof(words));
	rules = sp_xml_read(text, "policy.xml", &heap, &why);
	if((rules == NULL) == (why.len == 0))
		abort();
	if(rules != NULL)
		check(rules);
	free(rules);
	return 0;
}
