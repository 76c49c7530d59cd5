/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_flags answers: what must rtpengine be told?
 */
#ifndef SP_FLAGS_H
#define SP_FLAGS_H

#include "sp_policy.h"

/* Of rtpengine: 10.5.3 is {10, 5}. */
struct sp_version {
	unsigned major;
	unsigned minor;
};

struct sp_bridge {
	const struct sp_rules *rules;
	const struct sp_side *from;
	const struct sp_side *to;
	int answer;
	struct sp_version version;
};

/* Reads "10.5", "12.5.1", "26": anything behind the second number is not
 * looked at. Returns 0, or -1 when it is no version or older than 10. */
int sp_version_read(struct sp_text t, struct sp_version *v);

/* Appends the flags for Kamailio's rtpengine_offer() or rtpengine_answer(),
 * separated by blanks. Returns 0, -1 when b is too small. */
int sp_flags(const struct sp_bridge *bridge, struct sp_buf *b);

#endif
