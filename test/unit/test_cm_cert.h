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

static EVP_PKEY *test_key(void)
{
	static EVP_PKEY *key;

	if(!key)
		key = EVP_EC_gen("P-256");
	return key;
}

static void test_add_san(
		GENERAL_NAMES *names, int type, const char *text, size_t len)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s =
			type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	ASN1_STRING_set(s, text, (int)len);
	GENERAL_NAME_set0_value(g, type, s);
	sk_GENERAL_NAME_push(names, g);
}

static void test_add_cn(X509 *cert, const char *text, size_t len)
{
	X509_NAME_add_entry_by_NID(X509_get_subject_name(cert), NID_commonName,
			V_ASN1_UTF8STRING, (const unsigned char *)text, (int)len, -1, 0);
}

/* A self-signed certificate; the caller frees it. san, cns may be NULL; cns
 * ends with NULL. An empty san makes an empty subjectAltName. */
static X509 *test_cert(const struct test_san *san, const char *const *cns)
{
	X509 *cert = X509_new();
	GENERAL_NAMES *names;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20260101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20270101000000Z");
	X509_set_pubkey(cert, test_key());
	for(; cns && *cns; cns++)
		test_add_cn(cert, *cns, strlen(*cns));
	if(san) {
		names = GENERAL_NAMES_new();
		for(; san->type >= 0; san++)
			test_add_san(names, san->type, san->text,
					san->len ? san->len : strlen(san->text));
		X509_add1_ext_i2d(
				cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
		GENERAL_NAMES_free(names);
	}
	X509_sign(cert, test_key(), EVP_sha256());
	return cert;
}

/* Its DER; the caller frees it with OPENSSL_free(). */
static inline uint8_t *test_der(
		const struct test_san *san, const char *const *cns, size_t *len)
{
	X509 *cert = test_cert(san, cns);
	uint8_t *der = NULL;
	int n = i2d_X509(cert, &der);

	X509_free(cert);
	*len = n > 0 ? (size_t)n : 0;
	return der;
}

#endif
