/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did a finished handshake tell about the peer? */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/mem/shm_mem.h"

#include "cm_facts.h"

void cm_facts_look(
		SSL *ssl, const struct cm_trace *trace, struct cm_snapshot *s)
{
	const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	memset(s, 0, sizeof(*s));
	s->version = SSL_get_version(ssl);
	s->cipher = SSL_get_cipher_name(ssl);
	s->cert = SSL_get1_peer_certificate(ssl);
	s->verify = SSL_get_verify_result(ssl);
	s->resumed = SSL_session_reused(ssl);
	s->first_fault = (int)s->verify;
	if(trace) {
		s->opening = trace->shake.hello.opening;
		s->first_fault = trace->chain_error;
	}
	if(sni) {
		s->sni_len = strnlen(sni, CM_SNI_MAX);
		memcpy(s->sni, sni, s->sni_len);
	}
}

struct cm_facts *cm_facts_make(const struct cm_snapshot *s,
		const struct cm_ident_opts *opts, struct cm_ident_set *set)
{
	struct cm_facts *f;
	long verify = X509_V_OK;

	memset(set, 0, offsetof(struct cm_ident_set, packed));
	set->reason = CM_NO_CERTIFICATE;
	if(s->cert) {
		/* RFC 5922 s7.4-2: of a client as of a server */
		cm_ident_from_x509(s->cert, opts, set, NULL, NULL);
		/* (CAs and CRLs change with tls.reload, which knows no old sessions) */
		verify = cm_trace_verdict(
				s->verify, s->resumed, set->not_after, (int64_t)time(NULL));
	}
	f = shm_malloc(sizeof(*f) + s->sni_len + set->packed_len);
	if(!f) {
		SHM_MEM_ERROR;
		return NULL;
	}
	memset(f, 0, sizeof(*f));
	snprintf(f->version, sizeof(f->version), "%s", s->version);
	snprintf(f->cipher, sizeof(f->cipher), "%s", s->cipher);
	f->has_cert = s->cert != NULL;
	f->verified = s->cert != NULL && verify == X509_V_OK;
	f->verify_error = (int)verify;
	f->ident_reason = set->reason;
	f->purpose = set->purpose;
	f->opening = s->opening;
	f->resumed = s->resumed;
	f->source = set->source;
	f->count = set->count;
	f->not_after = set->not_after;
	memcpy(f->fingerprint, set->fingerprint, sizeof(f->fingerprint));
	f->sni_len = (unsigned short)s->sni_len;
	f->packed_len = (unsigned short)set->packed_len;
	memcpy(f->data, s->sni, s->sni_len);
	memcpy(f->data + s->sni_len, set->packed, set->packed_len);
	return f;
}
