/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was decided last about this message? */
#include "tr_last.h"

#include <string.h>

static struct {
	unsigned int id; /* sip_msg's: unique together with pid */
	int pid;
	struct tr_last last;
} memory;

void tr_last_set(const struct sip_msg *msg, int conid,
		const uint8_t *registration, const char *side, const char *reason)
{
	if(tr_last_get(msg) == NULL) {
		memory.last.alias = NULL;
	}
	memory.id = msg->id;
	memory.pid = msg->pid;
	memory.last.conid = conid;
	memory.last.registered = registration != NULL;
	if(registration != NULL) {
		memcpy(memory.last.registration, registration, TR_REGISTRATION_LEN);
	}
	memory.last.side = side;
	memory.last.reason = reason;
	memset(&memory.last.pair, 0, sizeof(memory.last.pair));
}

void tr_last_say(const struct sip_msg *msg, const char *reason)
{
	const struct tr_last *last = tr_last_get(msg);

	if(last == NULL) {
		tr_last_set(msg, 0, NULL, NULL, reason);
	} else {
		memory.last.reason = reason;
	}
}

void tr_last_sent(const struct sip_msg *msg, const struct tr_domains *pair,
		int reused, const char *reason)
{
	if(reason != NULL) {
		tr_last_say(msg, reason);
	} else if(tr_last_get(msg) == NULL) {
		return;
	}
	memory.last.reused = reused;
	memory.last.alias = pair != NULL ? reason : NULL;
	if(pair != NULL) {
		memory.last.pair = *pair;
	} else {
		memset(&memory.last.pair, 0, sizeof(memory.last.pair));
	}
}

void tr_last_alias(const struct sip_msg *msg, const char *words)
{
	tr_last_say(msg, words);
	memory.last.alias = words;
}

const struct tr_last *tr_last_get(const struct sip_msg *msg)
{
	if(memory.last.reason == NULL || memory.id != msg->id
			|| memory.pid != msg->pid) {
		return NULL;
	}
	return &memory.last;
}
