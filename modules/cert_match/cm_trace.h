/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens in this handshake, and may it go on?
 *
 * Callbacks on one SSL, from before its first byte until its handshake is done:
 * they note the facts (cm_shake.h), and they refuse a peer that is not who was
 * meant, inside the handshake (RFC 5922 s7.3), so that not one byte of SIP goes
 * to it. Pure: knows OpenSSL, but nothing of Kamailio.
 *
 * A trace belongs to whoever armed it, and must stay where it is until
 * cm_trace_disarm() or SSL_free(). The SSL may go on in another process, if the
 * trace is in memory that both share. Not for use by two at once: whoever works
 * on the SSL (under its lock) works on the trace.
 */
#ifndef CM_TRACE_H
#define CM_TRACE_H

#include "cm_ident.h"
#include "cm_match.h"
#include "cm_shake.h"

struct ssl_st;

/* Whom a connection that we open is meant for. */
enum cm_expect {
	CM_EXPECT_NOTHING = 0, /* the tls profile decides, as stock does */
	CM_EXPECT_DOMAIN,      /* RFC 5922 s7.3 */
	CM_EXPECT_ADDRESS      /* an iPAddress entry must be the peer's address */
};

struct cm_trace_opts {
	struct cm_ident_opts ident;
	struct cm_match_opts match;
};

struct cm_trace {
	struct cm_shake shake;
	const struct cm_trace_opts *opts; /* lives longer than the trace */
	enum cm_expect expect;
	const char *domain; /* canonical, terminated; lives as long as the trace */
	unsigned char ip[16];
	size_t ip_len;   /* 4 or 16 */
	int chain_error; /* the first fault of the chain, forgiven by the profile
						or not */
	int tcp_up;      /* a byte, an end or a reset came from the peer */
	int refused;     /* we ended a finished handshake: the name is wrong */
};

/* Once, before any SSL is armed. 0 or -1. */
int cm_trace_init(void);

/* Begin. The caller has filled opts and what is expected; all else is 0 but
 * shake.outgoing. ssl has not read a byte yet. 0, or -1: no memory; ssl must not
 * be used then. */
int cm_trace_arm(struct ssl_st *ssl, struct cm_trace *trace);

/* End: ssl forgets the trace and goes on without us. NULL-safe for ssl. */
void cm_trace_disarm(struct ssl_st *ssl);

/* RFC 5280 s4.1.2.5: OpenSSL's verdict (X509_V_...) on a session, now. What was
 * verified when a resumed session began may have expired since. not_after, now:
 * seconds since 1970. */
long cm_trace_verdict(long verify, int resumed, int64_t not_after, int64_t now);

#endif
