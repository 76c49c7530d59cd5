/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of one probe? */
#ifndef SIPCERT_PROBE_H
#define SIPCERT_PROBE_H

#include <openssl/ssl.h>

#include "../modules/cert_match/cm_ring.h"
#include "../modules/cert_match/cm_trace.h"

#include "sipcert.h"

struct probe {
	const struct options *o;
	struct cm_trace_opts opts;
	struct cm_trace trace;
	struct cm_address peer;
	char domain[CM_NAME_MAX + 1];
	int64_t deadline; /* of now_ms() */
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	STACK_OF(X509) * sent;  /* the certificates of the peer */
	STACK_OF(X509) * chain; /* the one that was built of them and our CAs */
	int asked;              /* the peer asked for a certificate of ours */
	int accepted; /* TLS 1.3: it went on after it had seen our answer */
};

/* Print what was agreed on, the certificates and what they say. */
void tell_handshake(const struct probe *p);

/* Print why it failed, and what to do. */
void tell_failure(const struct probe *p);

#endif
