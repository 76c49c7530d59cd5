/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the script hear of it? A faked message runs the event route. */

#include <string.h>

#include "../../core/dprint.h"
#include "../../core/fmsg.h"
#include "../../core/kemi.h"
#include "../../core/route.h"

#include "cm_route.h"

struct cm_route {
	const char *callback; /* the KEMI function, or NULL */
	int index[CM_ROUTES]; /* of event_rt, or -1 */
	/* while a route runs in this process */
	const struct cm_route_value *values;
	unsigned count;
};

static struct cm_route cm_route;

static const char *const cm_route_names[CM_ROUTES] = {
		[CM_ROUTE_FAILURE] = "cert_match:failure",
		[CM_ROUTE_EXPIRY] = "cert_match:expiry",
};

void cm_route_callback(const char *function)
{
	cm_route.callback = function && *function ? function : NULL;
}

int cm_route_init(void)
{
	int i, n;

	if(faked_msg_init() < 0) {
		LM_ERR("cannot make the message that event routes run on\n");
		return -1;
	}
	for(i = 0; i < CM_ROUTES; i++) {
		/* route_lookup() finds only what is there, unlike route_get() */
		n = route_lookup(&event_rt, (char *)cm_route_names[i]);
		cm_route.index[i] = n >= 0 && event_rt.rlist[n] ? n : -1;
	}
	return 0;
}

int cm_route_wanted(enum cm_route_id id)
{
	return cm_route.index[id] >= 0
		   || (cm_route.callback && sr_kemi_eng_get() != NULL);
}

static void cm_route_kemi(enum cm_route_id id, sip_msg_t *msg)
{
	str function = {(char *)cm_route.callback, 0};
	str event = {(char *)cm_route_names[id], 0};
	sr_kemi_eng_t *engine = sr_kemi_eng_get();

	if(!engine)
		return;
	function.len = (int)strlen(function.s);
	event.len = (int)strlen(event.s);
	if(sr_kemi_route(engine, msg, EVENT_ROUTE, &function, &event) < 0)
		LM_ERR("the KEMI function %s failed for %s\n", function.s, event.s);
}

void cm_route_run(enum cm_route_id id, const struct cm_route_value *values,
		unsigned count)
{
	int before;
	sip_msg_t *msg;

	if(!cm_route_wanted(id))
		return;
	msg = faked_msg_get_next();
	if(!msg) {
		LM_ERR("no message to run event_route[%s] on\n", cm_route_names[id]);
		return;
	}
	before = get_route_type();
	set_route_type(EVENT_ROUTE);
	cm_route.values = values;
	cm_route.count = count;
	if(cm_route.index[id] >= 0)
		run_top_route(event_rt.rlist[cm_route.index[id]], msg, NULL);
	else
		cm_route_kemi(id, msg);
	cm_route.values = NULL;
	cm_route.count = 0;
	set_route_type(before);
}

const char *cm_route_value(const char *name)
{
	unsigned i;

	for(i = 0; i < cm_route.count; i++)
		if(strcmp(cm_route.values[i].name, name) == 0)
			return cm_route.values[i].text;
	return NULL;
}
