/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_rules answers: what does the operator want of keys, side by side?
 * See sp_rules.h.
 */
#include "sp_rules.h"

const struct sp_side *sp_rules_side(
		const struct sp_rules *rules, struct sp_text name)
{
	for(unsigned i = 0; i < rules->n_sides; i++) {
		if(sp_text_eq(name, sp_text_of(rules->sides[i].name)))
			return &rules->sides[i];
	}
	return NULL;
}

const struct sp_side *sp_rules_next(
		const struct sp_rules *rules, const struct sp_side *from)
{
	const struct sp_side *other = NULL;

	if(from->to[0] != '\0')
		return sp_rules_side(rules, sp_text_of(from->to));
	for(unsigned i = 0; i < rules->n_sides; i++) {
		if(&rules->sides[i] == from)
			continue;
		if(other != NULL)
			return NULL;
		other = &rules->sides[i];
	}
	return other;
}

enum sp_suite sp_rules_suite(const struct sp_rules *rules, unsigned rank)
{
	for(int i = SP_SUITE_NONE + 1; rank > 0 && i < SP_SUITES; i++) {
		if(rules->rank[i] == rank)
			return (enum sp_suite)i;
	}
	return SP_SUITE_NONE;
}

const char *sp_mode_name(enum sp_mode mode)
{
	switch(mode) {
		case SP_MODE_PREFER:
			return "prefer";
		case SP_MODE_FORBID:
			return "forbid";
		default:
			return "require";
	}
}
