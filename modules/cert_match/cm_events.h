/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who wants to hear about connections, and which hears it in what order? */
#ifndef CM_EVENTS_H
#define CM_EVENTS_H

#include "api.h"

/* Copies *observer; before the forks only. 0, or -1 if the table is full. */
int cm_events_observe(const struct cm_observer *observer);

/* Tell all observers, in the order in which they registered. */
void cm_events_opened(const struct cm_conn_info *info);
void cm_events_established(const struct cm_conn_info *info);
void cm_events_failed(const struct cm_conn_info *info, const char *why);
void cm_events_closed(const struct cm_conn_info *info);
void cm_events_waiting(
		const struct cm_conn_info *info, const char *text, unsigned len);
void cm_events_heard(const struct cm_conn_info *info);

#endif
