/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Was this said already, the last time we looked?
 *
 * Files are read every hour; what is wrong with one is worth a line when it
 * begins, not every hour. One fixed-size struct of the caller's, zeroed at
 * first. Pure.
 */
#ifndef CM_COMPLAINTS_H
#define CM_COMPLAINTS_H

#include <stdint.h>

#define CM_COMPLAINTS_MAX 64  /* remembered from one look to the next */
#define CM_COMPLAINTS_SAID 20 /* said in one look */

struct cm_complaints {
	unsigned before; /* of the last look */
	unsigned now;
	unsigned said;
	uint64_t last[CM_COMPLAINTS_MAX]; /* hashes: a chance of 2^-64 to be */
	uint64_t here[CM_COMPLAINTS_MAX]; /* silent about a new one is fine */
};

/* A look begins. */
void cm_complaints_begin(struct cm_complaints *c);

/* Something is wrong with what: 1 if that is to be said, 0 if it was said the
 * last time, or if so much was said that this is only counted. */
int cm_complaints_new(
		struct cm_complaints *c, const char *what, const char *why);

/* The look is over. Returns how many were only counted. */
unsigned cm_complaints_end(struct cm_complaints *c);

#endif
