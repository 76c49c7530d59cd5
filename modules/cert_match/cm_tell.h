/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How does a failure read, in a log line, a table or a script?
 *
 * Pure. All text is printable, whatever the peer sent. The caller owns the
 * struct; its pointers are constants.
 */
#ifndef CM_TELL_H
#define CM_TELL_H

#include "cm_ring.h"

#define CM_TOLD_ADDRESS 56 /* "[IPv6]:65535" */
#define CM_TOLD_TEXT 320
#define CM_TOLD_REASON 800

struct cm_told {
	char when[24]; /* 2026-03-01T12:00:00Z */
	char peer[CM_TOLD_ADDRESS];
	char local[CM_TOLD_ADDRESS];
	const char *direction; /* "in", "out" */
	const char *stage;
	const char *hello;   /* the form of the peer's first bytes */
	const char *version; /* the highest offered, or the one agreed on; or "" */
	const char *alert_in;
	const char *alert_out;
	const char *alert; /* the one that ended it, either way */
	const char *cause;
	const char *advice;
	char count[24]; /* which failure of this peer's it was */
	char sni[CM_TOLD_TEXT];
	char expected[CM_TOLD_TEXT];
	char names[CM_TOLD_TEXT];
	char reason[CM_TOLD_REASON]; /* the cause's words, with what is special */
};

void cm_tell(const struct cm_failure *failure, struct cm_told *told);

/* "192.0.2.1:5061", "[2001:db8::1]:5061"; without port if it is 0. Returns out,
 * of CM_TOLD_ADDRESS octets. */
const char *cm_tell_address(char *out, const struct cm_address *address);

/* The same backwards, for a text without port, with or without brackets.
 * 0 or -1. */
int cm_tell_parse(const char *text, struct cm_address *address);

/* 2026-03-01T12:00:00Z into out of 24 octets; returns it. */
const char *cm_tell_when(char *out, int64_t when);

#endif
