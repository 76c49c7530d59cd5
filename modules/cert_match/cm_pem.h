/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificate is in this file? */
#ifndef CM_PEM_H
#define CM_PEM_H

#include <stddef.h>
#include <stdint.h>

/* Read the first certificate of a PEM file (or a file of DER) of at most 1 MB.
 * 0: *der is the caller's, to be freed with OPENSSL_free(). -1: it cannot be
 * read, *why says why, good until the next failure. -2: no certificate in it.
 * Nothing else of the file, which may hold its key, is left in memory. */
int cm_pem_load(const char *path, uint8_t **der, size_t *len, const char **why);

#endif
