/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to a connection itself? See the header. */
#include "tr_line.h"

#include "../cert_match/api.h"

#include "../../core/cfg/cfg_struct.h"
#include "../../core/globals.h"
#include "../../core/pass_fd.h"
#include "../../core/tcp_conn.h"
#include "../../core/tcp_options.h"
#include "../../core/tcp_server.h"
#include "../../core/timer.h"
#include "../../core/tls_hooks.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static cert_match_api_t cert_match;

int tr_line_init(void)
{
	return cert_match_load_api(&cert_match);
}

enum tr_line_state tr_line_look(int conid, struct tr_pings_heard *heard)
{
	struct cm_conn_info info;

	if(cert_match.lookup(conid, &info) != 0) {
		return TR_LINE_GONE;
	}
	heard->bytes = info.bytes_in;
	heard->pongs = info.pongs;
	return info.state == CM_STATE_ESTABLISHED ? TR_LINE_UP : TR_LINE_NOT_UP;
}

int tr_line_is_from(int conid, const struct tr_alias_key *key)
{
	struct cm_conn_info info;

	return cert_match.lookup(conid, &info) == 0 && info.dir == CM_DIR_IN
		   && info.peer_ip.len == key->ip_len
		   && memcmp(info.peer_ip.u.addr, key->ip, key->ip_len) == 0;
}

int tr_line_ping(int conid)
{
	static const char ping[] = "\r\n\r\n";
	struct dest_info dst;

	/* nothing in particular is expected of a ping */
	cert_match.expect_next(NULL, NULL, NULL, 0);
	init_dest_info(&dst);
	dst.proto = PROTO_TLS;
	dst.id = conid;
	/* Without a port the core has the number only. */
	dst.to.s.sa_family = AF_INET;
	dst.send_flags.f = SND_F_FORCE_CON_REUSE;
	dst.send_flags.blst_imask = 0xffff;
	return tcp_send(&dst, NULL, ping, sizeof(ping) - 1) < 0 ? -1 : 0;
}

/* --- the core's connection ------------------------------------------------ */

static int tell_main(struct tcp_connection *c, long what)
{
	long message[2] = {(long)c, what};

	return send_all(unix_tcp_sock, message, sizeof(message)) > 0 ? 0 : -1;
}

/* Ends what tcpconn_get() began. Only tcp_main can free a connection that
 * everybody else has left meanwhile; core's own functions leave it lying
 * around then. */
static void put(struct tcp_connection *c)
{
	if(tcpconn_put(c) && tell_main(c, CONN_EOF) != 0) {
		LM_ERR("a closed connection cannot be freed: %s\n", strerror(errno));
	}
}

int tr_line_is_connecting(int conid)
{
	struct tcp_connection *c = tcpconn_get(conid, NULL, 0, NULL, 0);
	int is = c != NULL && c->state == S_CONN_CONNECT;

	if(c != NULL) {
		put(c);
	}
	return is;
}

int tr_line_keep(int conid, unsigned seconds, tr_line_life_t *before)
{
	ticks_t ticks = S_TO_TICKS(seconds);
	/* lengthens the time that it has left, under the core's lock, unless it
	 * is with a reader, who hands it back with its lifetime */
	struct tcp_connection *c = tcpconn_get(conid, NULL, 0, NULL, ticks);

	if(c == NULL) {
		return -1;
	}
	if(c->lifetime < ticks) {
		*before = *before == 0 ? c->lifetime : *before;
		c->lifetime = ticks;
	}
	put(c);
	return 0;
}

/* The core's timer looks at a connection when its time was over by what was
 * known when the timer was set: an hour ago, maybe. So whoever shortens the
 * time has to see himself to what follows from it. */
int tr_line_let_go(int conid, unsigned seconds, tr_line_life_t before)
{
	struct tcp_connection *c = tcpconn_get(conid, NULL, 0, NULL, 0);
	ticks_t now = get_ticks_raw(), until;
	int left = -1;

	if(c == NULL) {
		return -1;
	}
	if(before != 0 && c->lifetime == S_TO_TICKS(seconds)) {
		c->lifetime = before;
		if(c->reader_pid == 0) {
			c->timeout = now + before;
		}
	}
	if(before != 0 && c->lifetime == before) {
		/* who reads from it now hands it back for its whole lifetime */
		until = c->reader_pid == 0 ? c->timeout : now + before;
		left = TICKS_LT(now, until) ? (int)TICKS_TO_MS(until - now) + 1 : 0;
	}
	put(c);
	return left;
}

/* --- the end -------------------------------------------------------------- */

/* tls sends close_notify only with its send_close_notify, which is off by
 * default. Here it is on for one call: the module reads its settings by a
 * handle that each process has for itself. */
static void close_tls(struct tcp_connection *c, int fd)
{
	str group_name = str_init("tls"), name = str_init("send_close_notify");
	_Alignas(max_align_t) char settings[4096];
	cfg_group_t *group;
	cfg_mapping_t *var;
	void *shared;
	int on = 1;

	if(cfg_lookup_var(&group_name, &name, &group, &var) != 0
			|| group->size > (int)sizeof(settings)) {
		LM_ERR("this tls module has no send_close_notify: connection %d ends"
			   " without\n",
				c->id);
		return;
	}
	shared = *group->handle;
	memcpy(settings, shared, (size_t)group->size);
	memcpy(settings + var->offset, &on, sizeof(on));
	*group->handle = settings;
	tls_hook.tcpconn_close(c, fd);
	*group->handle = shared;
}

/* tcp_main's socket; -1: it has none any more. */
static int fd_of(struct tcp_connection *c)
{
	struct tcp_connection *same = NULL;
	int fd = -1;

	if(tell_main(c, CONN_GET_FD) != 0
			|| receive_fd(unix_tcp_sock, &same, sizeof(same), &fd, MSG_WAITALL)
					   <= 0) {
		LM_ERR("no socket from tcp_main: %s\n", strerror(errno));
		return -1;
	}
	if(same != c && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int tr_line_end(int conid, int now)
{
	struct tcp_connection *c = tcpconn_get(conid, NULL, 0, NULL, 0);
	int queued, fd;

	if(c == NULL) {
		return -1;
	}
	queued = c->wbuf_q.first != NULL || (c->flags & F_CONN_PENDING) != 0;
	if(queued && !now) {
		put(c);
		return -1;
	}
	fd = fd_of(c);
	/* nobody finds it from here on */
	c->state = S_CONN_BAD;
	if(fd >= 0) {
		/* in the middle of a record the peer could not read it */
		if(!queued) {
			close_tls(c, fd);
		}
		/* A reader may have the socket, too, and hold it for seconds. */
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	/* takes our reference along */
	if(tell_main(c, CONN_EOF) != 0) {
		LM_ERR("connection %d cannot be closed: %s\n", conid, strerror(errno));
		put(c);
		return -1;
	}
	return 0;
}

void tr_line_user_timeout(int fd, unsigned seconds)
{
	unsigned ms = seconds > UINT_MAX / 1000 ? UINT_MAX : seconds * 1000;

	if(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)) != 0) {
		LM_ERR("TCP_USER_TIMEOUT cannot be set: %s\n", strerror(errno));
	}
}
