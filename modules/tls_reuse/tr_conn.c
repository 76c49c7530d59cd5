/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection does a message travel? See the header. */
#include "tr_conn.h"

#include "../cert_match/api.h"

#include "../../core/dset.h"
#include "../../core/onsend.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/parser/parse_via.h"
#include "../../core/resolve.h"
#include "../../core/route.h"
#include "../../core/ut.h"

#include <stddef.h>
#include <string.h>

/* Appended to a destination URI that we wrote; the number follows. */
#define PARAM ";tr-conid="
#define PARAM_LEN (sizeof(PARAM) - 1)
#define TRANSPORT ";transport=tls"

static struct {
	cert_match_api_t cert_match;
	void (*closed)(int conid);
} bound;

static void on_closed(const struct cm_conn_info *info, void *arg)
{
	bound.closed(info->id);
}

int tr_conn_cert_match_there(void)
{
	if(module_loaded("cert_match")) {
		return 0;
	}
	LM_ERR("tls_reuse needs the cert_match module to know when a connection"
		   " closes: put loadmodule \"cert_match.so\" before loadmodule"
		   " \"tls_reuse.so\"\n");
	return -1;
}

int tr_conn_init(void (*closed)(int conid))
{
	struct cm_observer observer = {.closed = on_closed};

	bound.closed = closed;
	if(cert_match_load_api(&bound.cert_match) != 0) {
		return -1;
	}
	return bound.cert_match.observe(&observer);
}

int tr_conn_from_outside(const struct sip_msg *msg)
{
	return msg->rcv.proto == PROTO_TLS;
}

int tr_conn_id(const struct sip_msg *msg)
{
	/* tcp_read.c: tcp stores the connection id here */
	return tr_conn_from_outside(msg) ? msg->rcv.proto_reserved1 : 0;
}

void tr_conn_peer(const struct sip_msg *msg, struct tr_peer *peer)
{
	peer->ip = msg->rcv.src_ip;
	peer->port = msg->rcv.src_port;
	peer->sock = msg->rcv.bind_address;
}

int tr_conn_of_reply(const struct sip_msg *msg)
{
	unsigned int id = 0;
	const str *i;

	if(msg->via1 == NULL || msg->via1->i == NULL) {
		return 0;
	}
	i = &msg->via1->i->value;
	if(i->s == NULL || reverse_hex2int(i->s, i->len, &id) < 0) {
		return 0;
	}
	return (int)id;
}

int tr_conn_alive(int conid)
{
	struct cm_conn_info info;

	return bound.cert_match.lookup(conid, &info) == 0
		   && info.state != CM_STATE_CLOSING;
}

static char *put_text(char *to, const char *text, size_t len)
{
	memcpy(to, text, len);
	return to + len;
}

static char *put_number(char *to, unsigned long number)
{
	int len;
	const char *digits = int2str(number, &len);

	return put_text(to, digits, (size_t)len);
}

int tr_conn_aim(struct sip_msg *msg, int conid, const struct tr_peer *peer)
{
	char text[IP_ADDR_MAX_STRZ_SIZE + 64], *p = text;
	struct ip_addr ip = peer->ip;
	str uri;
	int len;

	p = put_text(p, "sip:", 4);
	len = ip_addr2sbufz(&ip, p, IP_ADDR_MAX_STRZ_SIZE);
	if(len <= 0) {
		return -1;
	}
	p += len;
	*p++ = ':';
	p = put_number(p, peer->port);
	p = put_text(p, TRANSPORT, sizeof(TRANSPORT) - 1);
	p = put_text(p, PARAM, PARAM_LEN);
	p = put_number(p, (unsigned)conid);
	uri.s = text;
	uri.len = (int)(p - text);
	if(set_dst_uri(msg, &uri) < 0) {
		return -1;
	}
	set_force_socket(msg, peer->sock);
	return 0;
}

/* Reads what tr_conn_aim() wrote: the id, or 0 when msg is not aimed. */
static int aimed_at(const struct sip_msg *msg)
{
	const str *uri = &msg->dst_uri;
	int at = uri->len;
	unsigned int id;
	str digits;

	while(at > 0 && uri->s[at - 1] >= '0' && uri->s[at - 1] <= '9') {
		at--;
	}
	if(at < (int)PARAM_LEN
			|| memcmp(uri->s + at - PARAM_LEN, PARAM, PARAM_LEN) != 0) {
		return 0;
	}
	digits.s = uri->s + at;
	digits.len = uri->len - at;
	return str2int(&digits, &id) == 0 ? (int)id : 0;
}

/* 1: msg is aimed, and to is the very address that it is aimed at. */
static int is_aim(const struct sip_msg *msg, const union sockaddr_union *to)
{
	struct sip_uri uri;
	struct ip_addr *want, ip;

	if(aimed_at(msg) == 0
			|| parse_uri(msg->dst_uri.s, msg->dst_uri.len, &uri) < 0) {
		return 0;
	}
	want = str2ip(&uri.host);
	if(want == NULL) {
		want = str2ip6(&uri.host);
	}
	if(want == NULL) {
		return 0;
	}
	su2ip_addr(&ip, (union sockaddr_union *)to);
	return ip_addr_cmp(want, &ip) && su_getport(to) == uri.port_no;
}

/* The destination that the core is about to send to. No release fills in
 * p_onsend->dst for an onsend_route; its address is inside the destination. */
static struct dest_info *destination(void)
{
	struct dest_info *dst = p_onsend->dst;

	if(dst == NULL) {
		dst = (struct dest_info *)((char *)p_onsend->to
								   - offsetof(struct dest_info, to));
	}
	return dst;
}

/* Where msg was meant to go: its id, or 0 when that is not fixed. */
static int meant_for(const struct sip_msg *msg, const struct dest_info *dst)
{
	/* RFC 3261 s18.2.2: a response uses the request's connection; the core
	 * knows it from our Via. */
	if(msg->first_line.type == SIP_REPLY) {
		return dst->id;
	}
	return is_aim(msg, &dst->to) ? aimed_at(msg) : 0;
}

int tr_conn_hold(struct sip_msg *msg)
{
	struct dest_info *dst;
	int conid;

	if(!is_route_type(ONSEND_ROUTE) || p_onsend == NULL
			|| p_onsend->to == NULL) {
		return 0;
	}
	dst = destination();
	if(dst->proto != PROTO_TLS || dst->send_sock != p_onsend->send_sock
			|| (conid = meant_for(msg, dst)) == 0) {
		return 0;
	}
	dst->id = conid;
	/* tcp_send() falls back to the address when there is no such id any more:
	 * to whom else that NAT gave the port, or to a new connection. Without a
	 * port it has only the id, and fails. */
	su_setport(&dst->to, 0);
	/* ... and not to a new one either when this one is about to close. */
	msg->fwd_send_flags.f |= SND_F_FORCE_CON_REUSE;
	/* One closed connection says nothing about others behind its NAT. */
	msg->fwd_send_flags.blst_imask = 0xffff;
	return conid;
}
