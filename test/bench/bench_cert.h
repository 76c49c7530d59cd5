/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates as public CAs issue them: an EC key, an RSA signature, ten
 * extensions; 1.4 KB. */
#ifndef BENCH_CERT_H
#define BENCH_CERT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/rsa.h>

#include "../unit/test_cm_cert.h"

/* Three signed certificate timestamps (RFC 6962 s3.3), as long as real ones. */
#define BENCH_SCT_LEN 366

static inline void bench_extension(X509 *cert, int nid, const char *value)
{
	CONF *conf = NCONF_new(NULL); /* empty, but it has to be there */
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if(!ext) {
		ERR_print_errors_fp(stderr);
		exit(2);
	}
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	NCONF_free(conf);
}

static inline void bench_timestamps(X509 *cert)
{
	unsigned char list[BENCH_SCT_LEN];
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	memset(list, 0x5a, sizeof(list));
	ASN1_OCTET_STRING_set(octets, list, sizeof(list));
	ext = X509_EXTENSION_create_by_NID(NULL, NID_ct_precert_scts, 0, octets);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(octets);
}

/* The subjectAltName and what a public CA puts beside it. The caller frees the
 * certificate. */
static inline X509 *bench_cert(const struct test_san *san)
{
	static const char *cns[] = {"sip.example.com", NULL};
	X509 *cert = test_cert(san, cns);
	EVP_PKEY *issuer_key = EVP_RSA_gen(2048);
	X509_NAME *issuer = X509_NAME_new();

	X509_NAME_add_entry_by_txt(
			issuer, "C", MBSTRING_ASC, (const unsigned char *)"US", -1, -1, 0);
	X509_NAME_add_entry_by_txt(issuer, "O", MBSTRING_ASC,
			(const unsigned char *)"A Public Certification Authority", -1, -1,
			0);
	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC,
			(const unsigned char *)"Intermediate CA E1", -1, -1, 0);
	X509_set_issuer_name(cert, issuer);
	X509_NAME_free(issuer);
	bench_extension(cert, NID_key_usage, "critical,digitalSignature");
	bench_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth");
	bench_extension(cert, NID_basic_constraints, "critical,CA:FALSE");
	bench_extension(cert, NID_subject_key_identifier, "hash");
	bench_extension(cert, NID_authority_key_identifier, "keyid");
	bench_extension(cert, NID_info_access,
			"OCSP;URI:http://ocsp.intermediate-e1.ca.example/,"
			"caIssuers;URI:http://certificates.ca.example/intermediate-e1.der");
	bench_extension(cert, NID_certificate_policies,
			"2.23.140.1.2.1,1.3.6.1.4.1.44947.1.1.1");
	bench_extension(cert, NID_crl_distribution_points,
			"URI:http://revocation.ca.example/intermediate-e1/43.crl");
	bench_timestamps(cert);
	X509_sign(cert, issuer_key, EVP_sha256());
	EVP_PKEY_free(issuer_key);
	return cert;
}

#endif
