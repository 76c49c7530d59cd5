/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates made in memory, with any bytes in their names. */
#ifndef TEST_CM_CERT_H
#define TEST_CM_CERT_H

#include <stdint.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* One subjectAltName entry; len 0: text ends at its NUL. */
struct test_san {
	int type; /* GEN_URI, GEN_DNS, GEN_EMAIL, GEN_IPADD; -1: end */
	const char *text;
	size_t len;
};

/* One other extension, in the words of OpenSSL's configuration. */
struct test_ext {
	int nid; /* 0: end */
	const char *value;
};

static inline EVP_PKEY *test_key(void)
{
	static EVP_PKEY *key;

	if(!key)
		key = EVP_EC_gen("P-256");
	return key;
}

static inline void test_add_san(
		GENERAL_NAMES *names, int type, const char *text, size_t len)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s =
			type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	ASN1_STRING_set(s, text, (int)len);
	GENERAL_NAME_set0_value(g, type, s);
	sk_GENERAL_NAME_push(names, g);
}

/* type: V_ASN1_UTF8STRING, V_ASN1_BMPSTRING, ...; text is written as it is */
static inline void test_add_cn(
		X509 *cert, int type, const char *text, size_t len)
{
	X509_NAME_add_entry_by_NID(X509_get_subject_name(cert), NID_commonName,
			type, (const unsigned char *)text, (int)len, -1, 0);
}

static inline void test_add_ext(X509 *cert, const struct test_ext *e)
{
	/* it writes into the text that it reads */
	char *value = OPENSSL_strdup(e->value);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, e->nid, value);

	OPENSSL_free(value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* An extension of any bytes. */
static inline void test_add_raw(
		X509 *cert, int nid, const void *bytes, size_t len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, bytes, (int)len);
	ext = X509_EXTENSION_create_by_NID(NULL, nid, 0, value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
}

/* A certificate, not signed yet; exts ends with {0, NULL}, cns with NULL, each
 * may be NULL. An empty san makes an empty subjectAltName. */
static inline X509 *test_cert_bare(const struct test_san *san,
		const char *const *cns, const struct test_ext *exts)
{
	X509 *cert = X509_new();
	GENERAL_NAMES *names;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20260101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20270101000000Z");
	X509_set_pubkey(cert, test_key());
	for(; cns && *cns; cns++)
		test_add_cn(cert, V_ASN1_UTF8STRING, *cns, strlen(*cns));
	for(; exts && exts->nid; exts++)
		test_add_ext(cert, exts);
	if(san) {
		names = GENERAL_NAMES_new();
		for(; san->type >= 0; san++)
			test_add_san(names, san->type, san->text,
					san->len ? san->len : strlen(san->text));
		X509_add1_ext_i2d(
				cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
		GENERAL_NAMES_free(names);
	}
	return cert;
}

/* The same, signed by itself; the caller frees it. */
static inline X509 *test_cert(
		const struct test_san *san, const char *const *cns)
{
	X509 *cert = test_cert_bare(san, cns, NULL);

	X509_sign(cert, test_key(), EVP_sha256());
	return cert;
}

/* Its DER; the caller frees it with OPENSSL_free(). */
static inline uint8_t *test_der_of(X509 *cert, size_t *len)
{
	uint8_t *der = NULL;
	int n;

	X509_sign(cert, test_key(), EVP_sha256());
	n = i2d_X509(cert, &der);
	X509_free(cert);
	*len = n > 0 ? (size_t)n : 0;
	return der;
}

static inline uint8_t *test_der(
		const struct test_san *san, const char *const *cns, size_t *len)
{
	return test_der_of(test_cert_bare(san, cns, NULL), len);
}

#endif
