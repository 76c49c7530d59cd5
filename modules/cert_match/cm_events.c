/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who wants to hear about connections? A small table, filled before the forks
 * and only read after. */

#include "../../core/dprint.h"

#include "cm_events.h"

struct cm_events {
	unsigned count;
	struct cm_observer observer[CM_OBSERVERS_MAX];
};

static struct cm_events cm_events;

int cm_events_observe(const struct cm_observer *observer)
{
	if(cm_events.count >= CM_OBSERVERS_MAX) {
		LM_ERR("more than %d observers of TLS connections\n", CM_OBSERVERS_MAX);
		return -1;
	}
	cm_events.observer[cm_events.count++] = *observer;
	return 0;
}

void cm_events_opened(const struct cm_conn_info *info)
{
	unsigned i;

	for(i = 0; i < cm_events.count; i++)
		if(cm_events.observer[i].opened)
			cm_events.observer[i].opened(info, cm_events.observer[i].arg);
}

void cm_events_established(const struct cm_conn_info *info)
{
	unsigned i;

	for(i = 0; i < cm_events.count; i++)
		if(cm_events.observer[i].established)
			cm_events.observer[i].established(info, cm_events.observer[i].arg);
}

void cm_events_failed(const struct cm_conn_info *info, const char *why)
{
	unsigned i;

	for(i = 0; i < cm_events.count; i++)
		if(cm_events.observer[i].failed)
			cm_events.observer[i].failed(info, why, cm_events.observer[i].arg);
}

void cm_events_closed(const struct cm_conn_info *info)
{
	unsigned i;

	for(i = 0; i < cm_events.count; i++)
		if(cm_events.observer[i].closed)
			cm_events.observer[i].closed(info, cm_events.observer[i].arg);
}

void cm_events_waiting(
		const struct cm_conn_info *info, const char *text, unsigned len)
{
	unsigned i;

	for(i = 0; i < cm_events.count; i++)
		if(cm_events.observer[i].waiting)
			cm_events.observer[i].waiting(
					info, text, len, cm_events.observer[i].arg);
}

void cm_events_heard(const struct cm_conn_info *info)
{
	unsigned i;

	for(i = 0; i < cm_events.count; i++)
		if(cm_events.observer[i].heard)
			cm_events.observer[i].heard(info, cm_events.observer[i].arg);
}
