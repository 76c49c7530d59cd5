/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domains does this certificate name? RFC 5922 s7.1, step by step. */

#define _DEFAULT_SOURCE /* timegm() */

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cm_ident.h"

struct cm_walk {
	struct cm_ident_set *set;
	cm_entry_f each;
	void *arg;
};

static int cm_is_sip_scheme(const char *text, size_t len)
{
	/* RFC 5922 s7.1: scheme tokens are always case insensitive. */
	return len >= 4 && (text[0] | 0x20) == 's' && (text[1] | 0x20) == 'i'
		   && (text[2] | 0x20) == 'p' && text[3] == ':';
}

/* what follows the host: nothing, a port, parameters, headers */
static enum cm_reason cm_uri_tail(const char *tail, size_t len)
{
	unsigned long port = 0;
	size_t i;

	if(len == 0 || tail[0] != ':')
		return CM_OK;
	for(i = 1; i < len && tail[i] >= '0' && tail[i] <= '9'; i++) {
		port = port * 10 + (unsigned long)(tail[i] - '0');
		if(port > 65535)
			return CM_PORT;
	}
	if(i == 1 || (i < len && tail[i] != ';' && tail[i] != '?'))
		return CM_PORT;
	return CM_OK;
}

static size_t cm_host_len(const char *host, size_t len)
{
	size_t i;

	if(len > 0 && host[0] == '[') {
		const char *end = memchr(host, ']', len);

		return end ? (size_t)(end - host) + 1 : len;
	}
	for(i = 0; i < len; i++)
		if(host[i] == ':' || host[i] == ';' || host[i] == '?')
			break;
	return i;
}

enum cm_reason cm_ident_uri(const char *text, size_t len, struct cm_name *name)
{
	enum cm_reason r;
	size_t host_len;

	if(len == 0)
		return CM_EMPTY;
	r = cm_name_bytes(text, len);
	if(r != CM_OK)
		return r;
	/* RFC 5922 s7.1: a scheme other than "sip" MUST NOT be accepted. */
	if(!cm_is_sip_scheme(text, len))
		return CM_SCHEME;
	/* RFC 5922 s7.1: with a userpart (there is an '@') MUST NOT be accepted. */
	if(memchr(text, '@', len))
		return CM_USERINFO;
	text += 4;
	len -= 4;
	host_len = cm_host_len(text, len);
	r = cm_uri_tail(text + host_len, len - host_len);
	if(r != CM_OK)
		return r;
	/* RFC 5922 s7.1: without userinfo the hostpart MUST be accepted. */
	return cm_name_parse(text, host_len, 0, name);
}

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
		const char *text, size_t len, enum cm_reason reason)
{
	struct cm_entry e = {type, other, text, len, reason};

	w->set->entries++;
	if(w->each)
		w->each(w->arg, &e);
}

static void cm_walk_uri(struct cm_walk *w, const char *text, size_t len)
{
	struct cm_name name;
	enum cm_reason r = cm_ident_uri(text, len, &name);

	if(r == CM_OK)
		r = cm_keep(w->set, &name, CM_SOURCE_URI);
	cm_tell(w, CM_ENTRY_URI, GEN_URI, text, len, r);
}

static void cm_walk_dns(
		struct cm_walk *w, const char *text, size_t len, int uri_found)
{
	struct cm_name name;
	enum cm_reason r = cm_name_parse(text, len, 1, &name);

	/* RFC 5922 s7.1: a dNSName if and only if no sip: URI identity is found. */
	if(r == CM_OK && uri_found)
		r = CM_URI_FOUND;
	if(r == CM_OK)
		r = cm_keep(w->set, &name, CM_SOURCE_DNS);
	cm_tell(w, CM_ENTRY_DNS, GEN_DNS, text, len, r);
}

/* RFC 5922 s7.1: URI and DNS are the only types acceptable. The text of the
 * others is only for people: of those that are one string, its octets. */
static void cm_walk_other(struct cm_walk *w, const GENERAL_NAME *g)
{
	const ASN1_STRING *s = NULL;

	if(g->type == GEN_EMAIL)
		s = g->d.rfc822Name;
	else if(g->type == GEN_IPADD)
		s = g->d.iPAddress;
	cm_tell(w, CM_ENTRY_OTHER, g->type,
			s ? (const char *)ASN1_STRING_get0_data(s) : "",
			s ? (size_t)ASN1_STRING_length(s) : 0, CM_OTHER_TYPE);
}

/* One pass over the subjectAltName for entries of one type; -1 for the rest. */
static void cm_walk_type(struct cm_walk *w, GENERAL_NAMES *san, int type)
{
	int uri_found = w->set->source == CM_SOURCE_URI;
	int i, n = sk_GENERAL_NAME_num(san);

	for(i = 0; i < n; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);
		const ASN1_STRING *s;
		const char *text;
		size_t len;

		if(type == -1) {
			if(g->type != GEN_URI && g->type != GEN_DNS)
				cm_walk_other(w, g);
			continue;
		}
		if(g->type != type)
			continue;
		s = type == GEN_URI ? g->d.uniformResourceIdentifier : g->d.dNSName;
		text = (const char *)ASN1_STRING_get0_data(s);
		len = (size_t)ASN1_STRING_length(s);
		if(!text)
			len = 0;
		if(type == GEN_URI)
			cm_walk_uri(w, text ? text : "", len);
		else
			cm_walk_dns(w, text ? text : "", len, uri_found);
	}
}

/* RFC 5922 s7.1: the CN if and only if there is no subjectAltName. */
static void cm_walk_cn(struct cm_walk *w, X509 *cert, enum cm_reason refused)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	int several =
			i >= 0
			&& X509_NAME_get_index_by_NID(subject, NID_commonName, i) >= 0;

	for(; i >= 0; i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) {
		struct cm_name name;
		unsigned char *utf8 = NULL;
		enum cm_reason r = refused;
		int len = ASN1_STRING_to_UTF8(&utf8,
				X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));

		if(r == CM_OK && several)
			r = CM_SEVERAL_CN;
		if(r == CM_OK && len < 0)
			r = CM_MALFORMED;
		if(r == CM_OK)
			r = cm_name_parse((const char *)utf8, (size_t)len, 0, &name);
		if(r == CM_OK)
			r = cm_keep(w->set, &name, CM_SOURCE_CN);
		cm_tell(w, CM_ENTRY_CN, 0, len > 0 ? (const char *)utf8 : "",
				len > 0 ? (size_t)len : 0, r);
		OPENSSL_free(utf8);
	}
}

static int64_t cm_time(const ASN1_TIME *t)
{
	struct tm tm;

	/* RFC 5280 s4.1.2.5: both forms are in UTC. */
	if(!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

static int cm_walk_certificate(
		struct cm_walk *w, X509 *cert, const struct cm_ident_opts *opts)
{
	struct cm_ident_set *set = w->set;
	GENERAL_NAMES *san;
	unsigned int digest_len = 0;
	int critical = -1;

	if(X509_digest(cert, EVP_sha256(), set->fingerprint, &digest_len) != 1)
		return -1;
	set->not_before = cm_time(X509_get0_notBefore(cert));
	set->not_after = cm_time(X509_get0_notAfter(cert));
	/* RFC 5922 s7.1: restrictions on usage MUST be checked. */
	set->purpose = cm_eku_leaf(cert, opts->eku, opts->peer_is_server);

	san = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	/* -1: there is none. Anything else without a result: it is there twice,
	 * or cannot be read, which must not open the way to the CN. */
	if(!san && critical != -1)
		return -1;
	if(san) {
		cm_walk_type(w, san, GEN_URI);
		cm_walk_type(w, san, GEN_DNS);
		cm_walk_type(w, san, -1);
		GENERAL_NAMES_free(san);
		cm_walk_cn(w, cert, CM_SAN_FOUND);
	} else {
		cm_walk_cn(w, cert, opts->common_name ? CM_OK : CM_CN_OFF);
	}
	set->reason = set->count ? CM_OK : CM_NO_IDENTITY;
	return 0;
}

int cm_ident_from_x509(X509 *cert, const struct cm_ident_opts *opts,
		struct cm_ident_set *set, cm_entry_f each, void *arg)
{
	struct cm_walk w = {set, each, arg};
	int ret;

	/* not the packed names: 8 KB that nobody reads beyond packed_len */
	memset(set, 0, offsetof(struct cm_ident_set, packed));
	set->reason = CM_MALFORMED;
	set->purpose = CM_MALFORMED;
	/* what we leave in OpenSSL's error queue, the next SSL_read() of another
	 * connection would take for its own failure */
	ERR_set_mark();
	ret = cm_walk_certificate(&w, cert, opts);
	ERR_pop_to_mark();
	return ret;
}

int cm_ident_from_der(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, struct cm_ident_set *set,
		cm_entry_f each, void *arg)
{
	const unsigned char *p = der;
	X509 *cert = NULL;
	int ret = -1;

	memset(set, 0, offsetof(struct cm_ident_set, packed));
	set->reason = CM_MALFORMED;
	set->purpose = CM_MALFORMED;
	ERR_set_mark();
	if(len <= LONG_MAX)
		cert = d2i_X509(NULL, &p, (long)len);
	if(cert && p == der + len)
		ret = cm_ident_from_x509(cert, opts, set, each, arg);
	X509_free(cert);
	ERR_pop_to_mark();
	return ret;
}

struct cm_names cm_ident_names(const struct cm_ident_set *set)
{
	struct cm_names names = {set->packed, set->packed_len, set->source};

	return names;
}
