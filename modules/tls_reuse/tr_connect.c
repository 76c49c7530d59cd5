/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a connection take too long to come up? See the header. */
#include "tr_connect.h"

#include "tr_conn.h"
#include "tr_line.h"

#include "../../core/cfg/cfg.h"
#include "../../core/tcp_options.h"

int64_t tr_connect_timeout(void)
{
	return (int64_t)cfg_get(tcp, tcp_cfg, connect_timeout_s) * 1000;
}

void tr_connect_check(int conid, int64_t ms)
{
	if(tr_conn_said(conid) == TR_CONN_SHAKING
			&& (ms >= 2 * tr_connect_timeout()
					|| tr_line_is_connecting(conid))) {
		tr_line_end(conid, 1);
	}
}
