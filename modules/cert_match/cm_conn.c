/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens on a TLS connection? We stand in front of the tls module's
 * functions, always call them, and note what came of it. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "../../core/dprint.h"
#include "../../core/globals.h"
#include "../../core/sr_module.h"
#include "../../core/tcp_conn.h"
#include "../../core/tls_hooks.h"
#include "../tls/tls_server.h"

#include "cm_conn.h"
#include "cm_events.h"
#include "cm_expiry.h"
#include "cm_facts.h"
#include "cm_find.h"
#include "cm_life.h"
#include "cm_meant.h"
#include "cm_next.h"
#include "cm_sni.h"
#include "cm_stats.h"
#include "cm_store.h"
#include "cm_traffic.h"

#define CM_PEEK 64

struct cm_conn {
	struct tls_hooks inner;
	int index; /* of the record in an SSL */
};

static struct cm_conn cm_conn;

/* --- the handshake -------------------------------------------------------- */

static SSL *cm_ssl(const struct tcp_connection *c)
{
	const struct tls_extra_data *tls = c->extra_data;

	return tls ? tls->ssl : NULL;
}

/* The record of a connection that the caller holds. Its SSL knows it, once
 * there is one; the store does from the beginning. */
static struct cm_rec *cm_rec_of(const struct tcp_connection *c)
{
	SSL *ssl = cm_ssl(c);
	struct cm_rec *rec = ssl ? SSL_get_ex_data(ssl, cm_conn.index) : NULL;

	return likely(rec != NULL) ? rec : cm_store_find(c->id);
}

/* 0, or -1: no memory, and nobody would check the peer. The record is found by
 * its id then. */
static int cm_arm(struct tcp_connection *c, struct cm_rec *rec)
{
	if(cm_trace_arm(cm_ssl(c), rec->trace) < 0) {
		LM_ERR("no memory to watch the handshake of connection %d: it ends "
			   "here\n",
				c->id);
		return -1;
	}
	SSL_set_ex_data(cm_ssl(c), cm_conn.index, rec);
	return 0;
}

static void cm_established(
		struct cm_rec *rec, const struct cm_snapshot *s, int fd)
{
	struct cm_ident_set set;
	struct cm_conn_info info;
	struct cm_facts *f;

	f = cm_facts_make(s, &cm_life_opts(rec->info.dir)->ident, &set);
	if(!f || !cm_store_establish(rec, f))
		return;
	info = rec->info;
	info.fd = fd;
	cm_stats_inc(info.dir == CM_DIR_IN ? CM_STAT_ESTABLISHED_IN
									   : CM_STAT_ESTABLISHED_OUT);
	if(s->cert) {
		struct cm_names names = cm_ident_names(&set);

		cm_stats_inc(CM_STAT_PEER_CERTS);
		/* what nobody vouches for anybody can show by the thousand */
		if(info.verified || s->first_fault == X509_V_ERR_CERT_HAS_EXPIRED)
			cm_expiry_seen(&info, set.fingerprint, set.not_after, &names);
	}
	if(s->cert && !info.verified)
		cm_stats_inc(CM_STAT_PEER_UNVERIFIED);
	cm_events_established(&info);
}

/* The trace has served: nothing can go wrong with this handshake any more. A
 * TLS 1.3 server may still refuse our certificate until it sends something. */
static int cm_trace_is_over(const struct cm_rec *rec)
{
	return rec->info.dir == CM_DIR_IN || rec->traffic.bytes_in > 0;
}

static void cm_end_trace(struct tcp_connection *c, struct cm_rec *rec)
{
	cm_trace_disarm(cm_ssl(c));
	cm_store_trace_end(rec);
}

/* Called after each read and encode until the handshake is done and its trace
 * has ended. locked: the caller of encode holds c->write_lock, without which
 * the SSL may change. */
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
	done = !rec->facts && tls->ssl && !(rec->trace && rec->trace->refused);
	if(done)
		cm_facts_look(tls->ssl, rec->trace, &s);
	if(rec->trace && !rec->trace->refused && cm_trace_is_over(rec))
		cm_end_trace(c, rec);
	if(!locked)
		lock_release(&c->write_lock);
	if(!done)
		return;
	/* only the reader has the socket open */
	cm_established(rec, &s, locked ? -1 : c->fd);
	cm_facts_looked(&s);
}

/* What does the peer's side of the socket look like, before TLS takes it? */
static void cm_peek(struct tcp_connection *c, struct cm_trace *trace)
{
	uint8_t bytes[CM_PEEK];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if(n > 0 && trace->shake.hello.opening == CM_OPENING_NOTHING)
		trace->shake.hello.opening = cm_hello_opening(bytes, (size_t)n);
	else if(n == 0)
		trace->shake.end = CM_END_EOF;
	else if(n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	else if(n < 0)
		trace->shake.end = CM_END_RESET;
	trace->tcp_up = 1;
}

/* The SSL of an accepted connection is made by the first read, which would use
 * it at once. A read that may not touch the socket makes it and no more. */
static int cm_arm_accepted(struct tcp_connection *c, struct cm_rec *rec)
{
	rd_conn_flags_t nothing_to_read = RD_CONN_SHORT_READ;
	int n = cm_conn.inner.read(c, &nothing_to_read);

	if(n < 0 || !cm_ssl(c))
		return n;
	lock_get(&c->write_lock);
	n = cm_arm(c, rec);
	lock_release(&c->write_lock);
	return n;
}

static int cm_before_read(struct tcp_connection *c, struct cm_rec *rec)
{
	if(rec->hidden_port) {
		/* the core has its hash entries: the port may be seen again */
		c->rcv.src_port = rec->hidden_port;
		rec->hidden_port = 0;
	}
	if(rec->facts)
		return 0;
	lock_get(&c->write_lock);
	if(rec->trace) /* another process's write may have ended it */
		cm_peek(c, rec->trace);
	lock_release(&c->write_lock);
	return c->extra_data ? 0 : cm_arm_accepted(c, rec);
}

static int cm_on_read(struct tcp_connection *c, rd_conn_flags_t *flags)
{
	struct cm_rec *rec = cm_rec_of(c);
	int n;

	/* A send that never came to TLS is over by now: what it was meant for is
	 * not what this process sends next (a pong, which no module sees). */
	cm_next_forget();
	if(unlikely(!rec))
		return cm_conn.inner.read(c, flags);
	if(unlikely(rec->trace) && cm_before_read(c, rec) < 0)
		return -1;
	n = cm_conn.inner.read(c, flags);
	if(likely(n > 0))
		cm_traffic_in(c, rec, (unsigned)n);
	if(unlikely(rec->trace || !rec->facts))
		cm_progress(c, rec, 0);
	/* RFC 5923 s8.3-3: behind a closure alert nothing is begun there */
	if(unlikely(n < 0 || (*flags & RD_CONN_EOF)))
		cm_store_state(rec, CM_STATE_CLOSING);
	return n;
}

/* --- sending -------------------------------------------------------------- */

static int cm_first_encode(struct tcp_connection *c, struct cm_rec *rec,
		const char **pbuf, unsigned int *plen, const char **rest_buf,
		unsigned int *rest_len, snd_flags_t *send_flags)
{
	int n;

	if(rec->info.dir == CM_DIR_OUT && rec->expected
			&& cm_sni_begin(rec->expected, rec->on_behalf) < 0)
		return -1;
	n = cm_conn.inner.encode(c, pbuf, plen, rest_buf, rest_len, send_flags);
	cm_sni_end();
	return cm_ssl(c) && cm_arm(c, rec) < 0 ? -1 : n;
}

static int cm_on_encode(struct tcp_connection *c, const char **pbuf,
		unsigned int *plen, const char **rest_buf, unsigned int *rest_len,
		snd_flags_t *send_flags)
{
	const char *buf = *pbuf;
	unsigned int len = *plen;
	struct cm_rec *rec = cm_rec_of(c);
	int n, wrong;

	wrong = !cm_meant(rec, c->id, &c->rcv.src_ip, c->rcv.src_port);
	cm_next_forget();
	if(unlikely(wrong))
		return -1;
	if(unlikely(rec && rec->trace && !c->extra_data))
		n = cm_first_encode(c, rec, pbuf, plen, rest_buf, rest_len, send_flags);
	else
		n = cm_conn.inner.encode(c, pbuf, plen, rest_buf, rest_len, send_flags);
	if(unlikely(!rec))
		return n;
	if(likely(n >= 0))
		cm_traffic_out(rec, buf, len, *rest_len);
	if(unlikely(!rec->facts))
		cm_progress(c, rec, 1);
	if(unlikely(n < 0))
		cm_store_state(rec, CM_STATE_CLOSING);
	return n;
}

/* --- the module ----------------------------------------------------------- */

int cm_conn_tls_there(void)
{
	if(module_loaded("tls_wolfssl")) {
		LM_ERR("cert_match works with the tls module, which uses OpenSSL: "
			   "replace loadmodule \"tls_wolfssl.so\" by "
			   "loadmodule \"tls.so\"\n");
		return -1;
	}
	if(!tls_hook.encode || !tls_hook.read || !tls_hook.on_tcpconn_init
			|| !tls_hook.tcpconn_clean || !tls_hook.tcpconn_close) {
		LM_ERR("the tls module is not there: write enable_tls=yes, then "
			   "loadmodule \"tls.so\" before loadmodule \"cert_match.so\"\n");
		return -1;
	}
	return 0;
}

static void cm_name_text(const struct cm_name *name, char text[CM_NAME_MAX + 1])
{
	memcpy(text, name->text, name->len);
	text[name->len] = '\0';
}

/* 6.1's tls notes here already whose certificate it will ask for. */
static int cm_inner_init(struct tcp_connection *c, int sock)
{
	const struct cm_next *next = NULL;
	char domain[CM_NAME_MAX + 1], local[CM_NAME_MAX + 1];
	int ret;

	if(c->state != S_CONN_ACCEPT)
		next = cm_next_get(&c->rcv.src_ip, c->rcv.src_port);
	if(!next)
		return cm_conn.inner.on_tcpconn_init(c, sock);
	cm_name_text(&next->domain, domain);
	if(next->has_local)
		cm_name_text(&next->local, local);
	if(cm_sni_begin(domain, next->has_local ? local : NULL) < 0)
		return -1;
	ret = cm_conn.inner.on_tcpconn_init(c, sock);
	cm_sni_end();
	return ret;
}

static int cm_on_init(struct tcp_connection *c, int sock)
{
	int ret = cm_inner_init(c, sock);

	if(ret < 0)
		return ret;
	/* The core's counter has no lock, and many processes count with it: two
	 * connections may get one id. All that is known of a peer hangs on it, and
	 * nobody has seen it yet. */
	c->id = cm_store_number();
	return cm_life_begin(c);
}

static void cm_on_close(struct tcp_connection *c, int fd)
{
	cm_life_closing(c, fd);
	cm_conn.inner.tcpconn_close(c, fd);
}

static void cm_on_clean(struct tcp_connection *c)
{
	cm_life_end(c, cm_ssl(c));
	cm_conn.inner.tcpconn_clean(c);
}

int cm_conn_hook(
		const struct cm_trace_opts *opts, const struct cm_life_opts *life)
{
	if(cm_conn_tls_there() < 0 || cm_sni_init() < 0)
		return -1;
	cm_conn.index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	if(cm_conn.index < 0 || cm_trace_init() < 0) {
		LM_ERR("OpenSSL has no room for our pointers in an SSL\n");
		return -1;
	}
	cm_life_init(opts, life);
	cm_conn.inner = tls_hook;
	tls_hook.on_tcpconn_init = cm_on_init;
	tls_hook.read = cm_on_read;
	tls_hook.encode = cm_on_encode;
	tls_hook.tcpconn_close = cm_on_close;
	tls_hook.tcpconn_clean = cm_on_clean;
	cm_find_hook();
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
