/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why did this handshake not finish? Tables of codes, and their order. */

#include <stddef.h>

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "cm_cause.h"

#define CM_ALERT_CLOSE_NOTIFY 0
#define CM_ALERT_HANDSHAKE_FAILURE 40
#define CM_ALERT_USER_CANCELED 90
#define CM_TLS_1_2 0x0303
/* OpenSSL's reasons beyond this are alerts that it received */
#define CM_REASON_ALERTS 1000
#define CM_REASON_LAST_ALERT (CM_REASON_ALERTS + 255)

struct cm_code {
	int code;
	enum cm_cause cause;
};

/* RFC 8446 s6.2: what a peer says of our certificate, our versions, ... */
static const struct cm_code cm_alerts[] = {
		{41, CM_CAUSE_OWN_CERT_MISSING},  /* no_certificate, SSL 3.0 */
		{42, CM_CAUSE_OWN_CERT_REFUSED},  /* bad_certificate */
		{43, CM_CAUSE_OWN_CERT_REFUSED},  /* unsupported_certificate */
		{44, CM_CAUSE_OWN_CERT_REFUSED},  /* certificate_revoked */
		{45, CM_CAUSE_OWN_CERT_REFUSED},  /* certificate_expired */
		{46, CM_CAUSE_OWN_CERT_REFUSED},  /* certificate_unknown */
		{48, CM_CAUSE_OWN_CERT_REFUSED},  /* unknown_ca */
		{49, CM_CAUSE_OWN_CERT_REFUSED},  /* access_denied */
		{113, CM_CAUSE_OWN_CERT_REFUSED}, /* bad_certificate_status_response */
		{116, CM_CAUSE_OWN_CERT_MISSING}, /* certificate_required */
		{70, CM_CAUSE_VERSION_REFUSED},   /* protocol_version */
		{71, CM_CAUSE_NO_COMMON_CIPHER},  /* insufficient_security */
};

static const struct cm_code cm_reasons[] = {
		{SSL_R_UNSUPPORTED_PROTOCOL, CM_CAUSE_OLD_TLS},
		{SSL_R_VERSION_TOO_LOW, CM_CAUSE_OLD_TLS},
		{SSL_R_WRONG_SSL_VERSION, CM_CAUSE_OLD_TLS},
		{SSL_R_UNKNOWN_PROTOCOL, CM_CAUSE_OLD_TLS},
		{SSL_R_UNSUPPORTED_SSL_VERSION, CM_CAUSE_OLD_TLS},
		{SSL_R_UNKNOWN_SSL_VERSION, CM_CAUSE_OLD_TLS},
		{SSL_R_NO_SHARED_CIPHER, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_CIPHERS_AVAILABLE, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_CIPHERS_SPECIFIED, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_UNKNOWN_CIPHER_RETURNED, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_WRONG_CIPHER_RETURNED, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_SUITABLE_KEY_SHARE, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_SUITABLE_GROUPS, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_SHARED_GROUPS, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_DH_KEY_TOO_SMALL, CM_CAUSE_NO_COMMON_CIPHER},
		{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, CM_CAUSE_NO_CERTIFICATE},
		{SSL_R_NO_CERTIFICATES_RETURNED, CM_CAUSE_NO_CERTIFICATE},
		{SSL_R_CERTIFICATE_VERIFY_FAILED, CM_CAUSE_PEER_CHAIN},
		{SSL_R_HTTP_REQUEST, CM_CAUSE_PLAIN_HTTP},
		{SSL_R_HTTPS_PROXY_REQUEST, CM_CAUSE_PLAIN_HTTP},
		{SSL_R_UNEXPECTED_EOF_WHILE_READING, CM_CAUSE_CLOSED},
};

static const struct cm_code cm_errors[] = {
		{X509_V_ERR_CERT_HAS_EXPIRED, CM_CAUSE_PEER_EXPIRED},
		{X509_V_ERR_CERT_NOT_YET_VALID, CM_CAUSE_PEER_NOT_YET},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, CM_CAUSE_PEER_UNKNOWN_CA},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
				CM_CAUSE_PEER_UNKNOWN_CA},
		{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, CM_CAUSE_PEER_UNKNOWN_CA},
		{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CM_CAUSE_PEER_UNKNOWN_CA},
		{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, CM_CAUSE_PEER_UNKNOWN_CA},
		{X509_V_ERR_CERT_UNTRUSTED, CM_CAUSE_PEER_UNKNOWN_CA},
		{X509_V_ERR_INVALID_PURPOSE, CM_CAUSE_PEER_PURPOSE},
		{X509_V_ERR_CERT_REVOKED, CM_CAUSE_PEER_REVOKED},
		{X509_V_ERR_UNABLE_TO_GET_CRL, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_CRL_SIGNATURE_FAILURE, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_CRL_NOT_YET_VALID, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_CRL_HAS_EXPIRED, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_DIFFERENT_CRL_SCOPE, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_CRL_PATH_VALIDATION_ERROR, CM_CAUSE_PEER_CRL},
		{X509_V_ERR_HOSTNAME_MISMATCH, CM_CAUSE_WRONG_NAME},
		{X509_V_ERR_IP_ADDRESS_MISMATCH, CM_CAUSE_WRONG_NAME},
};

#define CM_FIND(table, code, none)                                             \
	cm_find(table, sizeof(table) / sizeof((table)[0]), code, none)

static enum cm_cause cm_find(
		const struct cm_code *table, size_t n, int code, enum cm_cause none)
{
	size_t i;

	for(i = 0; i < n; i++)
		if(table[i].code == code)
			return table[i].cause;
	return none;
}

/* No TLS at all; UNKNOWN if it was TLS, or nothing. */
static enum cm_cause cm_by_opening(const struct cm_shake *s)
{
	switch(s->hello.opening) {
		case CM_OPENING_SIP:
		case CM_OPENING_CRLF: /* RFC 5626 s4.4.1: keep-alives of SIP */
			return CM_CAUSE_PLAIN_SIP;
		case CM_OPENING_HTTP:
			return CM_CAUSE_PLAIN_HTTP;
		case CM_OPENING_OTHER:
			return CM_CAUSE_NOT_TLS;
		case CM_OPENING_NOTHING:
		case CM_OPENING_TLS:
		case CM_OPENING_SSL2:
			break;
	}
	return CM_CAUSE_UNKNOWN;
}

/* The name is judged last, when the chain has passed: whatever else is on
 * record was forgiven by the profile. */
static enum cm_cause cm_by_name(const struct cm_shake *s)
{
	switch(s->name_reason) {
		case CM_REFUSED:
		case CM_OK:
			return CM_CAUSE_UNKNOWN;
		case CM_NO_CERTIFICATE:
			return CM_CAUSE_NO_CERTIFICATE;
		case CM_PURPOSE:
			return CM_CAUSE_PEER_PURPOSE;
		default:
			return CM_CAUSE_WRONG_NAME;
	}
}

static int cm_is_closing(int alert)
{
	return alert == CM_ALERT_CLOSE_NOTIFY || alert == CM_ALERT_USER_CANCELED;
}

int cm_cause_alert(const struct cm_shake *s)
{
	if(s->alert_in != CM_NO_ALERT && !cm_is_closing(s->alert_in))
		return s->alert_in;
	if(s->ssl_reason >= CM_REASON_ALERTS
			&& s->ssl_reason <= CM_REASON_LAST_ALERT)
		return s->ssl_reason - CM_REASON_ALERTS;
	return CM_NO_ALERT;
}

static enum cm_cause cm_by_alert(const struct cm_shake *s, int alert)
{
	if(alert == CM_ALERT_HANDSHAKE_FAILURE && s->outgoing) {
		/* RFC 8446 s6.2: no acceptable set of parameters; and what a TLS 1.2
		 * server says when no certificate came (RFC 5246 s7.4.6) */
		if(s->stage <= CM_STAGE_CERTIFICATE)
			return CM_CAUSE_NO_COMMON_CIPHER;
		return s->own_cert ? CM_CAUSE_OWN_CERT_REFUSED
						   : CM_CAUSE_OWN_CERT_MISSING;
	}
	return CM_FIND(cm_alerts, alert, CM_CAUSE_PEER_ALERT);
}

/* We ended it. */
static enum cm_cause cm_by_refusal(const struct cm_shake *s)
{
	enum cm_cause cause = CM_FIND(cm_reasons, s->ssl_reason, CM_CAUSE_PROTOCOL);

	if(s->ssl_reason == 0 && s->verify_error == X509_V_OK)
		return CM_CAUSE_UNKNOWN;
	if(s->ssl_reason == 0 || cause == CM_CAUSE_PEER_CHAIN)
		return CM_FIND(cm_errors, s->verify_error, CM_CAUSE_PEER_CHAIN);
	/* a hello in this format that is good enough gets beyond its stage */
	if(s->hello.opening == CM_OPENING_SSL2 && s->stage <= CM_STAGE_HELLO)
		return CM_CAUSE_SSL2_HELLO;
	if(cause == CM_CAUSE_OLD_TLS && s->hello.version >= CM_TLS_1_2)
		return CM_CAUSE_NO_COMMON_VERSION;
	return cause;
}

static enum cm_cause cm_by_end(const struct cm_shake *s)
{
	int silent = !s->outgoing && s->hello.opening == CM_OPENING_NOTHING;

	switch(s->end) {
		case CM_END_SILENCE:
			return CM_CAUSE_TIMEOUT;
		case CM_END_EOF:
			return silent ? CM_CAUSE_PORT_SCAN : CM_CAUSE_CLOSED;
		case CM_END_RESET:
			return silent ? CM_CAUSE_PORT_SCAN : CM_CAUSE_RESET;
		case CM_END_REFUSED:
		case CM_END_NO_TCP:
			break;
	}
	return CM_CAUSE_UNKNOWN;
}

enum cm_cause cm_cause_of(const struct cm_shake *s)
{
	enum cm_cause cause;
	int alert;

	if(s->unexpected)
		return CM_CAUSE_NO_EXPECTATION;
	if(s->end == CM_END_NO_TCP)
		return CM_CAUSE_NO_TCP;
	if((cause = cm_by_opening(s)) != CM_CAUSE_UNKNOWN
			|| (cause = cm_by_name(s)) != CM_CAUSE_UNKNOWN)
		return cause;
	alert = cm_cause_alert(s);
	if(alert != CM_NO_ALERT)
		return cm_by_alert(s, alert);
	if(s->ssl_reason != 0 || s->end == CM_END_REFUSED)
		return cm_by_refusal(s);
	if(cm_is_closing(s->alert_in))
		return CM_CAUSE_CLOSED;
	return cm_by_end(s);
}
