/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does a message go? See the header. */
#include "tr_dest.h"

#include "../../core/dset.h"
#include "../../core/onsend.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/resolve.h"
#include "../../core/route.h"
#include "../../core/ut.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

/* Appended to a destination URI that we wrote; the number follows. */
#define PARAM ";tr-conid="
#define PARAM_LEN (sizeof(PARAM) - 1)
#define TRANSPORT ";transport=tls"

/* The tag of a destination: the upper bits of its send flags, which tm copies
 * wherever it copies a destination. The core has used the lower three since
 * 2010; what it does not know it leaves alone. */
#define TAG_SHIFT 4

/* No connection has this number, nor a ticket of tr_peers.h. */
#define NOBODY INT_MIN

int tr_dest_put(
		const struct ip_addr *ip, unsigned short port, struct tr_alias_key *key)
{
	memset(key, 0, sizeof(*key));
	if(ip->len != 4 && ip->len != 16) {
		return -1;
	}
	memcpy(key->ip, ip->u.addr, ip->len);
	key->ip_len = (uint8_t)ip->len;
	key->port = port;
	key->transport = PROTO_TLS;
	return 0;
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

int tr_dest_aim(struct sip_msg *msg, int conid, const struct tr_peer *peer)
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

/* Reads what tr_dest_aim() wrote: the id, or 0 when msg is not aimed. */
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

struct dest_info *tr_dest_now(void)
{
	struct dest_info *dst;

	if(!is_route_type(ONSEND_ROUTE) || p_onsend == NULL
			|| p_onsend->to == NULL) {
		return NULL;
	}
	/* No release fills in p_onsend->dst for an onsend_route; its address is
	 * inside the destination. */
	dst = p_onsend->dst;
	if(dst == NULL) {
		dst = (struct dest_info *)((char *)p_onsend->to
								   - offsetof(struct dest_info, to));
	}
	return dst->send_sock == p_onsend->send_sock ? dst : NULL;
}

/* Where msg was meant to go: its id, or 0 when that is not fixed. */
static int meant_for(const struct sip_msg *msg, const struct dest_info *dst)
{
	struct ip_addr ip;

	/* RFC 3261 s18.2.2: a response uses the request's connection; the core
	 * knows it from our Via. Since a restart the number may be somebody
	 * else's: then it is nobody's. */
	if(msg->first_line.type == SIP_REPLY) {
		su2ip_addr(&ip, (union sockaddr_union *)&dst->to);
		return dst->id == 0 || tr_conn_is_at(dst->id, &ip) ? dst->id : NOBODY;
	}
	return is_aim(msg, &dst->to) ? aimed_at(msg) : 0;
}

int tr_dest_hold(struct sip_msg *msg)
{
	struct dest_info *dst = tr_dest_now();
	int conid;

	if(dst == NULL || dst->proto != PROTO_TLS
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

int tr_dest_address(const struct dest_info *dst, struct tr_alias_key *key)
{
	struct ip_addr ip;

	su2ip_addr(&ip, (union sockaddr_union *)&dst->to);
	if(tr_dest_put(&ip, su_getport(&dst->to), key) != 0) {
		return -1;
	}
	return dst->proto == PROTO_TLS ? 0 : -1;
}

unsigned tr_dest_tag(const struct dest_info *dst)
{
	return dst->send_flags.f >> TAG_SHIFT;
}

void tr_dest_set_tag(struct sip_msg *msg, unsigned tag)
{
	unsigned core = msg->fwd_send_flags.f & ((1u << TAG_SHIFT) - 1);

	msg->fwd_send_flags.f = (unsigned short)(core | tag << TAG_SHIFT);
}

void tr_dest_choose(struct dest_info *dst, int conid)
{
	dst->id = conid;
}

int tr_dest_chosen(const struct dest_info *dst)
{
	return dst->id;
}
