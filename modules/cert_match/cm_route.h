/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How does the script hear of something that is no SIP message?
 *
 * event_route[cert_match:failure] and event_route[cert_match:expiry], also
 * written cert-match:..., or the KEMI function that modparam event_callback
 * names, with named values behind $cert_match(event_...).
 */
#ifndef CM_ROUTE_H
#define CM_ROUTE_H

enum cm_route_id { CM_ROUTE_FAILURE = 0, CM_ROUTE_EXPIRY, CM_ROUTES };

/* One named value: name as the script writes it ("event_peer"), both
 * terminated. text may be empty, and must be printable already. */
struct cm_route_value {
	const char *name;
	const char *text;
};

/* Name the KEMI function, terminated and kept; modparam event_callback. */
void cm_route_callback(const char *function);

/* Look up the routes; in mod_init. 0 or -1. */
int cm_route_init(void);

/* 1 if a route or a callback waits for this: values need not be made when
 * nobody does. */
int cm_route_wanted(enum cm_route_id id);

/* Run it, in this process and now, with values, which belong to the caller and
 * are read during the call only. Nothing happens if it is not wanted. Only for
 * a process that handles no message: the AVPs of one would be gone. */
void cm_route_run(enum cm_route_id id, const struct cm_route_value *values,
		unsigned count);

/* Every name that a value may have, in no order; NULL for others. */
const char *cm_route_name(unsigned index);

/* The text of a value while its route runs; NULL if it has none of that name,
 * or outside of any route. */
const char *cm_route_value(const char *name);

#endif
