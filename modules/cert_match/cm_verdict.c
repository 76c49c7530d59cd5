/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What are a reason's token, its words and its clause? One table says it. */

#include "cm_verdict.h"

struct cm_text {
	const char *token;
	const char *words;
	const char *clause;
};

static const struct cm_text cm_texts[CM_REASONS] = {
		[CM_REFUSED] = {"refused", "not judged yet", "none"},
		[CM_OK] = {"ok", "accepted", "RFC 5922 s7.1"},
		[CM_SCHEME] = {"scheme", "the URI's scheme is not \"sip\"",
				"RFC 5922 s7.1"},
		[CM_USERINFO] = {"userinfo",
				"the URI has a user part: it names a person, not a domain",
				"RFC 5922 s7.1"},
		[CM_PORT] = {"port",
				"what follows the URI's host is no port, parameter "
				"or header",
				"RFC 3261 s25.1"},
		[CM_IP_LITERAL] = {"ip", "an IP address is no domain", "RFC 5922 s7.1"},
		[CM_OTHER_TYPE] = {"type",
				"an entry of this type is never a SIP domain identity",
				"RFC 5922 s7.1"},
		[CM_EMPTY] = {"empty", "the name is empty", "RFC 5280 s4.2.1.6"},
		[CM_NUL] = {"nul", "a NUL byte in the name", "RFC 5280 s4.2.1.6"},
		[CM_CONTROL] = {"control", "a control character or blank in the name",
				"RFC 5280 s4.2.1.6"},
		[CM_NON_ASCII] = {"non-ascii",
				"a byte beyond ASCII in the name: "
				"international names are written as A-labels",
				"RFC 5280 s7.2"},
		[CM_CHARACTER] = {"character", "a character that no host name has",
				"RFC 5280 s4.2.1.6"},
		[CM_TOO_LONG] = {"long", "the name is longer than 253 octets",
				"RFC 1035 s2.3.4"},
		[CM_LABEL_EMPTY] = {"label-empty", "a label of the name is empty",
				"RFC 1034 s3.1"},
		[CM_LABEL_LONG] = {"label-long",
				"a label of the name is longer than 63 octets",
				"RFC 1035 s2.3.4"},
		[CM_LABEL_HYPHEN] = {"label-hyphen",
				"a label of the name begins or ends with a hyphen",
				"RFC 1034 s3.5"},
		[CM_WILDCARD_PLACE] = {"wildcard",
				"a star other than as the whole "
				"leftmost label of a DNS name",
				"RFC 9525 s6.3"},
		[CM_URI_FOUND] = {"uri-found",
				"DNS names do not count, because a sip: "
				"URI gave an identity",
				"RFC 5922 s7.1"},
		[CM_SAN_FOUND] = {"san-found",
				"the CN does not count, because there is "
				"a subjectAltName",
				"RFC 5922 s7.1"},
		[CM_CN_OFF] = {"cn-off", "the CN does not count here (common_name=0)",
				"RFC 5922 s7.1"},
		[CM_SEVERAL_CN] = {"several-cn",
				"there are several CNs: none of them counts", "RFC 5922 s7.1"},
		[CM_TOO_MANY] = {"too-many", "there are more identities than are kept",
				"none"},
		[CM_MALFORMED] = {"malformed", "the certificate cannot be read",
				"RFC 5280 s4.1"},
		[CM_NO_CERTIFICATE] = {"no-certificate", "the peer sent no certificate",
				"RFC 5922 s7.4"},
		[CM_NOT_VERIFIED] = {"not-verified",
				"the peer's certificate is not valid (CA, time or revocation)",
				"RFC 5922 s7.1"},
		[CM_EXPIRED] = {"expired", "the certificate has expired",
				"RFC 5280 s4.1.2.5"},
		[CM_NOT_YET] = {"not-yet", "the certificate is not valid yet",
				"RFC 5280 s4.1.2.5"},
		[CM_PURPOSE] = {"purpose",
				"the certificate's purposes do not allow this use of it",
				"RFC 5924 s5, RFC 5280 s4.2.1.12"},
		[CM_NO_IDENTITY] = {"no-identity",
				"the certificate holds no SIP domain identity",
				"RFC 5922 s7.3"},
		[CM_NO_MATCH] = {"no-match",
				"none of the certificate's identities is this domain",
				"RFC 5922 s7.2"},
		[CM_DOMAIN_BAD] = {"domain", "the domain asked for is no host name",
				"RFC 5922 s7.2"},
		[CM_NO_CONNECTION] = {"no-connection",
				"not a TLS connection, or one that is gone", "none"},
};

static const struct cm_text *cm_text(enum cm_reason reason)
{
	return &cm_texts[(unsigned)reason < CM_REASONS ? reason : CM_REFUSED];
}

const char *cm_reason_token(enum cm_reason reason)
{
	return cm_text(reason)->token;
}

const char *cm_reason_words(enum cm_reason reason)
{
	return cm_text(reason)->words;
}

const char *cm_reason_clause(enum cm_reason reason)
{
	return cm_text(reason)->clause;
}

const char *cm_source_name(enum cm_source source)
{
	switch(source) {
		case CM_SOURCE_URI:
			return "uri";
		case CM_SOURCE_DNS:
			return "dns";
		case CM_SOURCE_CN:
			return "cn";
		case CM_SOURCE_NONE:
			break;
	}
	return "";
}
