/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the peer of this connection authenticated as this domain? The record's
 * facts go to the pure decision; the answer comes back. */

#include "../../core/ip_addr.h"

#include "cm_check.h"
#include "cm_domain.h"
#include "cm_stats.h"
#include "cm_store.h"

struct cm_check {
	struct cm_match_opts opts;
	unsigned msg_id; /* the message of the last check in this process */
	int msg_pid;
	enum cm_reason last;
};

static struct cm_check cm_check;

void cm_check_init(const struct cm_match_opts *opts)
{
	cm_check.opts = *opts;
}

static int cm_check_rec(const struct cm_rec *rec, void *arg)
{
	const struct cm_ascii *domain = arg;
	struct cm_peer peer = {0};

	if(rec->facts) {
		peer.has_cert = rec->facts->has_cert;
		peer.verified = rec->facts->verified;
		peer.purpose = rec->facts->purpose;
		peer.ident_reason = rec->facts->ident_reason;
		peer.names = cm_facts_names(rec->facts);
	}
	return (int)cm_decide(&peer, domain->text, domain->len, &cm_check.opts);
}

enum cm_reason cm_check_id(int id, const str *domain)
{
	struct cm_ascii ascii;

	/* before the lock: whoever sent the domain decides how long it takes. What
	 * is none is empty, and cm_decide() refuses it in its turn. */
	cm_domain_ascii(domain->s, (size_t)domain->len, &ascii);
	return (enum cm_reason)cm_store_with(
			id, cm_check_rec, &ascii, CM_NO_CONNECTION);
}

int cm_check_conid(const struct sip_msg *msg)
{
	if(msg->rcv.proto != PROTO_TLS && msg->rcv.proto != PROTO_WSS)
		return 0;
	return msg->rcv.proto_reserved1;
}

enum cm_reason cm_check_msg(const struct sip_msg *msg, const str *domain)
{
	int id = cm_check_conid(msg);
	enum cm_reason r = id ? cm_check_id(id, domain) : CM_NO_CONNECTION;

	cm_check.msg_id = msg->id;
	cm_check.msg_pid = msg->pid;
	cm_check.last = r;
	cm_stats_inc(r == CM_OK ? CM_STAT_CHECKS_MATCHED : CM_STAT_CHECKS_FAILED);
	return r;
}

enum cm_reason cm_check_last(const struct sip_msg *msg)
{
	if(cm_check.msg_id != msg->id || cm_check.msg_pid != msg->pid)
		return CM_REFUSED;
	return cm_check.last;
}

int cm_check_answer(enum cm_reason reason)
{
	switch(reason) {
		case CM_OK:
			return 1;
		case CM_NO_CERTIFICATE:
		case CM_NOT_VERIFIED:
		case CM_PURPOSE:
			return -2;
		case CM_NO_CONNECTION:
			return -3;
		case CM_DOMAIN_BAD:
			return -4;
		default:
			return -1;
	}
}
