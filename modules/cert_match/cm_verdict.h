/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why was an identity, a name or a certificate accepted or refused?
 *
 * Each reason has a short token (for scripts and tables), words for people, and
 * the clause that it comes from. All strings are constants: nothing to free.
 */
#ifndef CM_VERDICT_H
#define CM_VERDICT_H

/* The first value is a refusal, so that zeroed memory refuses. */
enum cm_reason {
	CM_REFUSED = 0, /* nothing has judged yet */
	CM_OK,
	/* a subjectAltName entry or a CN that is no SIP domain identity */
	CM_SCHEME,
	CM_USERINFO,
	CM_PORT,
	CM_IP_LITERAL,
	CM_OTHER_TYPE,
	CM_EMPTY,
	CM_NUL,
	CM_CONTROL,
	CM_NON_ASCII,
	CM_CHARACTER,
	CM_TOO_LONG,
	CM_LABEL_EMPTY,
	CM_LABEL_LONG,
	CM_LABEL_HYPHEN,
	CM_WILDCARD_PLACE,
	CM_URI_FOUND,
	CM_SAN_FOUND,
	CM_CN_OFF,
	CM_SEVERAL_CN,
	CM_TOO_MANY,
	/* the certificate, or the connection */
	CM_MALFORMED,
	CM_NO_CERTIFICATE,
	CM_NOT_VERIFIED,
	CM_EXPIRED,
	CM_NOT_YET,
	CM_PURPOSE,
	CM_NO_IDENTITY,
	CM_NO_MATCH,
	CM_DOMAIN_BAD,
	CM_NO_CONNECTION,
	CM_REASONS /* how many there are */
};

/* Where the identities of a certificate came from. */
enum cm_source {
	CM_SOURCE_NONE = 0,
	CM_SOURCE_URI,
	CM_SOURCE_DNS,
	CM_SOURCE_CN
};

/* All three return a constant string, for values out of range too. */
const char *cm_reason_token(enum cm_reason reason);
const char *cm_reason_words(enum cm_reason reason);
const char *cm_reason_clause(enum cm_reason reason);

/* "uri", "dns", "cn" or "". */
const char *cm_source_name(enum cm_source source);

#endif
