/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificate is in this file? The first one. */

#include <openssl/x509.h>

#include "cm_file.h"
#include "cm_pem.h"
#include "cm_pemfile.h"

int cm_pem_load(const char *path, uint8_t **der, size_t *len, const char **why)
{
	struct cm_file file;
	X509 *cert;
	int n;

	if(cm_file_read(path, &file) < 0) {
		*why = file.why;
		return -1;
	}
	cert = cm_pemfile_first(file.bytes, file.len);
	cm_file_wipe(&file);
	*der = NULL;
	n = cert ? i2d_X509(cert, der) : -1;
	X509_free(cert);
	if(n <= 0)
		return -2;
	*len = (size_t)n;
	return 0;
}
