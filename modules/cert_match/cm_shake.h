/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of one handshake that did not finish?
 *
 * Facts only, as they were seen on the wire and told by OpenSSL; cm_cause says
 * what they mean. A plain struct without pointers, to be copied.
 */
#ifndef CM_SHAKE_H
#define CM_SHAKE_H

#include <stdint.h>

#include "cm_hello.h"
#include "cm_verdict.h"

/* How far it came. */
enum cm_stage {
	CM_STAGE_TCP = 0,     /* we connect; TCP did not come up */
	CM_STAGE_HELLO,       /* TCP is up; the peer's hello is awaited or read */
	CM_STAGE_CERTIFICATE, /* parameters agreed; certificates go over */
	CM_STAGE_FINISH,      /* certificates are judged; keys are confirmed */
	CM_STAGE_CONFIRM      /* TLS 1.3: done for us, the peer may still refuse */
};

/* How it ended, on the side of the socket. */
enum cm_end {
	CM_END_SILENCE = 0, /* nobody closed it: it waited until its time was up */
	CM_END_EOF,         /* the peer closed in good order */
	CM_END_RESET,       /* the peer reset it */
	CM_END_REFUSED,     /* we ended it: TLS failed on our side */
	CM_END_NO_TCP       /* the TCP connection never came up */
};

#define CM_NO_ALERT (-1)
#define CM_SHAKE_NAMES 256

struct cm_shake {
	int outgoing;   /* 1: we opened the connection */
	int unexpected; /* 1: no domain was expected, and default_expect=refuse:
					   we did not even begin */
	enum cm_stage stage;
	enum cm_end end;
	struct cm_hello hello; /* outgoing: only opening, of the peer's bytes */
	int alert_in;          /* RFC 8446 s6 description, or CM_NO_ALERT */
	int alert_out;
	int ssl_reason;   /* OpenSSL's ERR_GET_REASON() of its refusal, or 0 */
	int verify_error; /* X509_V_ERR_... of the peer's chain, or X509_V_OK */
	int verify_depth; /* at which certificate; 0 is the peer's own */
	enum cm_reason name_reason; /* why the expected domain did not match; CM_OK
								   if it did, CM_REFUSED if nothing judged */
	int client_cert_asked;      /* 1: we asked an accepted peer for one */
	int has_cert;               /* 1: the peer showed a certificate */
	int own_cert;               /* 1: we had one to show */
	uint16_t version;           /* agreed on, 0 if it did not come to that */
	/* the names of the peer's certificate, comma list, terminated; what does
	 * not fit is left out and "..." ends the list */
	char names[CM_SHAKE_NAMES];
};

#endif
