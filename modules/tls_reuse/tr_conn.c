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
#include "../../core/tcp_options.h"
#include "../../core/ut.h"

#include <assert.h>
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

static_assert(CM_DOMAIN_TEXT_MAX == TR_NAME_MAX + 1, "a name fits");

static struct {
	cert_match_api_t cert_match;
	struct tr_conn_events events;
} bound;

static int put_address(
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

static void on_opened(const struct cm_conn_info *info, void *arg)
{
	struct tr_alias_key key;

	if(info->dir == CM_DIR_OUT
			&& put_address(&info->peer_ip, info->peer_port, &key) == 0) {
		bound.events.opened(info->id, &key);
	}
}

static void on_closed(const struct cm_conn_info *info, void *arg)
{
	bound.events.closed(info->id);
}

static void on_established(const struct cm_conn_info *info, void *arg)
{
	bound.events.established(info->id, info->fd);
}

static void on_waiting(const struct cm_conn_info *info, const char *text,
		unsigned len, void *arg)
{
	bound.events.waiting(info->id, text, len);
}

static void on_heard(const struct cm_conn_info *info, void *arg)
{
	bound.events.heard(info->id);
}

static void on_failed(
		const struct cm_conn_info *info, const char *why, void *arg)
{
	bound.events.failed(info->id, why);
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

int tr_conn_init(const struct tr_conn_events *events)
{
	struct cm_observer observer = {.opened = events->opened ? on_opened : NULL,
			.closed = events->closed ? on_closed : NULL,
			.established = events->established ? on_established : NULL,
			.waiting = events->waiting ? on_waiting : NULL,
			.heard = events->heard ? on_heard : NULL,
			.failed = events->failed ? on_failed : NULL};

	bound.events = *events;
	if(cert_match_load_api(&bound.cert_match) != 0) {
		return -1;
	}
	return bound.cert_match.observe(&observer);
}

int tr_conn_core_aliases(void)
{
	return cfg_get(tcp, tcp_cfg, accept_aliases);
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

struct dest_info *tr_conn_destination(void)
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
	/* RFC 3261 s18.2.2: a response uses the request's connection; the core
	 * knows it from our Via. */
	if(msg->first_line.type == SIP_REPLY) {
		return dst->id;
	}
	return is_aim(msg, &dst->to) ? aimed_at(msg) : 0;
}

int tr_conn_hold(struct sip_msg *msg)
{
	struct dest_info *dst = tr_conn_destination();
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

int tr_conn_domain(const str *text, char canonical[TR_NAME_MAX + 1], int *len)
{
	return bound.cert_match.domain(text, canonical, len);
}

int tr_conn_address(const struct dest_info *dst, struct tr_alias_key *key)
{
	struct ip_addr ip;

	su2ip_addr(&ip, (union sockaddr_union *)&dst->to);
	if(put_address(&ip, su_getport(&dst->to), key) != 0) {
		return -1;
	}
	return dst->proto == PROTO_TLS ? 0 : -1;
}

int tr_conn_alias_asked(const struct sip_msg *msg, struct tr_alias_key *key)
{
	const struct via_body *via = msg->via1;

	if(via == NULL || via->error != PARSE_OK || !tr_conn_from_outside(msg)
			|| put_address(&msg->rcv.src_ip,
					   via->port != 0 ? (unsigned short)via->port : SIPS_PORT,
					   key)
					   != 0) {
		return -1;
	}
	return via->alias != NULL;
}

unsigned tr_conn_tag(const struct dest_info *dst)
{
	return dst->send_flags.f >> TAG_SHIFT;
}

void tr_conn_set_tag(struct sip_msg *msg, unsigned tag)
{
	unsigned core = msg->fwd_send_flags.f & ((1u << TAG_SHIFT) - 1);

	msg->fwd_send_flags.f = (unsigned short)(core | tag << TAG_SHIFT);
}

void tr_conn_choose(struct dest_info *dst, int conid)
{
	dst->id = conid;
}

int tr_conn_chosen(const struct dest_info *dst)
{
	return dst->id;
}

int tr_conn_expect(
		const struct tr_domains *pair, const struct tr_alias_key *key)
{
	struct ip_addr ip;
	str domain, local;

	if(pair == NULL) {
		return bound.cert_match.expect_next(NULL, NULL, NULL, 0);
	}
	memset(&ip, 0, sizeof(ip));
	ip.af = key->ip_len == 4 ? AF_INET : AF_INET6;
	ip.len = key->ip_len;
	memcpy(ip.u.addr, key->ip, key->ip_len);
	domain.s = (char *)pair->domain;
	domain.len = pair->domain_len;
	local.s = (char *)pair->local;
	local.len = pair->local_len;
	return bound.cert_match.expect_next(
			&domain, local.len > 0 ? &local : NULL, &ip, key->port);
}

void tr_conn_expect_accepted(int conid)
{
	bound.cert_match.expect_accepted(conid);
}

/* Adds a name to one side's. 0, or 1: that was enough. */
static int take_name(const str *name, struct tr_conn_name *names, unsigned *n,
		struct tr_conn_caller *caller)
{
	if(*n == TR_CONN_NAMES_MAX) {
		caller->more = 1;
		return 1;
	}
	/* cert_match's names are no longer than this; total anyway */
	if(name->len > 0 && name->len <= TR_NAME_MAX) {
		names[*n].len = (uint8_t)name->len;
		memcpy(names[*n].text, name->s, (size_t)name->len);
		(*n)++;
	}
	return 0;
}

static int take_peer(const str *identity, int verified, void *arg)
{
	struct tr_conn_caller *caller = arg;

	return take_name(identity, caller->peer, &caller->peers, caller);
}

static int take_our(const str *identity, void *arg)
{
	struct tr_conn_caller *caller = arg;

	return take_name(identity, caller->our, &caller->ours, caller);
}

int tr_conn_caller(int conid, struct tr_conn_caller *caller)
{
	struct cm_conn_info info;

	caller->peers = caller->ours = 0;
	caller->more = 0;
	if(bound.cert_match.lookup(conid, &info) != 0 || info.dir != CM_DIR_IN) {
		return -1;
	}
	caller->verified = info.verified;
	caller->certificate = info.certificate;
	if(info.verified
			&& (bound.cert_match.identities(conid, take_peer, caller) < 0
					|| bound.cert_match.own_identities(conid, take_our, caller)
							   < 0)) {
		return -1;
	}
	return 0;
}

int tr_conn_leads_to(int conid, const struct tr_alias_key *key)
{
	struct cm_conn_info info;
	struct tr_alias_key peer;

	return bound.cert_match.lookup(conid, &info) == 0 && info.dir == CM_DIR_OUT
		   && put_address(&info.peer_ip, info.peer_port, &peer) == 0
		   && peer.port == key->port
		   && memcmp(peer.ip, key->ip, sizeof(peer.ip)) == 0;
}

int tr_conn_authenticated(int conid, struct tr_view domain)
{
	str name = {(char *)domain.s, (int)domain.len};

	return bound.cert_match.authenticated(conid, &name) == 1;
}

int tr_conn_fits(int conid, struct tr_view domain)
{
	struct cm_conn_info info;

	if(bound.cert_match.lookup(conid, &info) != 0) {
		return 0;
	}
	switch(info.state) {
		case CM_STATE_OPENED:
		case CM_STATE_HANDSHAKING:
			/* RFC 5922 s7.3: its handshake fails unless the peer is domain */
			return info.dir == CM_DIR_OUT;
		case CM_STATE_ESTABLISHED:
			return tr_conn_authenticated(conid, domain);
		case CM_STATE_CLOSING:
			break;
	}
	return 0;
}

enum tr_conn_said tr_conn_said(int conid)
{
	struct cm_conn_info info;

	if(bound.cert_match.lookup(conid, &info) != 0) {
		return TR_CONN_GONE;
	}
	if(info.bytes_in > 0) {
		return TR_CONN_SPOKE;
	}
	return info.state < CM_STATE_ESTABLISHED ? TR_CONN_SHAKING : TR_CONN_SILENT;
}
