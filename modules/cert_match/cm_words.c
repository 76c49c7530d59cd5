/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is a cause called, and what is to be done about it? */

#include <stddef.h>

#include "cm_cause.h"

static const struct {
	const char *token;
	const char *words;
	const char *advice;
} cm_causes[CM_CAUSES] = {
		[CM_CAUSE_UNKNOWN] = {"unknown",
				"the handshake ended for a reason that was not seen",
				"look for lines of the tls module at this time in the log"},
		[CM_CAUSE_NO_TCP] = {"no-tcp", "the TCP connection did not come up",
				"check the address and port that DNS gave, the firewalls on "
				"the way, and that the peer listens there"},
		[CM_CAUSE_PLAIN_SIP] = {"plain-sip", "the peer speaks SIP without TLS",
				"set the peer to transport TLS, or send it to a port without "
				"TLS; if we connected, that port is one without TLS"},
		[CM_CAUSE_PLAIN_HTTP] = {"plain-http", "the peer speaks HTTP",
				"usually a scanner: nothing to do; if we connected, the "
				"address or port is that of a web server"},
		[CM_CAUSE_NOT_TLS] = {"not-tls",
				"the peer speaks something that is "
				"not TLS",
				"check what the peer is, and its address and port"},
		[CM_CAUSE_PORT_SCAN] = {"port-scan",
				"the peer connected and left without sending a byte",
				"usually a scanner or the check of a monitor or balancer: "
				"nothing to do"},
		[CM_CAUSE_TIMEOUT] = {"timeout",
				"nothing, or nothing more, came from the peer in time",
				"check that the peer starts TLS by itself, and the path for "
				"large packets (MTU)"},
		[CM_CAUSE_OLD_TLS] = {"old-tls",
				"the peer only has TLS versions that are refused here",
				"update the peer; or give it a listener of its own with an "
				"older method in tls.cfg"},
		[CM_CAUSE_NO_COMMON_VERSION] = {"no-common-version",
				"the peer offers no TLS version that is allowed here",
				"compare method in tls.cfg with the versions that the peer "
				"allows"},
		[CM_CAUSE_SSL2_HELLO] = {"ssl2-hello",
				"the peer greets in SSL 2.0 format and offers nothing that is "
				"good enough here",
				"update the peer; or give it the listener for legacy phones "
				"in tls.cfg"},
		[CM_CAUSE_VERSION_REFUSED] = {"version-refused",
				"the peer refuses the TLS versions that are offered here",
				"compare method in tls.cfg with what the peer supports"},
		[CM_CAUSE_NO_COMMON_CIPHER] = {"no-common-cipher",
				"both sides have no cipher suite, group or signature "
				"algorithm in common",
				"compare cipher_list in tls.cfg and the kind of our "
				"certificate's key (RSA or EC) with what the peer supports"},
		[CM_CAUSE_OWN_CERT_REFUSED] = {"own-cert-refused",
				"the peer does not accept our certificate",
				"check our certificate with sipcert, and that the peer trusts "
				"its CA"},
		[CM_CAUSE_OWN_CERT_MISSING] = {"own-cert-missing",
				"the peer wants a certificate of ours and got none",
				"set certificate and private_key in the client profile of "
				"tls.cfg that is used for this peer"},
		[CM_CAUSE_PEER_EXPIRED] = {"peer-expired",
				"the peer's certificate, or one above it, has expired",
				"the peer has to renew it; compare the clocks of both sides"},
		[CM_CAUSE_PEER_NOT_YET] = {"peer-not-yet",
				"the peer's certificate, or one above it, is not valid yet",
				"compare the clocks of both sides"},
		[CM_CAUSE_PEER_UNKNOWN_CA] = {"peer-unknown-ca",
				"the peer's certificate does not chain to a CA that is "
				"trusted here",
				"put the peer's CA into ca_list or ca_path in tls.cfg; if it "
				"is "
				"there, the peer has to send its intermediate certificates"},
		[CM_CAUSE_PEER_PURPOSE] = {"peer-purpose",
				"the purposes in the peer's certificate do not allow this use",
				"the peer needs a certificate whose extendedKeyUsage fits "
				"modparam eku; sipcert list shows what it has"},
		[CM_CAUSE_PEER_REVOKED] = {"peer-revoked",
				"the peer's certificate has been revoked",
				"the peer needs a new certificate; treat the old one's key as "
				"stolen"},
		[CM_CAUSE_PEER_CRL] = {"peer-crl",
				"whether the peer's certificate is revoked cannot be told: "
				"our CRL is missing or out of date",
				"put a current CRL of the peer's CA, and of each above it, "
				"into the file that crl in tls.cfg names; then tls.reload"},
		[CM_CAUSE_PEER_CHAIN] = {"peer-chain",
				"the chain of the peer's certificate has a fault",
				"the peer has to mend its certificates; openssl verify tells "
				"more"},
		[CM_CAUSE_WRONG_NAME] = {"wrong-name",
				"the peer's certificate is not for the domain that was meant",
				"the peer needs a certificate for that domain (RFC 5922), or "
				"DNS sends that domain to the wrong server"},
		[CM_CAUSE_NO_EXPECTATION] = {"no-expectation",
				"nothing said whom this connection is meant for, and "
				"default_expect is refuse",
				"call tls_reuse_to() before the request is sent, or set "
				"default_expect"},
		[CM_CAUSE_NO_CERTIFICATE] = {"no-certificate",
				"the peer showed no certificate, and one is required",
				"give the peer a certificate; or do not require one on this "
				"listener (require_certificate in tls.cfg)"},
		[CM_CAUSE_RESET] = {"reset", "the peer reset the connection half-way",
				"see the peer's log; a firewall on the way may do this, too"},
		[CM_CAUSE_CLOSED] = {"closed",
				"the peer closed the connection half-way, without an alert",
				"see the peer's log: often it does not like our certificate "
				"and does not say so"},
		[CM_CAUSE_PEER_ALERT] = {"peer-alert",
				"the peer ended the handshake with an alert",
				"see the peer's log; RFC 8446 s6 explains the alert"},
		[CM_CAUSE_PROTOCOL] = {"protocol", "OpenSSL ended the handshake here",
				"if the peer is no attacker, its TLS is faulty: update it"},
};

static enum cm_cause cm_bounded(enum cm_cause cause)
{
	return (unsigned)cause < CM_CAUSES ? cause : CM_CAUSE_UNKNOWN;
}

const char *cm_cause_token(enum cm_cause cause)
{
	return cm_causes[cm_bounded(cause)].token;
}

const char *cm_cause_words(enum cm_cause cause)
{
	return cm_causes[cm_bounded(cause)].words;
}

const char *cm_cause_advice(enum cm_cause cause)
{
	return cm_causes[cm_bounded(cause)].advice;
}

/* RFC 8446 s6, and what older versions had. */
static const struct {
	int code;
	const char *name;
} cm_alert_names[] = {
		{CM_NO_ALERT, "none"},
		{0, "close_notify"},
		{10, "unexpected_message"},
		{20, "bad_record_mac"},
		{21, "decryption_failed"},
		{22, "record_overflow"},
		{30, "decompression_failure"},
		{40, "handshake_failure"},
		{41, "no_certificate"},
		{42, "bad_certificate"},
		{43, "unsupported_certificate"},
		{44, "certificate_revoked"},
		{45, "certificate_expired"},
		{46, "certificate_unknown"},
		{47, "illegal_parameter"},
		{48, "unknown_ca"},
		{49, "access_denied"},
		{50, "decode_error"},
		{51, "decrypt_error"},
		{60, "export_restriction"},
		{70, "protocol_version"},
		{71, "insufficient_security"},
		{80, "internal_error"},
		{86, "inappropriate_fallback"},
		{90, "user_canceled"},
		{100, "no_renegotiation"},
		{109, "missing_extension"},
		{110, "unsupported_extension"},
		{111, "certificate_unobtainable"},
		{112, "unrecognized_name"},
		{113, "bad_certificate_status_response"},
		{114, "bad_certificate_hash_value"},
		{115, "unknown_psk_identity"},
		{116, "certificate_required"},
		{120, "no_application_protocol"},
};

const char *cm_alert_name(int alert)
{
	size_t i;

	for(i = 0; i < sizeof(cm_alert_names) / sizeof(cm_alert_names[0]); i++)
		if(cm_alert_names[i].code == alert)
			return cm_alert_names[i].name;
	return "unknown";
}

const char *cm_stage_name(enum cm_stage stage)
{
	switch(stage) {
		case CM_STAGE_TCP:
			return "tcp";
		case CM_STAGE_HELLO:
			return "hello";
		case CM_STAGE_CERTIFICATE:
			return "certificate";
		case CM_STAGE_FINISH:
			return "finish";
		case CM_STAGE_CONFIRM:
			return "confirm";
	}
	return "unknown";
}
