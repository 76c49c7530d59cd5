/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What are the parts of this certificate? RFC 5280 s4.1, element by element. */

#define _DEFAULT_SOURCE /* timegm() */

#include <string.h>
#include <time.h>

#include "cm_cert.h"

#define CM_UTC_TIME 0x17
#define CM_GENERALIZED_TIME 0x18

/* two digits; -1 if they are none */
static int cm_digits(const uint8_t *p)
{
	if(p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* MMDDHHMMSSZ: RFC 5280 s4.1.2.5 allows no other form, and no other zone. */
static int cm_time(int year, const uint8_t *p, int64_t *when)
{
	int month = cm_digits(p), day = cm_digits(p + 2), hour = cm_digits(p + 4);
	int minute = cm_digits(p + 6), second = cm_digits(p + 8);
	struct tm tm = {.tm_year = year - 1900};

	if(month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23
			|| minute < 0 || minute > 59 || second < 0 || second > 59
			|| p[10] != 'Z')
		return -1;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	*when = (int64_t)timegm(&tm);
	return 0;
}

static int cm_take_time(struct cm_der *from, int64_t *when)
{
	struct cm_der text;
	uint8_t tag;
	int century, year;

	if(cm_der_take(from, &tag, &text) < 0)
		return -1;
	if(tag == CM_UTC_TIME && text.len == 13) {
		year = cm_digits(text.p);
		if(year < 0)
			return -1;
		/* RFC 5280 s4.1.2.5.1: from 50 on it is the last century's */
		return cm_time(year + (year >= 50 ? 1900 : 2000), text.p + 2, when);
	}
	if(tag != CM_GENERALIZED_TIME || text.len != 15)
		return -1;
	century = cm_digits(text.p);
	year = cm_digits(text.p + 2);
	if(century < 0 || year < 0)
		return -1;
	return cm_time(century * 100 + year, text.p + 4, when);
}

static int cm_take_validity(struct cm_der *from, struct cm_cert *cert)
{
	struct cm_der validity;

	if(cm_der_expect(from, CM_DER_SEQUENCE, &validity) < 0
			|| cm_take_time(&validity, &cert->not_before) < 0
			|| cm_take_time(&validity, &cert->not_after) < 0)
		return -1;
	return validity.len == 0 ? 0 : -1;
}

/* Extension ::= SEQUENCE { OID, critical BOOLEAN DEFAULT FALSE, OCTET STRING }
 * Whether an unknown one is critical is a question of the chain, and OpenSSL's.
 */
static int cm_take_extension(
		struct cm_der *from, struct cm_der *oid, struct cm_der *value)
{
	struct cm_der ext, critical;

	if(cm_der_expect(from, CM_DER_SEQUENCE, &ext) < 0
			|| cm_der_expect(&ext, CM_DER_OID, oid) < 0)
		return -1;
	if(cm_der_expect(&ext, CM_DER_BOOLEAN, &critical) == 0 && critical.len != 1)
		return -1;
	if(cm_der_expect(&ext, CM_DER_OCTET_STRING, value) < 0)
		return -1;
	return ext.len == 0 ? 0 : -1;
}

/* [3] EXPLICIT, the last of the parts; all of them are read once here, so that
 * nobody stumbles over one later. */
static int cm_take_extensions(struct cm_der *from, struct cm_cert *cert)
{
	struct cm_der outer, all, oid, value;

	if(from->len == 0)
		return 0;
	if(cm_der_expect(from, CM_DER_CONTEXT | CM_DER_CONSTRUCTED | 3, &outer) < 0
			|| cm_der_expect(&outer, CM_DER_SEQUENCE, &all) < 0 || outer.len > 0
			|| from->len > 0)
		return -1;
	cert->extensions = all;
	while(all.len > 0)
		if(cm_take_extension(&all, &oid, &value) < 0)
			return -1;
	return 0;
}

static int cm_take_tbs(struct cm_der *from, struct cm_cert *cert)
{
	struct cm_der tbs, unused;

	if(cm_der_expect(from, CM_DER_SEQUENCE, &tbs) < 0)
		return -1;
	/* version [0] may be absent */
	(void)cm_der_expect(&tbs, CM_DER_CONTEXT | CM_DER_CONSTRUCTED | 0, &unused);
	/* serialNumber, signature, issuer, validity, subject, key */
	if(cm_der_expect(&tbs, CM_DER_INTEGER, &unused) < 0
			|| cm_der_expect(&tbs, CM_DER_SEQUENCE, &unused) < 0
			|| cm_der_expect(&tbs, CM_DER_SEQUENCE, &unused) < 0
			|| cm_take_validity(&tbs, cert) < 0
			|| cm_der_expect(&tbs, CM_DER_SEQUENCE, &cert->subject) < 0
			|| cm_der_expect(&tbs, CM_DER_SEQUENCE, &unused) < 0)
		return -1;
	/* issuerUniqueID [1] and subjectUniqueID [2] may be absent, too */
	(void)cm_der_expect(&tbs, CM_DER_CONTEXT | 1, &unused);
	(void)cm_der_expect(&tbs, CM_DER_CONTEXT | 2, &unused);
	return cm_take_extensions(&tbs, cert);
}

int cm_cert_parse(const uint8_t *der, size_t len, struct cm_cert *cert)
{
	struct cm_der all = {der, len}, parts, unused;

	memset(cert, 0, sizeof(*cert));
	if(cm_der_expect(&all, CM_DER_SEQUENCE, &parts) < 0 || all.len > 0)
		return -1;
	/* tbsCertificate, signatureAlgorithm, signatureValue */
	if(cm_take_tbs(&parts, cert) < 0
			|| cm_der_expect(&parts, CM_DER_SEQUENCE, &unused) < 0
			|| cm_der_expect(&parts, CM_DER_BIT_STRING, &unused) < 0)
		return -1;
	return parts.len == 0 ? 0 : -1;
}

int cm_cert_extension(const struct cm_cert *cert, const void *oid,
		size_t oid_len, struct cm_der *value)
{
	struct cm_der rest = cert->extensions, id, found;
	int there = 1;

	while(rest.len > 0) {
		if(cm_take_extension(&rest, &id, &found) < 0)
			return -1;
		if(!cm_der_is(&id, oid, oid_len))
			continue;
		if(there == 0)
			return -1;
		*value = found;
		there = 0;
	}
	return there;
}
