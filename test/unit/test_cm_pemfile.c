/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates are in these bytes of a file? A row each; the letters
 * stand for what the file is put together from. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "../../modules/cert_match/cm_pemfile.h"
#include "test_cm_cert.h"

#define ROOM (256 * 1024)

struct row {
	const char *says;
	const char *parts;
	const char *want; /* names of the certificates found, in order */
	struct cm_pemfile counts;
};

/* Parts: A and B certificates with names, C one with a CN alone, T a TRUSTED
 * CERTIFICATE, X an X509 CERTIFICATE, D DER of A; K a private key, E an
 * encrypted one; L a CRL's label; t text, 0 a NUL; b a certificate whose base64
 * is damaged, o one that does not end, p one with a password, w one with
 * blanks and a carriage return at the end of each line */
static const struct row rows[] = {
		{"nothing", "", "", {0, 0, 0, 0}},
		{"one", "A", "a.example", {1, 0, 0, 0}},
		{"a chain, in its order", "BAC", "b.example a.example CN=ca",
				{3, 0, 0, 0}},
		{"the same one twice is found twice", "AA", "a.example a.example",
				{2, 0, 0, 0}},
		{"text around it, as `openssl x509 -text` writes", "tAtBt",
				"a.example b.example", {2, 0, 0, 0}},
		{"a key before and behind: stepped over", "KAK", "a.example",
				{1, 0, 0, 2}},
		{"an encrypted key: nobody is asked for its password", "EA",
				"a.example", {1, 0, 0, 1}},
		{"a key alone", "K", "", {0, 0, 0, 1}},
		{"text alone", "t", "", {0, 0, 0, 0}},
		{"a NUL in the text", "0A", "a.example", {1, 0, 0, 0}},
		{"RFC 7468 s5.1: X509 CERTIFICATE is one, too", "X", "a.example",
				{1, 0, 0, 0}},
		{"OpenSSL's TRUSTED CERTIFICATE, which the tls module reads", "T",
				"a.example", {1, 0, 0, 0}},
		{"other labels are none of ours", "LAL", "a.example", {1, 0, 0, 0}},
		{"DER", "D", "a.example", {1, 0, 0, 0}},
		{"DER and something behind it: no certificate", "Dt", "", {0, 0, 0, 0}},
		{"damaged: the next one is found", "bA", "a.example", {1, 1, 0, 0}},
		{"without an end", "Ao", "a.example", {1, 1, 0, 0}},
		{"without an end, before another", "oA", "a.example", {1, 1, 0, 0}},
		{"without an end, before a key", "oKA", "a.example", {1, 1, 0, 1}},
		{"lines that end as Windows ends them, and in blanks", "wB",
				"a.example b.example", {2, 0, 0, 0}},
		{"a password: it is broken, and nobody is asked", "pA", "a.example",
				{1, 1, 0, 0}},
};

static X509 *leaf(const char *name)
{
	const struct test_san san[] = {{GEN_DNS, name, 0}, {-1, NULL, 0}};

	return test_cert(san, NULL);
}

static void put_cert(BIO *to, char part)
{
	static const char *const ca[] = {"ca", NULL};
	X509 *cert = part == 'C' ? test_cert(NULL, ca)
							 : leaf(part == 'B' ? "b.example" : "a.example");
	char *text = NULL, *line;
	BIO *bio = BIO_new(BIO_s_mem());
	long len;

	if(part == 'T')
		PEM_write_bio_X509_AUX(bio, cert);
	else
		PEM_write_bio_X509(bio, cert);
	BIO_write(bio, "", 1);
	len = BIO_get_mem_data(bio, &text);
	line = strchr(text, '\n') + 1;
	switch(part) {
		case 'D':
			i2d_X509_bio(to, cert);
			break;
		case 'X':
			BIO_printf(to,
					"-----BEGIN X509 CERTIFICATE-----\n%.*s"
					"-----END X509 CERTIFICATE-----\n",
					(int)(strstr(text, "-----END") - line), line);
			break;
		case 'b':
			line[10] = '*';
			BIO_puts(to, text);
			break;
		case 'o':
			BIO_printf(
					to, "%.*s", (int)(strstr(text, "-----END") - text), text);
			break;
		case 'w':
			for(line = text; *line; line += strcspn(line, "\n") + 1)
				BIO_printf(to, "%.*s \t\r\n", (int)strcspn(line, "\n"), line);
			break;
		case 'p':
			BIO_printf(to,
					"-----BEGIN CERTIFICATE-----\nProc-Type: "
					"4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,"
					"0123456789ABCDEF\n\n%s",
					line);
			break;
		default:
			BIO_write(to, text, (int)len - 1);
	}
	BIO_free(bio);
	X509_free(cert);
}

static void put(BIO *to, char part)
{
	switch(part) {
		case 'K':
			PEM_write_bio_PrivateKey(to, test_key(), NULL, NULL, 0, NULL, NULL);
			break;
		case 'E':
			PEM_write_bio_PrivateKey(to, test_key(), EVP_aes_128_cbc(),
					(const unsigned char *)"secret", 6, NULL, NULL);
			break;
		case 'L':
			BIO_puts(to, "-----BEGIN X509 CRL-----\nMAAw\n"
						 "-----END X509 CRL-----\n");
			break;
		case 't':
			BIO_puts(to, "subject=CN = a.example\r\n ---- BEGIN ----\n\n");
			break;
		case '0':
			BIO_write(to, "\0\n", 2);
			break;
		default:
			put_cert(to, part);
	}
}

struct seen {
	char text[1024];
	size_t used;
};

static void see(void *arg, struct cm_date *date)
{
	static const uint8_t none[CM_FINGERPRINT_LEN];
	struct seen *seen = arg;

	assert_int_equal(date->owner, CM_OWNER_OWN);
	/* 20270101000000Z, as test_cm_cert.h makes them */
	assert_int_equal(date->not_after, 1798761600);
	assert_memory_not_equal(date->fingerprint, none, sizeof(none));
	assert_string_equal(date->place, "");
	if(seen->used < sizeof(seen->text))
		seen->used += (size_t)snprintf(seen->text + seen->used,
				sizeof(seen->text) - seen->used, "%s%s", seen->used ? " " : "",
				date->names);
}

/* The one of cm_pemfile_first() is the first of all, or none if that cannot be
 * read. */
static void look_at_first(const struct row *r, const uint8_t *bytes, size_t len)
{
	const char *first = strpbrk(r->parts, "ABCDTXwbop");
	size_t want = first && strchr("bop", *first) ? 0 : strcspn(r->want, " ");
	X509 *cert = cm_pemfile_first(bytes, len);
	struct cm_pemfile got;
	struct seen seen = {0};
	uint8_t *der = NULL;
	int n = cert ? i2d_X509(cert, &der) : 0;

	if(n > 0)
		cm_pemfile_read(der, (size_t)n, &got, see, &seen);
	OPENSSL_free(der);
	X509_free(cert);
	if(seen.used != want || strncmp(seen.text, r->want, want) != 0)
		fail_msg("%s: want \"%.*s\" first, got \"%s\"", r->says, (int)want,
				r->want, seen.text);
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		BIO *bio = BIO_new(BIO_s_mem());
		struct seen seen = {0};
		struct cm_pemfile got;
		const char *part;
		char *text = NULL;
		uint8_t *bytes;
		long len;

		for(part = r->parts; *part; part++)
			put(bio, *part);
		len = BIO_get_mem_data(bio, &text);
		/* a copy of exactly its length: a byte read beyond is found */
		bytes = malloc((size_t)len + !len);
		if(len > 0)
			memcpy(bytes, text, (size_t)len);
		BIO_free(bio);
		cm_pemfile_read(bytes, (size_t)len, &got, see, &seen);
		look_at_first(r, bytes, (size_t)len);
		free(bytes);
		if(strcmp(seen.text, r->want) != 0
				|| memcmp(&got, &r->counts, sizeof(got)) != 0)
			fail_msg("%s: want \"%s\" %u %u %u %u, got \"%s\" %u %u %u %u",
					r->says, r->want, r->counts.certs, r->counts.broken,
					r->counts.further, r->counts.keys, seen.text, got.certs,
					got.broken, got.further, got.keys);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

/* One byte less, at every length: an answer, and nothing read beyond. */
static void test_cut_anywhere(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct cm_pemfile got;
	struct seen seen = {0};
	char *text = NULL;
	long len, cut;

	(void)state;
	put(bio, 'A');
	len = BIO_get_mem_data(bio, &text);
	for(cut = 0; cut < len; cut++) {
		uint8_t *bytes = malloc((size_t)cut + !cut);

		memcpy(bytes, text, (size_t)cut);
		cm_pemfile_read(bytes, (size_t)cut, &got, see, &seen);
		free(bytes);
		/* without its last newline it is whole */
		assert_int_equal(got.certs, cut == len - 1);
	}
	BIO_free(bio);
}

/* More than are looked at. */
static void test_bound(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem()), *one = BIO_new(BIO_s_mem());
	struct cm_pemfile got;
	struct seen seen = {0};
	char *text = NULL;
	long len;
	int i;

	(void)state;
	put(one, 'A');
	len = BIO_get_mem_data(one, &text);
	for(i = 0; i < CM_PEMFILE_CERTS + 7; i++)
		BIO_write(bio, text, (int)len);
	len = BIO_get_mem_data(bio, &text);
	cm_pemfile_read((uint8_t *)text, (size_t)len, &got, see, &seen);
	assert_int_equal(got.certs, CM_PEMFILE_CERTS);
	assert_int_equal(got.further, 7);
	BIO_free(bio);
	BIO_free(one);
}

/* What stands in for a name is printable, and bounded. */
static void test_subject(void **state)
{
	static const struct {
		const char *cn;
		const char *want;
	} cases[] = {{"ca\n\033[31m\xc3\xbc", "CN=ca\\0A\\1B[31m\\C3\\BC"},
			{"a, b", "CN=a\\, b"}, {NULL, ""}};
	char text[60], cns[10][61];
	const char *const many[] = {cns[0], cns[1], cns[2], cns[3], cns[4], NULL};
	struct seen seen;
	struct cm_pemfile got;
	size_t i, len;
	uint8_t *der;

	(void)state;
	for(i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const cn[] = {cases[i].cn, NULL};

		memset(&seen, 0, sizeof(seen));
		der = test_der(NULL, cn, &len);
		cm_pemfile_read(der, len, &got, see, &seen);
		OPENSSL_free(der);
		assert_string_equal(seen.text, cases[i].want);
	}
	memset(text, 'x', sizeof(text));
	for(i = 0; i < 5; i++)
		snprintf(cns[i], sizeof(cns[i]), "%.*s", (int)sizeof(text), text);
	memset(&seen, 0, sizeof(seen));
	der = test_der(NULL, many, &len);
	cm_pemfile_read(der, len, &got, see, &seen);
	OPENSSL_free(der);
	assert_int_equal(strlen(seen.text), CM_DATE_NAMES - 1);
	assert_string_equal(seen.text + CM_DATE_NAMES - 4, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_cut_anywhere),
			cmocka_unit_test(test_bound),
			cmocka_unit_test(test_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
