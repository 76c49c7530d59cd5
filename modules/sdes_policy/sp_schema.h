/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_schema answers: what is the grammar of a policy file?
 */
#ifndef SP_SCHEMA_H
#define SP_SCHEMA_H

#include "sp_text.h"

/* The octets of policy.rng, built in: module, tools and xmllint cannot
 * disagree, and the module needs no file beside the policy. */
struct sp_text sp_schema(void);

/* Placed by the assembler around policy.rng; use sp_schema(). */
extern const char sp_schema_begin[];
extern const char sp_schema_end[];

#endif
