/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the script hear of it? A faked message runs the event route. */

#include <string.h>

#include "../../core/dprint.h"
#include "../../core/fmsg.h"
#include "../../core/kemi.h"
#include "../../core/receive.h"
#include "../../core/route.h"

#include "cm_route.h"

struct cm_route {
	const char *callback; /* the KEMI function, or NULL */
	int index[CM_ROUTES]; /* of event_rt, or -1 */
	/* while a route runs in this process */
	const struct cm_route_value *values;
	unsigned count;
	int heard;      /* a route or function has asked for a value, ever */
	int complained; /* about the function, once */
};

static struct cm_route cm_route;

static const char *const cm_route_names[CM_ROUTES] = {
		[CM_ROUTE_FAILURE] = "cert_match:failure",
		[CM_ROUTE_EXPIRY] = "cert_match:expiry",
};

/* Kamailio's lexer (5.6 and 6.0) knows no underscore before the colon: of
 * event_route[cert_match:failure] it echoes "cert_" and reads on, so that the
 * route is called match:failure. With a hyphen nothing is lost. */
static const char *const cm_route_spellings[CM_ROUTES][3] = {
		[CM_ROUTE_FAILURE] = {"cert_match:failure", "match:failure",
				"cert-match:failure"},
		[CM_ROUTE_EXPIRY] = {"cert_match:expiry", "match:expiry",
				"cert-match:expiry"},
};

static const char *const cm_route_values[] = {
		/* of failures */
		"event_peer",
		"event_local",
		"event_direction",
		"event_stage",
		"event_reason",
		"event_cause",
		"event_advice",
		"event_alert",
		"event_hello",
		"event_version",
		"event_sni",
		"event_expected",
		"event_names",
		"event_count",
		/* of certificates that end soon; event_names, too */
		"event_file",
		"event_fingerprint",
		"event_days_left",
		"event_owner",
};

const char *cm_route_name(unsigned index)
{
	if(index >= sizeof(cm_route_values) / sizeof(cm_route_values[0]))
		return NULL;
	return cm_route_values[index];
}

void cm_route_callback(const char *function)
{
	cm_route.callback = function && *function ? function : NULL;
}

/* route_lookup() finds only what is there, unlike route_get(). */
static int cm_route_find(enum cm_route_id id)
{
	int i, n;

	for(i = 0; i < 3; i++) {
		n = route_lookup(&event_rt, (char *)cm_route_spellings[id][i]);
		if(n >= 0 && event_rt.rlist[n])
			return n;
	}
	return -1;
}

int cm_route_init(void)
{
	int i;

	if(cm_route.callback && !sr_kemi_eng_get())
		LM_WARN("modparam event_callback is set, but no cfgengine: nobody "
				"will call %s\n",
				cm_route.callback);
	for(i = 0; i < CM_ROUTES; i++)
		cm_route.index[i] = cm_route_find((enum cm_route_id)i);
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
	int failed = 0;

	if(!engine)
		return;
	function.len = (int)strlen(function.s);
	event.len = (int)strlen(event.s);
	if(sr_kemi_route(engine, msg, EVENT_ROUTE, &function, &event) < 0)
		failed = 1;
	if(cm_route.complained || (!failed && cm_route.heard))
		return;
	cm_route.complained = 1;
	if(failed)
		LM_ERR("the KEMI function %s failed for %s: it is said once\n",
				function.s, event.s);
	else
		/* engines (5.6 and 6.0) do not tell whether there is such a function */
		LM_WARN("the KEMI function %s asked for no $cert_match(event_...) of "
				"%s: does the script have a function of that name, the one in "
				"modparam event_callback?\n",
				function.s, event.s);
}

void cm_route_run(enum cm_route_id id, const struct cm_route_value *values,
		unsigned count)
{
	int before;
	sip_msg_t msg;

	if(!cm_route_wanted(id))
		return;
	if(faked_msg_get_new(&msg) < 0) {
		LM_ERR("no message to run event_route[%s] on\n", cm_route_names[id]);
		return;
	}
	before = get_route_type();
	set_route_type(EVENT_ROUTE);
	cm_route.values = values;
	cm_route.count = count;
	if(cm_route.index[id] >= 0)
		run_top_route(event_rt.rlist[cm_route.index[id]], &msg, NULL);
	else
		cm_route_kemi(id, &msg);
	cm_route.values = NULL;
	cm_route.count = 0;
	set_route_type(before);
	/* what the script made of it goes with it: this process lives for years */
	free_sip_msg(&msg);
	ksr_msg_env_reset();
}

const char *cm_route_value(const char *name)
{
	unsigned i;

	if(cm_route.count > 0)
		cm_route.heard = 1;
	for(i = 0; i < cm_route.count; i++)
		if(strcmp(cm_route.values[i].name, name) == 0)
			return cm_route.values[i].text;
	return NULL;
}
