/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection does a message travel? With tr_dest.h (where it goes) and
 * tr_line.h (the connection itself) the adapter to the core's own structures:
 * a difference between Kamailio's versions is settled in these three. */
#ifndef TR_CONN_H
#define TR_CONN_H

#include "tr_alias.h"
#include "tr_target.h"

#include "../../core/ip_addr.h"
#include "../../core/parser/msg_parser.h"

struct dest_info;

/* A phone's end of a connection, and ours. */
struct tr_peer {
	struct ip_addr ip;
	unsigned short port;
	struct socket_info *sock; /* where we listen; lives as long as we do */
};

/* Is cert_match loaded? Says which loadmodule line is missing. 0 or -1. */
int tr_conn_cert_match_there(void);

/* What is called when a connection that we open comes to be, in the process
 * that sends and within its send, and when any TLS connection closes. key has
 * the peer's address, and no names. Each may be NULL. */
struct tr_conn_events {
	void (*opened)(int conid, const struct tr_alias_key *key);
	void (*closed)(int conid);
	/* See api.h of cert_match: each with its connection's number. established
	 * has its socket, or -1. */
	void (*established)(int conid, int fd);
	void (*waiting)(int conid, const char *text, unsigned len);
	void (*heard)(int conid);
	void (*failed)(int conid, const char *why);
};

/* Binds cert_match, and has events called. In mod_init. Returns 0, or -1
 * after saying what is missing. */
int tr_conn_init(const struct tr_conn_events *events);

/* 1: the core lets anybody alias a TCP connection: tcp_accept_aliases=yes. */
int tr_conn_core_aliases(void);

/* 1: the message came from outside (TLS); 0: from the PBX's side. */
int tr_conn_from_outside(const struct sip_msg *msg);

/* The connection that msg came on, or 0 when it is not a TLS connection. */
int tr_conn_id(const struct sip_msg *msg);

void tr_conn_peer(const struct sip_msg *msg, struct tr_peer *peer);

/* The connection on which the request had come whose reply msg is, from the
 * "i" parameter of our own Via; 0 when there is none. */
int tr_conn_of_reply(const struct sip_msg *msg);

/* 1: there is such a TLS connection, and nobody has begun to close it. */
int tr_conn_alive(int conid);

/* Canonical form of a domain, ASCII or UTF-8; its length is in *len. 0, or -1:
 * it is no host name. */
int tr_conn_domain(const str *text, char canonical[TR_NAME_MAX + 1], int *len);

/* RFC 5923 s8.2: does the topmost Via ask for an alias, and for which address?
 * key gets the address that the request came from, the port of sent-by or 5061,
 * and no names. 1 yes, 0 no, -1: there is no such Via, or no TLS. */
int tr_conn_alias_asked(const struct sip_msg *msg, struct tr_alias_key *key);

/* What this process sends next to the address in key goes to pair, or fails:
 * on a connection that was opened for pair, or on one that is opened now and
 * checked before anything is written (RFC 5922 s7.3). NULL pair: forget it.
 * 0 or -1. */
int tr_conn_expect(
		const struct tr_domains *pair, const struct tr_alias_key *key);

/* ... or on connection conid, which the peer opened, and which the caller has
 * chosen for the domain. */
void tr_conn_expect_accepted(int conid);

/* The most identities of one side that are looked at. */
#define TR_CONN_NAMES_MAX 16

struct tr_conn_name {
	uint8_t len;
	char text[TR_NAME_MAX];
};

/* Who is at the other end of a connection that a peer opened? */
struct tr_conn_caller {
	int verified;    /* his certificate chains to a trusted CA */
	int certificate; /* he showed one */
	unsigned peers;  /* identities of his, the first TR_CONN_NAMES_MAX */
	unsigned ours;   /* domains of ours that he meant; none: not known */
	int more;        /* 1: there are more of one of them */
	struct tr_conn_name peer[TR_CONN_NAMES_MAX];
	struct tr_conn_name our[TR_CONN_NAMES_MAX];
};

/* 0, or -1: no such connection, or we opened it. */
int tr_conn_caller(int conid, struct tr_conn_caller *caller);

/* 1: the connection's peer is at this address, whatever his port. */
int tr_conn_is_at(int conid, const struct ip_addr *ip);

/* 1: we opened the connection, to the very address in key. */
int tr_conn_leads_to(int conid, const struct tr_alias_key *key);

/* 1: the handshake is done, and the peer is authenticated as domain. */
int tr_conn_authenticated(int conid, struct tr_view domain);

/* 1: the connection is there, nobody has begun to close it, and its peer is
 * authenticated as domain or is about to be asked for it. */
int tr_conn_fits(int conid, struct tr_view domain);

/* How far has a connection come? Its handshake is under way; it is done, and
 * the peer has said nothing yet; he has. */
enum tr_conn_said {
	TR_CONN_GONE = 0,
	TR_CONN_SHAKING,
	TR_CONN_SILENT,
	TR_CONN_SPOKE
};
enum tr_conn_said tr_conn_said(int conid);

#endif
