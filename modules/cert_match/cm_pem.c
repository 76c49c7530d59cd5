/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificate is in this file? The first one. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cm_pem.h"

#define CM_FILE_MAX (1024 * 1024)

/* A regular file, and nothing that could keep us waiting (a FIFO, a terminal).
 */
static int cm_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if(fd < 0)
		return -1;
	if(fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* A whole file of at most CM_FILE_MAX octets; a longer one does not end. */
static uint8_t *cm_read(const char *path, size_t *len)
{
	uint8_t *buf = NULL;
	int fd = cm_open(path), why;
	ssize_t n = -1;

	if(fd < 0)
		return NULL;
	buf = OPENSSL_malloc(CM_FILE_MAX);
	*len = 0;
	errno = ENOMEM;
	while(buf && *len < CM_FILE_MAX
			&& (n = read(fd, buf + *len, CM_FILE_MAX - *len)) > 0)
		*len += (size_t)n;
	why = errno;
	close(fd);
	if(buf && n < 0) {
		OPENSSL_free(buf);
		buf = NULL;
	}
	errno = why;
	return buf;
}

static X509 *cm_parse(const uint8_t *buf, size_t len)
{
	const unsigned char *p = buf;
	BIO *bio = BIO_new_mem_buf(buf, (int)len);
	X509 *cert = NULL;

	/* an empty password, or OpenSSL asks whoever sits at the terminal for one
	 * when the block says that it is encrypted */
	if(bio)
		cert = PEM_read_bio_X509(bio, NULL, NULL, "");
	BIO_free(bio);
	if(!cert)
		cert = d2i_X509(NULL, &p, (long)len);
	return cert;
}

int cm_pem_load(const char *path, uint8_t **der, size_t *len)
{
	size_t size = 0;
	uint8_t *buf = cm_read(path, &size);
	X509 *cert;
	int n;

	if(!buf)
		return -1;
	ERR_set_mark();
	cert = cm_parse(buf, size);
	OPENSSL_free(buf);
	*der = NULL;
	n = cert ? i2d_X509(cert, der) : -1;
	X509_free(cert);
	ERR_pop_to_mark();
	if(n <= 0)
		return -2;
	*len = (size_t)n;
	return 0;
}
