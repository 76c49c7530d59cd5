/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does any file make cm_pemfile read out of bounds, or tell of a certificate
 * that it has not read? */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "../../modules/cert_match/cm_pemfile.h"

static void look(void *arg, struct cm_date *date)
{
	static const uint8_t none[CM_FINGERPRINT_LEN];
	unsigned *count = arg;
	const char *c;

	/* terminated, and fit for a log */
	if(!memchr(date->names, '\0', sizeof(date->names))
			|| memcmp(date->fingerprint, none, sizeof(none)) == 0
			|| date->owner != CM_OWNER_OWN)
		abort();
	for(c = date->names; *c; c++)
		if(*c < ' ' || *c > '~')
			abort();
	(*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_pemfile found;
	unsigned count = 0;
	X509 *first;

	cm_pemfile_read(data, size, &found, look, &count);
	if(count != found.certs || ERR_peek_error() != 0)
		abort();
	first = cm_pemfile_first(data, size);
	/* the same reading */
	if((first && found.certs == 0)
			|| (found.certs > 0 && found.broken == 0 && !first)
			|| ERR_peek_error() != 0)
		abort();
	X509_free(first);
	return 0;
}
