/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which connection does a message travel? The only unit that reads or
 * writes the core's own structures about connections and destinations, so
 * that a difference between Kamailio's versions is settled here. */
#ifndef TR_CONN_H
#define TR_CONN_H

#include "../../core/ip_addr.h"
#include "../../core/parser/msg_parser.h"

/* A phone's end of a connection, and ours. */
struct tr_peer {
	struct ip_addr ip;
	unsigned short port;
	struct socket_info *sock; /* where we listen; lives as long as we do */
};

/* Is cert_match loaded? Says which loadmodule line is missing. 0 or -1. */
int tr_conn_cert_match_there(void);

/* Binds cert_match, and has closed() called when a TLS connection closes.
 * In mod_init. Returns 0, or -1 after saying what is missing. */
int tr_conn_init(void (*closed)(int conid));

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

/* Aims msg at the connection: destination URI and local socket. The id goes
 * into the URI, because that is what tm keeps with its copy of the message
 * and what a failure route or another process sees again. 0 or -1. */
int tr_conn_aim(struct sip_msg *msg, int conid, const struct tr_peer *peer);

/* In onsend_route: has the core use the connection that a request was aimed
 * at, or that a response's request came on, and no other whatever happens to
 * it. Returns the connection's id, or 0 when the message is not aimed, or
 * goes somewhere else. */
int tr_conn_hold(struct sip_msg *msg);

#endif
