/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went over a connection, and who must hear of it? */

#include <string.h>

#include "../../core/tcp_conn.h"

#include "cm_events.h"
#include "cm_traffic.h"

/* RFC 5626 s4.4.1: what is a pong is CRLF between two messages. */
static int cm_is_pong(const struct tcp_connection *c, unsigned n)
{
	return n == 2 && memcmp(c->req.pos - 2, "\r\n", 2) == 0
		   && c->req.state <= H_SKIP_EMPTY_CRLFCR_FOUND;
}

void cm_traffic_in(
		const struct tcp_connection *c, struct cm_rec *rec, unsigned n)
{
	int first = rec->traffic.bytes_in == 0;

	rec->traffic.bytes_in += n;
	if(unlikely(cm_is_pong(c, n)))
		rec->traffic.pongs++;
	if(unlikely(first && rec->info.dir == CM_DIR_OUT))
		cm_events_heard(&rec->info);
}

/* RFC 5626 s3.5.1: CRLF and double CRLF are keep-alives, not messages. */
static int cm_is_keepalive(const char *buf, unsigned len)
{
	return (len == 2 && memcmp(buf, "\r\n", 2) == 0)
		   || (len == 4 && memcmp(buf, "\r\n\r\n", 4) == 0);
}

static void cm_message_out(struct cm_rec *rec, const char *text, unsigned len)
{
	rec->traffic.messages_out++;
	if(unlikely(rec->info.dir == CM_DIR_OUT && rec->traffic.bytes_in == 0))
		cm_events_waiting(&rec->info, text, len);
}

void cm_traffic_out(
		struct cm_rec *rec, const char *buf, unsigned len, unsigned rest)
{
	rec->traffic.bytes_out += len - rest;
	if(!rec->traffic.out_rest && !cm_is_keepalive(buf, len))
		cm_message_out(rec, buf, len);
	rec->traffic.out_rest = rest != 0;
}
