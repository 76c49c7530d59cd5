/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a script see of this module's functions? */
#include "tls_reuse_kemi.h"

#include "tr_accept.h"
#include "tr_follow.h"
#include "tr_pin.h"
#include "tr_send.h"
#include "tr_to.h"

int ki_tls_reuse_pin(sip_msg_t *msg)
{
	switch(tr_pin(msg)) {
		case TR_PIN_OK:
			return 1;
		case TR_PIN_ERROR:
			return -1;
		case TR_PIN_MALFORMED:
			return -2;
		case TR_PIN_NOT_SIP:
			return -3;
		case TR_PIN_TOO_LONG:
			return -4;
		case TR_PIN_TOO_MANY:
			return -5;
		case TR_PIN_FULL:
			return -6;
		case TR_PIN_CLOSED:
			return -7;
	}
	return -1;
}

int ki_tls_reuse_follow(sip_msg_t *msg)
{
	switch(tr_follow(msg)) {
		case TR_FOLLOW_OK:
			return 1;
		case TR_FOLLOW_NO_TOKEN:
			return -1;
		case TR_FOLLOW_GONE:
			return -2;
		case TR_FOLLOW_FORGED:
			return -3;
		case TR_FOLLOW_WRONG_SIDE:
			return -4;
		case TR_FOLLOW_ERROR:
			return -5;
	}
	return -5;
}

int ki_tls_reuse_alias(sip_msg_t *msg)
{
	switch(tr_accept(msg)) {
		case TR_ACCEPT_OK:
		case TR_ACCEPT_OURS:
			return 1;
		case TR_ACCEPT_NOT_ASKED:
			return -1;
		case TR_ACCEPT_CLEAR:
			return -2;
		case TR_ACCEPT_NO_CERTIFICATE:
			return -3;
		case TR_ACCEPT_NOT_VERIFIED:
			return -4;
		case TR_ACCEPT_NO_IDENTITY:
			return -5;
		case TR_ACCEPT_FULL:
			return -6;
		case TR_ACCEPT_ERROR:
			return -7;
		case TR_ACCEPT_CLOSING:
			return -8;
	}
	return -7;
}

int ki_tls_reuse_onsend(sip_msg_t *msg)
{
	switch(tr_send(msg)) {
		case TR_SEND_OK:
			return 1;
		case TR_SEND_NOT_MEANT:
			return tr_follow_onsend(msg) == TR_FOLLOW_GONE ? -2 : 1;
		case TR_SEND_CLEAR:
			return -3;
		case TR_SEND_FORGED:
			return -4;
	}
	return -3;
}

int ki_tls_reuse_to_local(sip_msg_t *msg, str *domain, str *local)
{
	switch(tr_to(msg, domain, local)) {
		case TR_TO_OK:
			return 1;
		case TR_TO_ERROR:
			return -1;
		case TR_TO_NO_NAME:
			return -2;
	}
	return -1;
}

int ki_tls_reuse_to(sip_msg_t *msg, str *domain)
{
	return ki_tls_reuse_to_local(msg, domain, NULL);
}

#define PARAMS(first, second)                                                  \
	{                                                                          \
		first, second, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE,            \
				SR_KEMIP_NONE                                                  \
	}
#define NO_PARAMS PARAMS(SR_KEMIP_NONE, SR_KEMIP_NONE)

static sr_kemi_t functions[] = {
		{str_init("tls_reuse"), str_init("pin"), SR_KEMIP_INT, ki_tls_reuse_pin,
				NO_PARAMS},
		{str_init("tls_reuse"), str_init("follow"), SR_KEMIP_INT,
				ki_tls_reuse_follow, NO_PARAMS},
		{str_init("tls_reuse"), str_init("alias"), SR_KEMIP_INT,
				ki_tls_reuse_alias, NO_PARAMS},
		{str_init("tls_reuse"), str_init("onsend"), SR_KEMIP_INT,
				ki_tls_reuse_onsend, NO_PARAMS},
		{str_init("tls_reuse"), str_init("to"), SR_KEMIP_INT, ki_tls_reuse_to,
				PARAMS(SR_KEMIP_STR, SR_KEMIP_NONE)},
		{str_init("tls_reuse"), str_init("to_local"), SR_KEMIP_INT,
				ki_tls_reuse_to_local, PARAMS(SR_KEMIP_STR, SR_KEMIP_STR)},
		{{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}}};

void tls_reuse_kemi_register(void)
{
	sr_kemi_modules_add(functions);
}
