/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May this certificate be used for SIP over TLS? Its purposes, and what a TLS
 * peer's key must be allowed to do. */

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cm_eku.h"

#define CM_OID_MAX 80

/* bits of the Netscape certificate type extension */
#define CM_NS_SSL_CLIENT 0
#define CM_NS_SSL_SERVER 1

enum cm_purpose {
	CM_PURPOSE_OTHER = 0,
	CM_PURPOSE_TLS, /* serverAuth, clientAuth */
	CM_PURPOSE_SIP_DOMAIN,
	CM_PURPOSE_ANYTHING
};

static enum cm_purpose cm_purpose(const ASN1_OBJECT *oid)
{
	/* RFC 5924 s4.1: id-kp 20, for which OpenSSL has no number */
	static const unsigned char sip_domain[] = {
			0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x14};

	switch(OBJ_obj2nid(oid)) {
		case NID_server_auth:
		case NID_client_auth:
			return CM_PURPOSE_TLS;
		case NID_anyExtendedKeyUsage:
			return CM_PURPOSE_ANYTHING;
		default:
			break;
	}
	if(OBJ_length(oid) == sizeof(sip_domain)
			&& memcmp(OBJ_get0_data(oid), sip_domain, sizeof(sip_domain)) == 0)
		return CM_PURPOSE_SIP_DOMAIN;
	return CM_PURPOSE_OTHER;
}

/* RFC 5924 s5: sipDomain is acceptable always; whether any is, and whether the
 * plain purposes of TLS are, is the mode's to say. */
static int cm_suffices(enum cm_purpose purpose, enum cm_eku mode)
{
	return purpose == CM_PURPOSE_SIP_DOMAIN || purpose == CM_PURPOSE_ANYTHING
		   || (purpose == CM_PURPOSE_TLS && mode == CM_EKU_TLS);
}

/* RFC 5280 s4.2.1.12: only for one of the purposes indicated. flags say that
 * the extension is there and can be read. */
static int cm_listed(X509 *cert, enum cm_eku mode)
{
	EXTENDED_KEY_USAGE *list;
	int found = 0, i;

	list = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	for(i = 0; !found && i < sk_ASN1_OBJECT_num(list); i++)
		found = cm_suffices(cm_purpose(sk_ASN1_OBJECT_value(list, i)), mode);
	EXTENDED_KEY_USAGE_free(list);
	return found;
}

static int cm_eku_allows(X509 *cert, uint32_t flags, enum cm_eku mode, int leaf)
{
	if(mode == CM_EKU_ANY)
		return 1;
	/* RFC 5924 s5: without the extension it is a matter of local policy; a CA
	 * has it only to restrict what it issues. */
	if(!(flags & EXFLAG_XKUSAGE))
		return mode == CM_EKU_TLS || !leaf;
	return cm_listed(cert, mode);
}

/* as X509_check_purpose(): if it is there, it must allow this side of TLS */
static int cm_netscape_allows(X509 *cert, int bit)
{
	ASN1_BIT_STRING *type;
	int allowed;

	if(X509_get_ext_by_NID(cert, NID_netscape_cert_type, -1) < 0)
		return 1;
	type = X509_get_ext_d2i(cert, NID_netscape_cert_type, NULL, NULL);
	allowed = type && ASN1_BIT_STRING_get_bit(type, bit);
	ASN1_BIT_STRING_free(type);
	return allowed;
}

/* RFC 5280 s4.2.1.12: keyUsage and extendedKeyUsage are processed
 * independently, and both must allow it. Without keyUsage all bits are set. */
static int cm_key_usage_allows(X509 *cert, int peer_is_server)
{
	uint32_t wanted = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT;

	if(peer_is_server)
		wanted |= KU_KEY_ENCIPHERMENT;
	return (X509_get_key_usage(cert) & wanted) != 0;
}

static enum cm_reason cm_judge_leaf(
		X509 *cert, enum cm_eku mode, int peer_is_server)
{
	int side = peer_is_server ? CM_NS_SSL_SERVER : CM_NS_SSL_CLIENT;
	uint32_t flags = X509_get_extension_flags(cert);

	/* OpenSSL lets an unreadable extension of a leaf pass here */
	if(flags & EXFLAG_INVALID)
		return CM_MALFORMED;
	if(!cm_key_usage_allows(cert, peer_is_server)
			|| !cm_netscape_allows(cert, side)
			|| !cm_eku_allows(cert, flags, mode, 1))
		return CM_PURPOSE;
	return CM_OK;
}

enum cm_reason cm_eku_leaf(X509 *cert, enum cm_eku mode, int peer_is_server)
{
	enum cm_reason r;

	/* what we leave in OpenSSL's error queue, the next SSL_read() would take
	 * for its own failure */
	ERR_set_mark();
	r = cm_judge_leaf(cert, mode, peer_is_server);
	ERR_pop_to_mark();
	return r;
}

/* X509_check_ca(): 1 basicConstraints say so; 3 a root of version 1; 4 no
 * basicConstraints, but keyUsage says so. Its 5, a Netscape type alone, which
 * OpenSSL took for SSL once, does not pass here. */
static int cm_is_ca(X509 *cert)
{
	int ca = X509_check_ca(cert);

	return ca == 1 || ca == 3 || ca == 4;
}

static enum cm_reason cm_judge_ca(X509 *cert, enum cm_eku mode)
{
	uint32_t flags = X509_get_extension_flags(cert);

	if(flags & EXFLAG_INVALID)
		return CM_MALFORMED;
	if(!cm_is_ca(cert) || !cm_eku_allows(cert, flags, mode, 0))
		return CM_PURPOSE;
	return CM_OK;
}

enum cm_reason cm_eku_ca(X509 *cert, enum cm_eku mode)
{
	enum cm_reason r;

	ERR_set_mark();
	r = cm_judge_ca(cert, mode);
	ERR_pop_to_mark();
	return r;
}

const char *cm_eku_name(enum cm_eku mode)
{
	switch(mode) {
		case CM_EKU_TLS:
			return "tls";
		case CM_EKU_SIP:
			return "sip";
		case CM_EKU_ANY:
			break;
	}
	return "any";
}

int cm_eku_mode(const char *name, size_t len, enum cm_eku *mode)
{
	static const enum cm_eku modes[] = {CM_EKU_TLS, CM_EKU_SIP, CM_EKU_ANY};
	size_t i;

	for(i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		/* each name has three letters */
		if(len == 3 && memcmp(name, cm_eku_name(modes[i]), 3) == 0) {
			*mode = modes[i];
			return 0;
		}
	}
	return -1;
}

static void cm_purpose_name(char *out, int size, const ASN1_OBJECT *oid)
{
	enum cm_purpose purpose = cm_purpose(oid);
	int nid = OBJ_obj2nid(oid);

	if(purpose == CM_PURPOSE_SIP_DOMAIN)
		snprintf(out, (size_t)size, "id-kp-sipDomain");
	else if(nid != NID_undef)
		snprintf(out, (size_t)size, "%s", OBJ_nid2sn(nid));
	else if(OBJ_obj2txt(out, size, oid, 1) <= 0)
		snprintf(out, (size_t)size, "?");
}

/* Append name to the list in out, or "..." in its place. What was appended
 * before has left room for that. */
static size_t cm_list_add(char *out, size_t size, size_t used, const char *name)
{
	const char *comma = used ? ", " : "";
	size_t need = strlen(comma) + strlen(name);

	if(need + sizeof(", ...") > size - used) {
		snprintf(out + used, size - used, "%s...", comma);
		return size;
	}
	snprintf(out + used, size - used, "%s%s", comma, name);
	return used + need;
}

int cm_eku_print(X509 *cert, char *out, size_t size)
{
	EXTENDED_KEY_USAGE *list;
	char name[CM_OID_MAX];
	int i, n, critical = -1;
	size_t used = 0;

	out[0] = '\0';
	ERR_set_mark();
	list = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	n = list ? sk_ASN1_OBJECT_num(list) : critical == -1 ? -1 : -2;
	for(i = 0; i < n && used < size; i++) {
		cm_purpose_name(name, sizeof(name), sk_ASN1_OBJECT_value(list, i));
		used = cm_list_add(out, size, used, name);
	}
	EXTENDED_KEY_USAGE_free(list);
	ERR_pop_to_mark();
	return n;
}
