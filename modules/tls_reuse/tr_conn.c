/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection does a message travel? See the header. */
#include "tr_conn.h"

#include "tr_dest.h"

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

static_assert(CM_DOMAIN_TEXT_MAX == TR_NAME_MAX + 1, "a name fits");

static struct {
	cert_match_api_t cert_match;
	struct tr_conn_events events;
} bound;

static void on_opened(const struct cm_conn_info *info, void *arg)
{
	struct tr_alias_key key;

	if(info->dir == CM_DIR_OUT
			&& tr_dest_put(&info->peer_ip, info->peer_port, &key) == 0) {
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

int tr_conn_domain(const str *text, char canonical[TR_NAME_MAX + 1], int *len)
{
	return bound.cert_match.domain(text, canonical, len);
}

/* RFC 5923 s5-1, s8.2-6, s8.2-9: where it came from, and the port of sent-by. */
int tr_conn_alias_asked(const struct sip_msg *msg, struct tr_alias_key *key)
{
	const struct via_body *via = msg->via1;

	if(via == NULL || via->error != PARSE_OK || !tr_conn_from_outside(msg)
			|| tr_dest_put(&msg->rcv.src_ip,
					   via->port != 0 ? (unsigned short)via->port : SIPS_PORT,
					   key)
					   != 0) {
		return -1;
	}
	return via->alias != NULL;
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

int tr_conn_is_at(int conid, const struct ip_addr *ip)
{
	struct cm_conn_info info;
	struct ip_addr there = *ip;

	return bound.cert_match.lookup(conid, &info) != 0
		   || ip_addr_cmp(&info.peer_ip, &there);
}

int tr_conn_leads_to(int conid, const struct tr_alias_key *key)
{
	struct cm_conn_info info;
	struct tr_alias_key peer;

	return bound.cert_match.lookup(conid, &info) == 0 && info.dir == CM_DIR_OUT
		   && tr_dest_put(&info.peer_ip, info.peer_port, &peer) == 0
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
			/* RFC 5922 s7.3, RFC 5923 s8.1-9: its handshake fails unless the
			 * peer is domain */
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
