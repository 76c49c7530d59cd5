/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_schema answers: what is the grammar of a policy file? See sp_schema.h.
 *
 * The file's name is relative to where the compiler runs: the project's root,
 * or the module's folder when Kamailio's makefiles build it (the module's
 * Makefile says so).
 */
#include "sp_schema.h"

#ifndef SP_SCHEMA_FILE
#define SP_SCHEMA_FILE "modules/sdes_policy/policy.rng"
#endif

__asm__(".section .rodata\n"
		".global sp_schema_begin\n"
		".hidden sp_schema_begin\n"
		".type sp_schema_begin, @object\n"
		"sp_schema_begin:\n"
		".incbin \"" SP_SCHEMA_FILE "\"\n"
		".global sp_schema_end\n"
		".hidden sp_schema_end\n"
		".type sp_schema_end, @object\n"
		"sp_schema_end:\n"
		".byte 0\n"
		".previous\n");

struct sp_text sp_schema(void)
{
	struct sp_text t = {sp_schema_begin,
			(size_t)((uintptr_t)sp_schema_end - (uintptr_t)sp_schema_begin)};
	return t;
}
