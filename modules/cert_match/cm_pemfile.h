/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which certificates are in these bytes of a file?
 *
 * All of them, as a chain has several, in the file's order. Works on pointer
 * and length; allocates through libcrypto and frees all of it. Private keys are
 * stepped over: what stands in them is not even decoded.
 */
#ifndef CM_PEMFILE_H
#define CM_PEMFILE_H

#include <stddef.h>
#include <stdint.h>

#include "cm_dates.h"

#define CM_PEMFILE_CERTS 256 /* of one file; further ones are only counted */

struct cm_pemfile {
	unsigned certs;   /* those that each() was called for */
	unsigned broken;  /* certificates that cannot be read, or have no end */
	unsigned further; /* beyond CM_PEMFILE_CERTS */
	unsigned keys;    /* private keys */
};

/* An own certificate: fingerprint, not_after and names are set; place and
 * last_seen are left to the caller. date is valid during the call only. */
typedef void (*cm_pemfile_f)(void *arg, struct cm_date *date);

/* Read PEM (whatever else stands between the certificates) or one certificate
 * in DER and nothing behind it. Total: every input gives an answer. */
void cm_pemfile_read(const uint8_t *bytes, size_t len, struct cm_pemfile *found,
		cm_pemfile_f each, void *arg);

struct x509_st;

/* The first certificate alone: the caller's, or NULL if there is none, or it
 * cannot be read. */
struct x509_st *cm_pemfile_first(const uint8_t *bytes, size_t len);

#endif
