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
#include "cm_join.h"

#define CM_OID_MAX 80

/* the answers of cm_cert_extension() */
#define CM_EXT_THERE 0
#define CM_EXT_NONE 1

/* RFC 5280 s4.2.1.3, s4.2.1.12; the Netscape certificate type (old, and still
 * OpenSSL's to obey) */
static const uint8_t cm_oid_key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t cm_oid_eku[] = {0x55, 0x1d, 0x25};
static const uint8_t cm_oid_netscape_type[] = {
		0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01};

#define CM_NS_SSL_CLIENT 0x80
#define CM_NS_SSL_SERVER 0x40

struct cm_purpose {
	size_t len;
	uint8_t oid[8];
	const char *name;
	int tls_only; /* good for TLS, says nothing about SIP */
};

/* RFC 5280 s4.2.1.12, RFC 5924 s4.1 */
static const struct cm_purpose cm_purposes[] = {
		{8, {0x2b, 6, 1, 5, 5, 7, 3, 1}, "serverAuth", 1},
		{8, {0x2b, 6, 1, 5, 5, 7, 3, 2}, "clientAuth", 1},
		{8, {0x2b, 6, 1, 5, 5, 7, 3, 20}, "id-kp-sipDomain", 0},
		{4, {0x55, 0x1d, 0x25, 0}, "anyExtendedKeyUsage", 0},
};

/* NULL: a purpose that is never ours */
static const struct cm_purpose *cm_purpose(const struct cm_der *oid)
{
	size_t i;

	for(i = 0; i < sizeof(cm_purposes) / sizeof(cm_purposes[0]); i++)
		if(cm_der_is(oid, cm_purposes[i].oid, cm_purposes[i].len))
			return &cm_purposes[i];
	return NULL;
}

/* The elements of the extendedKeyUsage extension: CM_EXT_THERE, CM_EXT_NONE, or
 * -1 if it cannot be read. */
static int cm_eku_list(const struct cm_cert *cert, struct cm_der *list)
{
	struct cm_der value, rest, oid;
	int there = cm_cert_extension(cert, cm_oid_eku, sizeof(cm_oid_eku), &value);

	if(there != CM_EXT_THERE)
		return there;
	if(cm_der_expect(&value, CM_DER_SEQUENCE, list) < 0 || value.len > 0)
		return -1;
	for(rest = *list; rest.len > 0;)
		if(cm_der_expect(&rest, CM_DER_OID, &oid) < 0 || oid.len == 0)
			return -1;
	return CM_EXT_THERE;
}

/* RFC 5924 s5-4: sipDomain is acceptable always. RFC 5924 s5-5: any is a matter
 * of local policy, and ours takes it. The plain purposes of TLS are the mode's
 * to say. */
static enum cm_reason cm_judge_purposes(struct cm_der list, enum cm_eku mode)
{
	struct cm_der oid;

	while(cm_der_expect(&list, CM_DER_OID, &oid) == 0) {
		const struct cm_purpose *p = cm_purpose(&oid);

		if(p && (!p->tls_only || mode == CM_EKU_TLS))
			return CM_OK;
	}
	/* RFC 5924 s4-1, s5-6: only for one of the purposes indicated */
	return CM_PURPOSE;
}

static enum cm_reason cm_judge_eku(
		const struct cm_cert *cert, enum cm_eku mode, int is_ca)
{
	struct cm_der list;
	/* RFC 5924 s5-2: they MUST be examined */
	int there = cm_eku_list(cert, &list);

	if(there < 0)
		return CM_MALFORMED;
	if(mode == CM_EKU_ANY)
		return CM_OK;
	if(there == CM_EXT_THERE)
		return cm_judge_purposes(list, mode);
	/* RFC 5924 s5-3, s4-2: without it, it is a matter of local policy. A CA
	 * has it only to restrict what it issues. */
	return mode == CM_EKU_TLS || is_ca ? CM_OK : CM_PURPOSE;
}

/* An extension that is a BIT STRING: its first bits, from 0x80 on down; the
 * next octet's lie above. The answers are those of cm_cert_extension(). */
static int cm_bits(const struct cm_cert *cert, const uint8_t *oid,
		size_t oid_len, unsigned *bits)
{
	struct cm_der value, s;
	int there = cm_cert_extension(cert, oid, oid_len, &value);
	uint8_t octets[2] = {0, 0};
	size_t n;

	if(there != CM_EXT_THERE)
		return there;
	/* X.690 s8.6.2: how many bits of the last octet are none, then octets */
	if(cm_der_expect(&value, CM_DER_BIT_STRING, &s) < 0 || value.len > 0
			|| s.len < 1 || s.p[0] > 7 || (s.len == 1 && s.p[0] > 0))
		return -1;
	n = s.len - 1;
	if(n > 0)
		memcpy(octets, s.p + 1, n < 2 ? n : 2);
	if(n > 0 && n <= 2)
		octets[n - 1] &= (uint8_t)(0xff << s.p[0]);
	*bits = octets[0] | (unsigned)octets[1] << 8;
	return CM_EXT_THERE;
}

/* RFC 5280 s4.2.1.12: keyUsage and extendedKeyUsage are processed
 * independently, and both must allow it. */
static enum cm_reason cm_judge_key_usage(
		const struct cm_cert *cert, int peer_is_server)
{
	unsigned bits, wanted = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT;
	int there =
			cm_bits(cert, cm_oid_key_usage, sizeof(cm_oid_key_usage), &bits);

	if(there == CM_EXT_NONE)
		return CM_OK;
	/* RFC 5280 s4.2.1.3: at least one of the bits MUST be set */
	if(there < 0 || bits == 0)
		return CM_MALFORMED;
	if(peer_is_server)
		wanted |= KU_KEY_ENCIPHERMENT;
	return (bits & wanted) != 0 ? CM_OK : CM_PURPOSE;
}

/* as X509_check_purpose(): if it is there, it must allow this side of TLS */
static enum cm_reason cm_judge_netscape(
		const struct cm_cert *cert, int peer_is_server)
{
	unsigned bits,
			wanted = peer_is_server ? CM_NS_SSL_SERVER : CM_NS_SSL_CLIENT;
	int there = cm_bits(
			cert, cm_oid_netscape_type, sizeof(cm_oid_netscape_type), &bits);

	if(there == CM_EXT_NONE)
		return CM_OK;
	if(there < 0)
		return CM_MALFORMED;
	return (bits & wanted) != 0 ? CM_OK : CM_PURPOSE;
}

enum cm_reason cm_eku_purposes(const struct cm_cert *cert, enum cm_eku mode)
{
	return cm_judge_eku(cert, mode, 0);
}

enum cm_reason cm_eku_key(const struct cm_cert *cert, int peer_is_server)
{
	enum cm_reason usage = cm_judge_key_usage(cert, peer_is_server);
	enum cm_reason netscape = cm_judge_netscape(cert, peer_is_server);

	if(usage == CM_OK || netscape == CM_MALFORMED)
		return netscape;
	return usage;
}

enum cm_reason cm_eku_judge(
		const struct cm_cert *cert, enum cm_eku mode, int peer_is_server)
{
	enum cm_reason purposes = cm_eku_purposes(cert, mode);
	enum cm_reason key = cm_eku_key(cert, peer_is_server);

	if(purposes == CM_OK || key == CM_MALFORMED)
		return key;
	return purposes;
}

/* --- of an X509 ----------------------------------------------------------- */

/* X509_check_ca(): 1 basicConstraints say so; 3 a root of version 1; 4 no
 * basicConstraints, but keyUsage says so. Its 5, a Netscape type alone, which
 * OpenSSL took for SSL once, does not pass here. */
static int cm_is_ca(X509 *cert)
{
	int ca = X509_check_ca(cert);

	return ca == 1 || ca == 3 || ca == 4;
}

static enum cm_reason cm_judge_x509(
		X509 *x509, enum cm_eku mode, int peer_is_server, int is_ca)
{
	enum cm_reason r = CM_MALFORMED;
	struct cm_cert cert;
	uint8_t *der = NULL;
	int len;

	/* an extension that OpenSSL cannot read, whichever it is; of a leaf it
	 * would let it pass */
	if(X509_get_extension_flags(x509) & EXFLAG_INVALID)
		return CM_MALFORMED;
	len = i2d_X509(x509, &der);
	if(len > 0 && cm_cert_parse(der, (size_t)len, &cert) == 0) {
		if(is_ca)
			r = cm_is_ca(x509) ? cm_judge_eku(&cert, mode, 1) : CM_PURPOSE;
		else
			r = cm_eku_judge(&cert, mode, peer_is_server);
	}
	OPENSSL_free(der);
	return r;
}

enum cm_reason cm_eku_leaf(X509 *cert, enum cm_eku mode, int peer_is_server)
{
	enum cm_reason r;

	/* what we leave in OpenSSL's error queue, the next SSL_read() would take
	 * for its own failure */
	ERR_set_mark();
	r = cm_judge_x509(cert, mode, peer_is_server, 0);
	ERR_pop_to_mark();
	return r;
}

enum cm_reason cm_eku_ca(X509 *cert, enum cm_eku mode)
{
	enum cm_reason r;

	ERR_set_mark();
	r = cm_judge_x509(cert, mode, 0, 1);
	ERR_pop_to_mark();
	return r;
}

/* --- words ---------------------------------------------------------------- */

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

/* OpenSSL's short name, or the number. */
static void cm_print_oid(char *out, int size, const struct cm_der *oid)
{
	uint8_t element[2 + CM_DER_SHORT_MAX];
	const uint8_t *p = element;
	ASN1_OBJECT *object = NULL;

	if(oid->len <= CM_DER_SHORT_MAX) {
		element[0] = CM_DER_OID;
		element[1] = (uint8_t)oid->len;
		memcpy(element + 2, oid->p, oid->len);
		object = d2i_ASN1_OBJECT(NULL, &p, (long)oid->len + 2);
	}
	if(object && OBJ_obj2nid(object) != NID_undef)
		snprintf(out, (size_t)size, "%s", OBJ_nid2sn(OBJ_obj2nid(object)));
	else if(!object || OBJ_obj2txt(out, size, object, 1) <= 0)
		snprintf(out, (size_t)size, "unreadable");
	ASN1_OBJECT_free(object);
}

int cm_eku_print(const struct cm_cert *cert, char *out, size_t size)
{
	struct cm_der list, oid;
	char name[CM_OID_MAX];
	size_t used = 0;
	int there = cm_eku_list(cert, &list), n = 0;

	out[0] = '\0';
	if(there != CM_EXT_THERE)
		return there == CM_EXT_NONE ? -1 : -2;
	ERR_set_mark();
	for(; cm_der_expect(&list, CM_DER_OID, &oid) == 0; n++) {
		const struct cm_purpose *p = cm_purpose(&oid);
		const char *shown = p ? p->name : name;

		if(!p)
			cm_print_oid(name, sizeof(name), &oid);
		used = cm_join_add(out, size, used, ", ", shown, strlen(shown));
	}
	ERR_pop_to_mark();
	return n;
}
