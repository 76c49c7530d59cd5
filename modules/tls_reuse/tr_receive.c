/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is the core given a message as if it had come over a connection? See the
 * header. */
#include "tr_receive.h"

#include "../../core/globals.h"
#include "../../core/receive.h"
#include "../../core/socket_info.h"

#include <string.h>

int tr_receive_is_tls(const struct dest_info *dst)
{
	return dst->proto == PROTO_TLS;
}

int tr_receive_end(const struct dest_info *dst, struct tr_peer *peer)
{
	union sockaddr_union to = dst->to;

	su2ip_addr(&peer->ip, &to);
	peer->port = su_getport(&to);
	peer->sock = dst->send_sock != NULL ? dst->send_sock : tls_listen;
	return peer->sock != NULL ? 0 : -1;
}

int tr_receive(int conid, const struct tr_peer *peer, char *buf, unsigned len)
{
	struct receive_info from;
	struct ip_addr ip = peer->ip;

	memset(&from, 0, sizeof(from));
	from.src_ip = ip;
	from.src_port = peer->port;
	init_su(&from.src_su, &ip, peer->port);
	from.dst_ip = peer->sock->address;
	from.dst_port = peer->sock->port_no;
	from.bind_address = peer->sock;
	/* tcp_read.c: tcp stores the connection id here */
	from.proto_reserved1 = conid;
	from.proto = PROTO_TLS;
	return receive_msg(buf, len, &from);
}
