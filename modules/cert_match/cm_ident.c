/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domains does this certificate name? RFC 5922 s7.1, step by step. */

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cm_cert.h"
#include "cm_ident.h"
#include "cm_uri.h"

/* RFC 5280 s4.2.1.6, app. A.1 */
static const uint8_t cm_oid_san[] = {0x55, 0x1d, 0x11};
static const uint8_t cm_oid_cn[] = {0x55, 0x04, 0x03};

#define CM_GENERAL_NAME_MAX 8 /* registeredID, the last of the choices */
#define CM_CN_MAX 4096        /* octets that are converted, at most */

struct cm_walk {
	struct cm_ident_set *set;
	cm_entry_f each;
	void *arg;
};

static enum cm_reason cm_keep(struct cm_ident_set *set,
		const struct cm_name *name, enum cm_source source)
{
	if(set->count >= CM_IDENT_MAX
			|| name->len + 1 > sizeof(set->packed) - set->packed_len)
		return CM_TOO_MANY;
	set->packed[set->packed_len] = (uint8_t)name->len;
	memcpy(set->packed + set->packed_len + 1, name->text, name->len);
	set->packed_len += name->len + 1;
	set->count++;
	set->source = source;
	return CM_OK;
}

static void cm_tell(struct cm_walk *w, enum cm_entry_type type, int other,
		const struct cm_der *text, enum cm_reason reason)
{
	struct cm_entry e = {type, other, (const char *)text->p, text->len, reason};

	w->set->entries++;
	if(w->each)
		w->each(w->arg, &e);
}

static void cm_walk_uri(struct cm_walk *w, const struct cm_der *text)
{
	struct cm_name name;
	enum cm_reason r = cm_uri_domain((const char *)text->p, text->len, &name);

	if(r == CM_OK)
		r = cm_keep(w->set, &name, CM_SOURCE_URI);
	cm_tell(w, CM_ENTRY_URI, GEN_URI, text, r);
}

static void cm_walk_dns(
		struct cm_walk *w, const struct cm_der *text, int uri_found)
{
	struct cm_name name;
	enum cm_reason r =
			cm_name_parse((const char *)text->p, text->len, 1, &name);

	/* RFC 5922 s7.1-7: if and only if no sip: URI identity is found. */
	if(r == CM_OK && uri_found)
		r = CM_URI_FOUND;
	if(r == CM_OK)
		r = cm_keep(w->set, &name, CM_SOURCE_DNS);
	cm_tell(w, CM_ENTRY_DNS, GEN_DNS, text, r);
}

/* RFC 5922 s7.1-3: URI and DNS are the only types acceptable. The text of the
 * others is only for people: of those that are one string, its octets. */
static void cm_walk_other(
		struct cm_walk *w, int type, const struct cm_der *value)
{
	struct cm_der nothing = {value->p, 0};

	cm_tell(w, CM_ENTRY_OTHER, type,
			type == GEN_EMAIL || type == GEN_IPADD ? value : &nothing,
			CM_OTHER_TYPE);
}

/* The choice of a GeneralName; -1: it is none. Those with elements inside are
 * constructed, those that are a string are not. */
static int cm_general_name(uint8_t tag)
{
	int type = tag & 0x1f;
	int inside = type == GEN_OTHERNAME || type == GEN_X400
				 || type == GEN_DIRNAME || type == GEN_EDIPARTY;
	int want = CM_DER_CONTEXT | (inside ? CM_DER_CONSTRUCTED : 0);

	return type <= CM_GENERAL_NAME_MAX && (tag & 0xe0) == want ? type : -1;
}

/* All of it is looked at before any of it counts. */
static int cm_san_sound(struct cm_der names)
{
	struct cm_der value;
	uint8_t tag;

	while(names.len > 0)
		if(cm_der_take(&names, &tag, &value) < 0 || cm_general_name(tag) < 0)
			return 0;
	return 1;
}

/* One pass over the subjectAltName for entries of one type; -1 for the rest. */
static void cm_walk_type(struct cm_walk *w, struct cm_der names, int type)
{
	int uri_found = w->set->source == CM_SOURCE_URI;
	struct cm_der value;
	uint8_t tag;

	while(cm_der_take(&names, &tag, &value) == 0) {
		int is = cm_general_name(tag);

		if(is == GEN_URI && type == GEN_URI)
			cm_walk_uri(w, &value);
		else if(is == GEN_DNS && type == GEN_DNS)
			cm_walk_dns(w, &value, uri_found);
		else if(is != GEN_URI && is != GEN_DNS && type == -1)
			cm_walk_other(w, is, &value);
	}
}

/* 0; 1: there is no subjectAltName; -1: it is there twice, or cannot be read,
 * which must not open the way to the CN. */
static int cm_walk_san(struct cm_walk *w, const struct cm_cert *cert)
{
	struct cm_der value, names;
	int there = cm_cert_extension(cert, cm_oid_san, sizeof(cm_oid_san), &value);

	if(there != 0)
		return there;
	if(cm_der_expect(&value, CM_DER_SEQUENCE, &names) < 0 || value.len > 0
			|| !cm_san_sound(names))
		return -1;
	cm_walk_type(w, names, GEN_URI);
	cm_walk_type(w, names, GEN_DNS);
	cm_walk_type(w, names, -1);
	return 0;
}

/* --- the common name ------------------------------------------------------ */

/* Steps through the CNs of a subject. */
struct cm_cns {
	struct cm_der rdns; /* what is left of the RDNSequence */
	struct cm_der set;  /* and of the one that was begun */
};

/* 1 and the next one; 0 at the end; -1: the subject cannot be read. */
static int cm_next_cn(struct cm_cns *c, uint8_t *tag, struct cm_der *value)
{
	struct cm_der attribute, oid;

	for(;;) {
		if(c->set.len == 0 && c->rdns.len == 0)
			return 0;
		if(c->set.len == 0 && cm_der_expect(&c->rdns, CM_DER_SET, &c->set) < 0)
			return -1;
		if(cm_der_expect(&c->set, CM_DER_SEQUENCE, &attribute) < 0
				|| cm_der_expect(&attribute, CM_DER_OID, &oid) < 0
				|| cm_der_take(&attribute, tag, value) < 0 || attribute.len > 0)
			return -1;
		if(cm_der_is(&oid, cm_oid_cn, sizeof(cm_oid_cn)))
			return 1;
	}
}

/* How many there are, or -1. */
static int cm_count_cns(const struct cm_der *subject)
{
	struct cm_cns c = {*subject, {subject->p, 0}};
	struct cm_der value;
	uint8_t tag;
	int n = 0, more;

	while((more = cm_next_cn(&c, &tag, &value)) > 0)
		n++;
	return more < 0 ? -1 : n;
}

/* A CN as ASCII or UTF-8: its own octets, or *own, to be freed. */
static enum cm_reason cm_cn_text(uint8_t tag, const struct cm_der *value,
		struct cm_der *text, uint8_t **own)
{
	ASN1_STRING *s;
	int len = -1;

	*text = *value;
	/* RFC 5280 s4.1.2.4: UTF8String, PrintableString; in old ones IA5String */
	if(tag == V_ASN1_UTF8STRING || tag == V_ASN1_PRINTABLESTRING
			|| tag == V_ASN1_IA5STRING)
		return CM_OK;
	text->len = 0;
	if(tag != V_ASN1_T61STRING && tag != V_ASN1_BMPSTRING
			&& tag != V_ASN1_UNIVERSALSTRING)
		return CM_MALFORMED;
	if(value->len > CM_CN_MAX)
		return CM_TOO_LONG;
	s = ASN1_STRING_type_new(tag);
	if(s && ASN1_STRING_set(s, value->p, (int)value->len) == 1)
		len = ASN1_STRING_to_UTF8(own, s);
	ASN1_STRING_free(s);
	if(len < 0)
		return CM_MALFORMED;
	text->p = *own;
	text->len = (size_t)len;
	return CM_OK;
}

static void cm_walk_cn(struct cm_walk *w, uint8_t tag,
		const struct cm_der *value, enum cm_reason refused)
{
	struct cm_der text;
	struct cm_name name;
	uint8_t *own = NULL;
	enum cm_reason r = cm_cn_text(tag, value, &text, &own);

	if(refused != CM_OK)
		r = refused;
	if(r == CM_OK)
		/* RFC 5922 s7.1-9: a valid DNS name, of one CN alone */
		r = cm_name_parse((const char *)text.p, text.len, 0, &name);
	if(r == CM_OK)
		r = cm_keep(w->set, &name, CM_SOURCE_CN);
	cm_tell(w, CM_ENTRY_CN, 0, &text, r);
	OPENSSL_free(own);
}

/* RFC 5922 s7.1-8: the CN if and only if there is no subjectAltName; refused
 * says why it does not count. */
static void cm_walk_cns(
		struct cm_walk *w, const struct cm_der *subject, enum cm_reason refused)
{
	struct cm_cns c = {*subject, {subject->p, 0}};
	struct cm_der value;
	uint8_t tag;

	if(refused == CM_OK && cm_count_cns(subject) > 1)
		refused = CM_SEVERAL_CN;
	while(cm_next_cn(&c, &tag, &value) > 0)
		cm_walk_cn(w, tag, &value, refused);
}

/* --- the whole ------------------------------------------------------------ */

static int cm_walk_certificate(struct cm_walk *w, const struct cm_cert *cert,
		const struct cm_ident_opts *opts)
{
	enum cm_reason refused = opts->common_name ? CM_OK : CM_CN_OFF;
	int san;

	/* what cannot be read is found before anything is told */
	if(cm_count_cns(&cert->subject) < 0)
		return -1;
	san = cm_walk_san(w, cert);
	if(san < 0)
		return -1;
	cm_walk_cns(w, &cert->subject, san == 0 ? CM_SAN_FOUND : refused);
	w->set->not_before = cert->not_before;
	w->set->not_after = cert->not_after;
	/* RFC 5922 s7.1-2: restrictions on usage MUST be checked. */
	w->set->purpose = cm_eku_judge(cert, opts->eku, opts->peer_is_server);
	w->set->reason = w->set->count ? CM_OK : CM_NO_IDENTITY;
	return 0;
}

/* nothing is known, and nothing good */
static void cm_ident_clear(struct cm_ident_set *set)
{
	/* not the packed names: 8 KB that nobody reads beyond packed_len */
	memset(set, 0, offsetof(struct cm_ident_set, packed));
	set->reason = CM_MALFORMED;
	set->purpose = CM_MALFORMED;
}

static int cm_ident_read(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, struct cm_walk *w)
{
	struct cm_cert cert;
	unsigned int digest_len = 0;

	if(cm_cert_parse(der, len, &cert) < 0
			|| EVP_Digest(der, len, w->set->fingerprint, &digest_len,
					   EVP_sha256(), NULL)
					   != 1)
		return -1;
	return cm_walk_certificate(w, &cert, opts);
}

int cm_ident_from_der(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, struct cm_ident_set *set,
		cm_entry_f each, void *arg)
{
	struct cm_walk w = {set, each, arg};
	int ret;

	cm_ident_clear(set);
	/* what we leave in OpenSSL's error queue, the next SSL_read() of another
	 * connection would take for its own failure */
	ERR_set_mark();
	ret = cm_ident_read(der, len, opts, &w);
	ERR_pop_to_mark();
	if(ret < 0)
		cm_ident_clear(set);
	return ret;
}

int cm_ident_from_x509(X509 *cert, const struct cm_ident_opts *opts,
		struct cm_ident_set *set, cm_entry_f each, void *arg)
{
	uint8_t *der = NULL;
	int len, ret = -1;

	cm_ident_clear(set);
	ERR_set_mark();
	len = i2d_X509(cert, &der);
	/* OpenSSL reads more of its extensions than we do */
	if(len > 0 && !(X509_get_extension_flags(cert) & EXFLAG_INVALID))
		ret = cm_ident_from_der(der, (size_t)len, opts, set, each, arg);
	OPENSSL_free(der);
	ERR_pop_to_mark();
	return ret;
}

struct cm_names cm_ident_names(const struct cm_ident_set *set)
{
	struct cm_names names = {set->packed, set->packed_len, set->source};

	return names;
}
