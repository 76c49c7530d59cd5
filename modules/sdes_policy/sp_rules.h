/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_rules answers: what does the operator want of keys, side by side?
 *
 * One flat block without pointers: it can be copied, placed in shared memory
 * and freed as a whole. Nobody changes it once it is in use.
 */
#ifndef SP_RULES_H
#define SP_RULES_H

#include "sp_crypto.h"
#include "sp_line.h"

#define SP_SIDES_MAX 16
#define SP_ALIASES_MAX 16
#define SP_NAME_MAX 32 /* octets of a side's or interface's name, zero incl. */

enum sp_mode {
	SP_MODE_REQUIRE = 0, /* SRTP or no call */
	SP_MODE_PREFER,      /* SRTP when the other end can */
	SP_MODE_FORBID       /* plain RTP, and never a key */
};

enum sp_action { SP_ACT_REFUSE = 0, SP_ACT_WARN, SP_ACT_ALLOW };

/* What may be wrong with the octets of a key. */
enum sp_quality {
	SP_QUALITY_ZERO = 0,
	SP_QUALITY_REPEATED,
	SP_QUALITY_KNOWN,
	SP_QUALITY_ASCII_HEX,
	SP_QUALITY_PRINTABLE,
	SP_QUALITIES,
	SP_QUALITY_GOOD = SP_QUALITIES
};

struct sp_side {
	char name[SP_NAME_MAX];
	char interface[SP_NAME_MAX]; /* rtpengine's, "" for its default */
	char to[SP_NAME_MAX];        /* where SDP from here goes next, or "" */
	uint8_t mode;                /* enum sp_mode */
};

struct sp_rules {
	uint8_t rank[SP_SUITES]; /* 0: not accepted; 1 is liked best */
	uint8_t n_suites;
	uint8_t order_policy; /* 1: our order of suites, 0: the offerer's */
	uint8_t quality[SP_QUALITIES]; /* enum sp_action */
	uint8_t reuse;                 /* enum sp_action: one key, two uses */
	uint8_t n_sides;
	uint8_t n_aliases;
	uint8_t n_pass;
	struct sp_side sides[SP_SIDES_MAX];
	struct sp_alias aliases[SP_ALIASES_MAX];
	struct sp_pass pass[SP_PASS_MAX];
};

/* The side of this name, or NULL. */
const struct sp_side *sp_rules_side(
		const struct sp_rules *rules, struct sp_text name);

/* Where SDP from this side goes when nobody says: its "to", else the only
 * other side; NULL when there is none or more than one. */
const struct sp_side *sp_rules_next(
		const struct sp_rules *rules, const struct sp_side *from);

/* The suite liked best after `rank` suites better than it, in the policy's
 * order: rank 1 to n_suites. SP_SUITE_NONE outside. */
enum sp_suite sp_rules_suite(const struct sp_rules *rules, unsigned rank);

const char *sp_mode_name(enum sp_mode mode);

#endif
