/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a piece of text inside somebody else's buffer is named. */
#ifndef TR_VIEW_H
#define TR_VIEW_H

#include <stddef.h>

/* Owns nothing and is not terminated; valid as long as the text it is in. */
struct tr_view {
	const char *s;
	size_t len;
};

#endif
