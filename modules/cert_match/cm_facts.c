/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did a finished handshake tell about the peer? */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/mem/shm_mem.h"

#include "cm_facts.h"

/* Our certificate, if the peer has seen it: a server may not ask its clients
 * for one. Only who has shown it has signed for it. */
static X509 *cm_shown(SSL *ssl)
{
	int nid;

	return SSL_is_server(ssl) || SSL_get_signature_nid(ssl, &nid) == 1
				   ? SSL_get_certificate(ssl)
				   : NULL;
}

void cm_facts_look(
		SSL *ssl, const struct cm_trace *trace, struct cm_snapshot *s)
{
	const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	memset(s, 0, sizeof(*s));
	s->version = SSL_get_version(ssl);
	s->cipher = SSL_get_cipher_name(ssl);
	s->cert = SSL_get1_peer_certificate(ssl);
	s->own = cm_shown(ssl);
	if(s->own)
		X509_up_ref(s->own);
	s->accepted = SSL_is_server(ssl);
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

void cm_facts_looked(struct cm_snapshot *s)
{
	X509_free(s->cert);
	X509_free(s->own);
}

/* RFC 5923 s9.3: of the domains that our certificate is for, the peer of an
 * accepted connection meant the one that he asked for. Leaves that in own, or
 * all of them. */
static void cm_facts_own_names(
		const struct cm_snapshot *s, struct cm_ident_set *own)
{
	static const struct cm_ident_opts opts = {0, CM_EKU_ANY, 0};
	static const struct cm_match_opts exact = {0};
	struct cm_names names;
	struct cm_name asked;

	own->packed_len = 0;
	if(!s->own)
		return;
	cm_ident_from_x509(s->own, &opts, own, NULL, NULL);
	names = cm_ident_names(own);
	if(!s->accepted || cm_name_parse(s->sni, s->sni_len, 0, &asked) != CM_OK
			|| cm_match(&names, &asked, &exact) != CM_OK)
		return;
	own->packed[0] = (uint8_t)asked.len;
	memcpy(own->packed + 1, asked.text, asked.len);
	own->packed_len = 1 + asked.len;
}

struct cm_facts *cm_facts_make(const struct cm_snapshot *s,
		const struct cm_ident_opts *opts, struct cm_ident_set *set)
{
	struct cm_ident_set own;
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
	cm_facts_own_names(s, &own);
	f = shm_malloc(sizeof(*f) + s->sni_len + set->packed_len + own.packed_len);
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
	f->own_len = (unsigned short)own.packed_len;
	memcpy(f->data + s->sni_len, set->packed, set->packed_len);
	memcpy(f->data + s->sni_len + set->packed_len, own.packed, own.packed_len);
	return f;
}
