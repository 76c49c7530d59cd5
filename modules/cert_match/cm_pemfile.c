/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates are in these bytes of a file? */

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cm_join.h"
#include "cm_pemfile.h"

static const char cm_begin[] = "-----BEGIN ";
static const char cm_end[] = "-----END ";
static const char cm_dashes[] = "-----";
#define CM_LEN(text) (sizeof(text) - 1)

struct cm_line {
	const char *text;
	size_t len; /* without the end of the line and blanks before it */
};

struct cm_reading {
	struct cm_pemfile *found;
	cm_pemfile_f each; /* NULL: the first one is wanted, and no other */
	void *arg;
	X509 *first;
};

/* RFC 4514, all that is not printable ASCII escaped; a CA has no name of a
 * domain, and this tells it from others. Nothing compares it: it may be cut. */
static void cm_subject(char *out, size_t size, X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len = 0;
	int room = (int)size - 4;

	if(bio && X509_NAME_print_ex(bio, subject, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_get_mem_data(bio, &text);
	if(len <= room)
		snprintf(out, size, "%.*s", (int)len, text ? text : "");
	else
		snprintf(out, size, "%.*s...", room, text);
	BIO_free(bio);
}

/* Without cm_ident: a certificate whose names it refuses ends, too. */
static int64_t cm_end_of(X509 *cert)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;

	/* what cannot be read has ended: both stay 0 */
	ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(cert));
	ASN1_TIME_free(epoch);
	return (int64_t)days * CM_DAY_SECONDS + seconds;
}

static void cm_tell_cert(struct cm_reading *r, X509 *cert)
{
	const struct cm_ident_opts opts = {0};
	struct cm_ident_set set;
	struct cm_names names;
	struct cm_date date;

	if(!r->each) {
		if(r->found->broken == 0 && X509_up_ref(cert) == 1)
			r->first = cert;
		return;
	}
	if(r->found->certs >= CM_PEMFILE_CERTS) {
		r->found->further++;
		return;
	}
	memset(&date, 0, sizeof(date));
	date.owner = CM_OWNER_OWN;
	date.not_after = cm_end_of(cert);
	if(X509_digest(cert, EVP_sha256(), date.fingerprint, NULL) != 1) {
		r->found->broken++;
		return;
	}
	cm_ident_from_x509(cert, &opts, &set, NULL, NULL);
	names = cm_ident_names(&set);
	if(cm_names_join(date.names, sizeof(date.names), &names) == 0)
		cm_subject(date.names, sizeof(date.names), cert);
	r->found->certs++;
	r->each(r->arg, &date);
}

static int cm_no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1; /* else OpenSSL asks whoever sits at the terminal */
}

/* from the line of its BEGIN to that of its END */
static void cm_block(struct cm_reading *r, const char *text, size_t len)
{
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
	X509 *cert = NULL;

	if(bio)
		cert = PEM_read_bio_X509_AUX(bio, NULL, cm_no_password, NULL);
	if(cert)
		cm_tell_cert(r, cert);
	else
		r->found->broken++;
	X509_free(cert);
	BIO_free(bio);
}

/* The line at *offset, which steps behind it; 0 at the end. */
static int cm_next_line(
		const char *text, size_t len, size_t *offset, struct cm_line *line)
{
	const char *start = text + *offset, *end;

	if(*offset >= len)
		return 0;
	end = memchr(start, '\n', len - *offset);
	line->text = start;
	line->len = end ? (size_t)(end - start) : len - *offset;
	*offset += line->len + (end != NULL);
	while(line->len > 0 && strchr(" \t\r", start[line->len - 1]))
		line->len--;
	return 1;
}

/* RFC 7468 s3: the label between "-----BEGIN " and "-----". */
static int cm_label(
		const struct cm_line *line, const char *start, struct cm_line *label)
{
	size_t n = strlen(start), around = n + CM_LEN(cm_dashes);

	if(line->len < around || memcmp(line->text, start, n) != 0
			|| memcmp(line->text + line->len - CM_LEN(cm_dashes), cm_dashes,
					   CM_LEN(cm_dashes))
					   != 0)
		return 0;
	label->text = line->text + n;
	label->len = line->len - around;
	return 1;
}

static int cm_label_is(const struct cm_line *label, const char *text)
{
	size_t len = strlen(text);

	return label->len == len && memcmp(label->text, text, len) == 0;
}

/* RFC 7468 s5.1, and what OpenSSL writes and the tls module reads. */
static int cm_label_cert(const struct cm_line *label)
{
	return cm_label_is(label, PEM_STRING_X509)
		   || cm_label_is(label, PEM_STRING_X509_OLD)
		   || cm_label_is(label, PEM_STRING_X509_TRUSTED);
}

static int cm_label_key(const struct cm_line *label)
{
	static const char key[] = "PRIVATE KEY";

	return label->len >= CM_LEN(key)
		   && memcmp(label->text + label->len - CM_LEN(key), key, CM_LEN(key))
					  == 0;
}

/* How many lines of PEM were there? */
static unsigned cm_read_pem(struct cm_reading *r, const char *text, size_t len)
{
	const char *start = NULL; /* of the certificate that is open */
	struct cm_line line, label;
	unsigned marks = 0;
	size_t offset = 0;

	while(!r->first && cm_next_line(text, len, &offset, &line)) {
		if(cm_label(&line, cm_begin, &label)) {
			marks++;
			r->found->broken += start != NULL;
			r->found->keys += cm_label_key(&label) != 0;
			start = cm_label_cert(&label) ? line.text : NULL;
		} else if(cm_label(&line, cm_end, &label) && start) {
			cm_block(r, start, (size_t)(text + offset - start));
			start = NULL;
		}
	}
	r->found->broken += start != NULL;
	return marks;
}

static void cm_read(struct cm_reading *r, const uint8_t *bytes, size_t len)
{
	const unsigned char *p = bytes;
	X509 *cert = NULL;

	memset(r->found, 0, sizeof(*r->found));
	if(len == 0 || len > LONG_MAX)
		return;
	ERR_set_mark();
	if(cm_read_pem(r, (const char *)bytes, len) == 0)
		cert = d2i_X509(NULL, &p, (long)len);
	if(cert && p == bytes + len)
		cm_tell_cert(r, cert);
	X509_free(cert);
	ERR_pop_to_mark();
}

void cm_pemfile_read(const uint8_t *bytes, size_t len, struct cm_pemfile *found,
		cm_pemfile_f each, void *arg)
{
	struct cm_reading r = {found, each, arg, NULL};

	cm_read(&r, bytes, len);
}

X509 *cm_pemfile_first(const uint8_t *bytes, size_t len)
{
	struct cm_pemfile found;
	struct cm_reading r = {&found, NULL, NULL, NULL};

	cm_read(&r, bytes, len);
	return r.first;
}
