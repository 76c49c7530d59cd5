/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why did this handshake not finish?
 *
 * Pure. All strings are constants: nothing to free.
 */
#ifndef CM_CAUSE_H
#define CM_CAUSE_H

#include "cm_shake.h"

/* The first value is the one that claims nothing. */
enum cm_cause {
	CM_CAUSE_UNKNOWN = 0,
	CM_CAUSE_NO_TCP,    /* outgoing: refused, or no answer */
	CM_CAUSE_PLAIN_SIP, /* the peer speaks SIP without TLS */
	CM_CAUSE_PLAIN_HTTP,
	CM_CAUSE_NOT_TLS,           /* other bytes that are no TLS */
	CM_CAUSE_PORT_SCAN,         /* connected and left without a byte */
	CM_CAUSE_TIMEOUT,           /* nothing, or nothing more, came in time */
	CM_CAUSE_OLD_TLS,           /* the peer only knows versions we refuse */
	CM_CAUSE_NO_COMMON_VERSION, /* today's TLS, but not what we allow */
	CM_CAUSE_SSL2_HELLO,        /* the same, and greeted in SSL 2.0 format */
	CM_CAUSE_VERSION_REFUSED,   /* the peer refuses our versions (its alert) */
	CM_CAUSE_NO_COMMON_CIPHER,
	CM_CAUSE_OWN_CERT_REFUSED, /* the peer does not trust our certificate */
	CM_CAUSE_OWN_CERT_MISSING, /* the peer wants a certificate of ours */
	CM_CAUSE_PEER_EXPIRED,
	CM_CAUSE_PEER_NOT_YET,
	CM_CAUSE_PEER_UNKNOWN_CA,
	CM_CAUSE_PEER_PURPOSE, /* its extendedKeyUsage is not for this */
	CM_CAUSE_PEER_REVOKED,
	CM_CAUSE_PEER_CRL,       /* our CRL is missing or out of date */
	CM_CAUSE_PEER_CHAIN,     /* any other fault of its chain */
	CM_CAUSE_WRONG_NAME,     /* RFC 5922 s7.3 */
	CM_CAUSE_NO_EXPECTATION, /* default_expect=refuse, nothing expected */
	CM_CAUSE_NO_CERTIFICATE, /* one is required, none came */
	CM_CAUSE_RESET,          /* half-way, without an alert */
	CM_CAUSE_CLOSED,         /* half-way, in good order, without an alert */
	CM_CAUSE_PEER_ALERT,     /* any other alert of the peer's */
	CM_CAUSE_PROTOCOL,       /* any other refusal of OpenSSL's */
	CM_CAUSES
};

/* Judge. Total: every combination of facts gives an answer. */
enum cm_cause cm_cause_of(const struct cm_shake *shake);

/* The alert with which the peer ended it, or CM_NO_ALERT: no warning, nor the
 * ones that only say goodbye. */
int cm_cause_alert(const struct cm_shake *shake);

/* For scripts and tables: "wrong-name". */
const char *cm_cause_token(enum cm_cause cause);

/* For people: what happened. */
const char *cm_cause_words(enum cm_cause cause);

/* For the operator: what to do about it, where. */
const char *cm_cause_advice(enum cm_cause cause);

/* "certificate_expired" for 45 and so on (RFC 8446 s6), "none" for
 * CM_NO_ALERT, "unknown" for others. */
const char *cm_alert_name(int alert);

/* "hello", "certificate", ... */
const char *cm_stage_name(enum cm_stage stage);

#endif
