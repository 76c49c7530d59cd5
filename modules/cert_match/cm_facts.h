/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What did a finished handshake tell about the peer?
 *
 * Two steps, because the first needs the SSL's lock and the second is slow.
 */
#ifndef CM_FACTS_H
#define CM_FACTS_H

#include <openssl/ssl.h>

#include "cm_store.h"

/* What is read from the SSL while its lock is held. */
struct cm_snapshot {
	const char *version; /* constants of libssl */
	const char *cipher;
	X509 *cert; /* a reference of ours, or NULL */
	X509 *own;  /* the same of the certificate that we have for the peer */
	long verify;
	int first_fault; /* of the chain, as the trace saw it; X509_V_... */
	int resumed;
	int accepted;
	enum cm_opening opening;
	size_t sni_len;
	char sni[CM_SNI_MAX];
};

/* Look. The caller ends it with cm_facts_looked(). trace may be NULL. */
void cm_facts_look(
		SSL *ssl, const struct cm_trace *trace, struct cm_snapshot *s);
void cm_facts_looked(struct cm_snapshot *s);

/* Make the facts: a shm block that the caller owns, or NULL. *set is filled
 * too. */
struct cm_facts *cm_facts_make(const struct cm_snapshot *s,
		const struct cm_ident_opts *opts, struct cm_ident_set *set);

#endif
