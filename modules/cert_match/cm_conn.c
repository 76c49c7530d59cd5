/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens on a TLS connection? We stand in front of the tls module's
 * functions, always call them, and note what came of it. */

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "../../core/dprint.h"
#include "../../core/globals.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/sr_module.h"
#include "../../core/tcp_conn.h"
#include "../../core/timer.h"
#include "../../core/tls_hooks.h"
#include "../tls/tls_server.h"

#include "cm_conn.h"
#include "cm_events.h"
#include "cm_next.h"
#include "cm_stats.h"
#include "cm_store.h"

#define CM_SNI_MAX 255
#define CM_FULL_LOG_SECONDS 60

struct cm_conn {
	struct tls_hooks inner;
	struct cm_ident_opts opts;
	ticks_t full_logged; /* of this process */
};

static struct cm_conn cm_conn;

/* What is read from the SSL while its lock is held. */
struct cm_snapshot {
	const char *version; /* constants of libssl */
	const char *cipher;
	size_t sni_len;
	char sni[CM_SNI_MAX];
	X509 *cert; /* a reference of ours, or NULL */
	long verify;
};

/* RFC 5280 s6 is OpenSSL's part; tls's verify depth and CAs are in it. */
static int cm_snapshot(struct tls_extra_data *tls, struct cm_snapshot *s)
{
	const char *sni;

	if(!tls->ssl || tls->state != S_TLS_ESTABLISHED)
		return -1;
	memset(s, 0, sizeof(*s));
	s->version = SSL_get_version(tls->ssl);
	s->cipher = SSL_get_cipher_name(tls->ssl);
	s->cert = SSL_get_peer_certificate(tls->ssl);
	s->verify = SSL_get_verify_result(tls->ssl);
	sni = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);
	if(sni) {
		s->sni_len = strnlen(sni, CM_SNI_MAX);
		memcpy(s->sni, sni, s->sni_len);
	}
	return 0;
}

static struct cm_facts *cm_make_facts(
		const struct cm_snapshot *s, const struct cm_ident_set *set)
{
	struct cm_facts *f;

	f = shm_malloc(sizeof(*f) + s->sni_len + set->packed_len);
	if(!f) {
		SHM_MEM_ERROR;
		return NULL;
	}
	memset(f, 0, sizeof(*f));
	snprintf(f->version, sizeof(f->version), "%s", s->version);
	snprintf(f->cipher, sizeof(f->cipher), "%s", s->cipher);
	f->has_cert = s->cert != NULL;
	f->verified = s->cert != NULL && s->verify == X509_V_OK;
	f->verify_error = s->cert ? (int)s->verify : X509_V_OK;
	f->ident_reason = set->reason;
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

static void cm_established(struct cm_rec *rec, const struct cm_snapshot *s)
{
	struct cm_ident_set set;
	struct cm_conn_info info;
	struct cm_facts *f;

	memset(&set, 0, offsetof(struct cm_ident_set, packed));
	set.reason = CM_NO_CERTIFICATE;
	if(s->cert)
		cm_ident_from_x509(s->cert, &cm_conn.opts, &set, NULL, NULL);
	f = cm_make_facts(s, &set);
	if(!f || !cm_store_establish(rec, f))
		return;
	info = rec->info;
	cm_stats_inc(info.dir == CM_DIR_IN ? CM_STAT_ESTABLISHED_IN
									   : CM_STAT_ESTABLISHED_OUT);
	if(s->cert)
		cm_stats_inc(CM_STAT_PEER_CERTS);
	if(s->cert && s->verify != X509_V_OK)
		cm_stats_inc(CM_STAT_PEER_UNVERIFIED);
	cm_events_established(&info);
}

/* Called after each read and encode until the handshake is done. locked: the
 * caller of encode holds c->write_lock, without which the SSL may change. */
static void cm_progress(
		struct tcp_connection *c, struct cm_rec *rec, int locked)
{
	struct tls_extra_data *tls = c->extra_data;
	struct cm_snapshot s;
	int done;

	/* a connection that we open has its local address only by now */
	if(rec->info.state == CM_STATE_OPENED || rec->info.local_port == 0)
		cm_store_local(
				rec, &c->rcv.dst_ip, c->rcv.dst_port, c->rcv.bind_address);
	cm_store_state(rec, CM_STATE_HANDSHAKING);
	if(!tls || tls->state != S_TLS_ESTABLISHED)
		return;
	if(!locked)
		lock_get(&c->write_lock);
	done = cm_snapshot(tls, &s) == 0;
	if(!locked)
		lock_release(&c->write_lock);
	if(!done)
		return;
	cm_established(rec, &s);
	X509_free(s.cert);
}

static int cm_on_read(struct tcp_connection *c, rd_conn_flags_t *flags)
{
	int n = cm_conn.inner.read(c, flags);
	struct cm_rec *rec = cm_store_find(c->id);

	if(unlikely(!rec))
		return n;
	if(likely(n > 0))
		rec->traffic.bytes_in += (unsigned)n;
	if(unlikely(!rec->facts))
		cm_progress(c, rec, 0);
	if(unlikely(n < 0 || (*flags & RD_CONN_EOF)))
		cm_store_state(rec, CM_STATE_CLOSING);
	return n;
}

/* RFC 5626 s3.5.1: CRLF and double CRLF are keep-alives, not messages. */
static int cm_is_keepalive(const char *buf, unsigned len)
{
	return (len == 2 && memcmp(buf, "\r\n", 2) == 0)
		   || (len == 4 && memcmp(buf, "\r\n\r\n", 4) == 0);
}

static int cm_on_encode(struct tcp_connection *c, const char **pbuf,
		unsigned int *plen, const char **rest_buf, unsigned int *rest_len,
		snd_flags_t *send_flags)
{
	const char *buf = *pbuf;
	unsigned int len = *plen;
	struct cm_rec *rec;
	int n;

	n = cm_conn.inner.encode(c, pbuf, plen, rest_buf, rest_len, send_flags);
	cm_next_forget();
	rec = cm_store_find(c->id);
	if(unlikely(!rec))
		return n;
	if(likely(n >= 0)) {
		rec->traffic.bytes_out += len - *rest_len;
		if(!rec->traffic.out_rest && !cm_is_keepalive(buf, len))
			rec->traffic.messages_out++;
		rec->traffic.out_rest = *rest_len != 0;
	}
	if(unlikely(!rec->facts))
		cm_progress(c, rec, 1);
	if(unlikely(n < 0))
		cm_store_state(rec, CM_STATE_CLOSING);
	return n;
}

static void cm_tell_full(int why)
{
	ticks_t now = get_ticks();

	cm_stats_inc(CM_STAT_UNRECORDED);
	if(cm_conn.full_logged && now - cm_conn.full_logged < CM_FULL_LOG_SECONDS)
		return;
	cm_conn.full_logged = now ? now : 1;
	if(why > 0)
		LM_WARN("%u TLS connections are recorded, no more are allowed: "
				"further ones work, but cert_match() is false for them; "
				"raise modparam max_connections\n",
				cm_store_max());
	else
		LM_ERR("no shared memory to record a TLS connection: cert_match() "
			   "is false for it; start kamailio with more (-m)\n");
}

static int cm_on_init(struct tcp_connection *c, int sock)
{
	struct cm_conn_info info;
	const struct cm_name *expect = NULL;
	int ret;

	ret = cm_conn.inner.on_tcpconn_init(c, sock);
	if(ret < 0)
		return ret;
	memset(&info, 0, sizeof(info));
	info.id = c->id;
	/* F_CONN_PASSIVE is set only after this call */
	info.dir = c->state == S_CONN_ACCEPT ? CM_DIR_IN : CM_DIR_OUT;
	info.peer_ip = c->rcv.src_ip;
	info.peer_port = c->rcv.src_port;
	info.local_ip = c->rcv.dst_ip;
	info.local_port = c->rcv.dst_port;
	info.sock = c->rcv.bind_address;
	if(info.dir == CM_DIR_OUT)
		expect = cm_next_get(&info.peer_ip, info.peer_port);
	cm_stats_inc(
			info.dir == CM_DIR_IN ? CM_STAT_OPENED_IN : CM_STAT_OPENED_OUT);
	ret = cm_store_open(&info, expect);
	if(ret == 0)
		cm_events_opened(&info);
	else
		cm_tell_full(ret);
	return 0;
}

static void cm_on_clean(struct tcp_connection *c)
{
	struct cm_conn_info info;
	int handshaken;

	if(cm_store_close(c->id, &info, &handshaken) == 0) {
		cm_stats_inc(CM_STAT_CLOSED);
		if(!handshaken)
			cm_stats_inc(CM_STAT_UNFINISHED);
		cm_events_closed(&info);
	}
	cm_conn.inner.tcpconn_clean(c);
}

int cm_conn_tls_there(void)
{
	if(module_loaded("tls_wolfssl")) {
		LM_ERR("cert_match works with the tls module, which uses OpenSSL: "
			   "replace loadmodule \"tls_wolfssl.so\" by "
			   "loadmodule \"tls.so\"\n");
		return -1;
	}
	if(!tls_hook.encode || !tls_hook.read || !tls_hook.on_tcpconn_init
			|| !tls_hook.tcpconn_clean) {
		LM_ERR("the tls module is not there: write enable_tls=yes, then "
			   "loadmodule \"tls.so\" before loadmodule \"cert_match.so\"\n");
		return -1;
	}
	return 0;
}

int cm_conn_hook(const struct cm_ident_opts *opts)
{
	if(cm_conn_tls_there() < 0)
		return -1;
	cm_conn.opts = *opts;
	cm_conn.inner = tls_hook;
	tls_hook.on_tcpconn_init = cm_on_init;
	tls_hook.read = cm_on_read;
	tls_hook.encode = cm_on_encode;
	tls_hook.tcpconn_clean = cm_on_clean;
	return 0;
}

int cm_conn_core_max(void)
{
	return tls_max_connections;
}

int cm_conn_core_cures_fork(void)
{
#ifdef KSR_TLS_THREADS_MNONE
	return ksr_tls_threads_mode != KSR_TLS_THREADS_MNONE;
#else
	return 0;
#endif
}
