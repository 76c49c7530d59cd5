/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does a message go? Beside tr_conn.h and tr_line.h the only unit that
 * touches the core's own structures, here those of destinations. */
#ifndef TR_DEST_H
#define TR_DEST_H

#include "tr_conn.h"

/* An address over TLS, for a row's key, which gets no names. 0, or -1: it is
 * no IP address. */
int tr_dest_put(const struct ip_addr *ip, unsigned short port,
		struct tr_alias_key *key);

/* Aims msg at the connection: destination URI and local socket. The id goes
 * into the URI, because that is what tm keeps with its copy of the message
 * and what a failure route or another process sees again. 0 or -1. */
int tr_dest_aim(struct sip_msg *msg, int conid, const struct tr_peer *peer);

/* In onsend_route: has the core use the connection that a request was aimed
 * at, or that a response's request came on, and no other whatever happens to
 * it. Returns the connection's id, or 0 when the message is not aimed, or
 * goes somewhere else. */
int tr_dest_hold(struct sip_msg *msg);

/* In onsend_route: where the core is about to send to; elsewhere NULL. */
struct dest_info *tr_dest_now(void);

/* Address and transport of a destination, for a row's key. 0, or -1: it is
 * not reached over TLS. */
int tr_dest_address(const struct dest_info *dst, struct tr_alias_key *key);

/* A small number that the core keeps with a destination, and tm with a branch,
 * also for the CANCEL and ACK that it makes and for other addresses that it
 * tries: 0 to TR_DEST_TAG_MAX, 0 for what nobody has tagged. What is set for a
 * request in onsend_route is the destination's from then on; elsewhere it is
 * what each destination of the request begins with. */
#define TR_DEST_TAG_MAX 0xfff
unsigned tr_dest_tag(const struct dest_info *dst);
void tr_dest_set_tag(struct sip_msg *msg, unsigned tag);

/* Has the core look for the connection of this number first, and then by
 * address. tm keeps the number with a branch. */
void tr_dest_choose(struct dest_info *dst, int conid);
int tr_dest_chosen(const struct dest_info *dst);

#endif
