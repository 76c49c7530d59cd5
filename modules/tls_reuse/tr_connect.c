/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a connection take too long to come up? See the header. */
#include "tr_connect.h"

#include "tr_conn.h"

#include "../../core/cfg/cfg.h"
#include "../../core/dprint.h"
#include "../../core/globals.h"
#include "../../core/pass_fd.h"
#include "../../core/tcp_conn.h"
#include "../../core/tcp_options.h"

#include <errno.h>
#include <string.h>

int64_t tr_connect_timeout(void)
{
	return (int64_t)cfg_get(tcp, tcp_cfg, connect_timeout_s) * 1000;
}

/* Has tcp_main close it, which gets our reference. */
static void end(struct tcp_connection *c)
{
	long message[2] = {(long)c, CONN_EOF};

	c->send_flags.f |= SND_F_CON_CLOSE;
	c->flags |= F_CONN_FORCE_EOF;
	if(send_all(unix_tcp_sock, message, sizeof(message)) <= 0) {
		LM_ERR("cannot close connection %d: %s\n", c->id, strerror(errno));
		tcpconn_put(c);
	}
}

void tr_connect_check(int conid, int64_t ms)
{
	struct tcp_connection *c;

	if(tr_conn_said(conid) != TR_CONN_SHAKING) {
		return;
	}
	c = tcpconn_get(conid, NULL, 0, NULL, 0);
	if(c == NULL) {
		return;
	}
	if(ms >= 2 * tr_connect_timeout() || c->state == S_CONN_CONNECT) {
		end(c);
	} else {
		tcpconn_put(c);
	}
}
