/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How do other modules learn who is at the other end of a TLS connection?
 *
 * Load it in mod_init with cert_match_load_api(); the loadmodule line of
 * cert_match must stand before yours. Everything here is about TLS connections
 * only: an id of another transport, or of a connection that is gone, gives -1.
 *
 * A connection's id is where the core has it (msg->rcv.proto_reserved1,
 * dest_info.id), but ours: the core's own counter has no lock, so cert_match
 * gives each TLS connection another id, which no other connection has.
 */
#ifndef CERT_MATCH_API_H
#define CERT_MATCH_API_H

#include "../../core/ip_addr.h"
#include "../../core/sr_module.h"
#include "../../core/str.h"

#include <stdint.h>

enum cm_dir { CM_DIR_IN = 0, CM_DIR_OUT };

enum cm_state {
	CM_STATE_OPENED = 0,  /* TCP is up, nothing was read or sent */
	CM_STATE_HANDSHAKING, /* the first bytes went one way or the other */
	CM_STATE_ESTABLISHED, /* the handshake is done */
	CM_STATE_CLOSING      /* EOF or an error was seen */
};

/* Addresses of one connection; a plain copy that the caller owns. sock is the
 * core's listening socket that accepted the connection; it lives as long as
 * Kamailio, and is NULL for connections that we opened without one. */
struct cm_conn_info {
	int id;
	enum cm_dir dir;
	enum cm_state state;
	int certificate; /* 1: the peer showed one */
	int verified;    /* 1: the peer's certificate chains to a trusted CA */
	int identities;  /* how many SIP domain identities it holds */
	unsigned short peer_port; /* host byte order */
	unsigned short local_port;
	struct ip_addr peer_ip;
	struct ip_addr local_ip;
	struct socket_info *sock;
	uint64_t bytes_in; /* clear text that the peer sent, handshakes not */
	unsigned pongs;    /* times that all he sent at once was CRLF */
	int fd;            /* the socket, in established only; else -1 */
};

/* Called on a connection's events; each may be NULL.
 *
 * Where: opened in tcp_main (accepted) or in the process that sends (ours);
 * established in the process whose read or write finished the handshake,
 * before the first SIP message of the connection is handed on; failed and
 * closed in tcp_main, or in the process that gave up the last reference. failed
 * comes right before closed, if the handshake did not finish or the peer
 * refused its outcome; why is a constant text. closed comes exactly once for
 * each opened, also for a handshake that never finished, but
 * not for what is still open at shutdown. A connection beyond max_connections
 * is not recorded, and nobody is told about it.
 *
 * How: be quick (no DNS, no file, no waiting), take no lock under which you
 * call this API or the core's tcpconn_get(): the core's own connection lock may
 * be held. info is valid during the call only. No lock of cert_match is held,
 * so calling the functions below is fine; in closed the record is gone
 * already. */
struct cm_observer {
	void (*opened)(const struct cm_conn_info *info, void *arg);
	void (*established)(const struct cm_conn_info *info, void *arg);
	void (*failed)(const struct cm_conn_info *info, const char *why, void *arg);
	void (*closed)(const struct cm_conn_info *info, void *arg);
	/* waiting: this process has given a message to a connection that we opened
	 * and whose peer has said nothing behind the handshake yet. Whether it
	 * arrives is open: the connect, the handshake or a check may fail, and a
	 * TLS 1.3 server refuses our certificate only after its part is done. It
	 * may be that the send still fails and the sender is told so. The write
	 * lock of the connection is held; text is valid during the call.
	 * heard: the peer's first octets behind the handshake are here: what
	 * waited has gone out, and closed will tell nobody any more. In the process
	 * that read them. */
	void (*waiting)(const struct cm_conn_info *info, const char *text,
			unsigned len, void *arg);
	void (*heard)(const struct cm_conn_info *info, void *arg);
	void *arg;
};

typedef struct cert_match_api {
	/* Copies *observer. In mod_init only; at most CM_OBSERVERS_MAX. 0 or -1. */
	int (*observe)(const struct cm_observer *observer);

	/* 0 and *info filled, or -1: no such connection (any more). */
	int (*lookup)(int id, struct cm_conn_info *info);

	/* Calls each for every identity of the peer's certificate, in canonical
	 * form (lower case, no trailing dot), until it returns non-zero. A lock is
	 * held: each only compares or copies. verified tells whether the
	 * certificate chains to a trusted CA: identities of one that does not are
	 * what the peer claims, no more. Returns how many there are, or -1. */
	int (*identities)(int id,
			int (*each)(const str *identity, int verified, void *arg),
			void *arg);

	/* Is the peer authenticated as domain (RFC 5922 s7.2, with the module's
	 * wildcard and common_name)? 1 yes, -1 no match, -2 no certificate or not
	 * verified, -3 no such TLS connection, -4 domain is no host name. */
	int (*authenticated)(int id, const str *domain);

	/* The domain that a connection of ours, which has not sent a byte yet, is
	 * meant for: callable in opened. Its handshake fails unless the peer is
	 * authenticated as domain (RFC 5922 s7.3). 0, or -1: no such connection,
	 * too late, no memory, or domain is no host name (RFC 5922 s7.2). Not to
	 * be called from anywhere but opened. Prefer
	 * expect_next, which asks for the server name too and hides the connection
	 * from sends by address. */
	int (*expect)(int id, const str *domain);

	/* The same for the connection that this process opens next to this
	 * address, within the send that follows; local_domain (may be NULL) is the
	 * domain of ours on whose behalf it is opened: the tls profile with that
	 * server_id is used. The send goes on a connection that was opened for just
	 * these domains and to this address, or fails: it returns an error, and a
	 * connection that the core had found in its place is closed. Any TLS send of this process uses it up, whether
	 * it opened a connection or not. NULL domain: forget it. 0 or -1. */
	int (*expect_next)(const str *domain, const str *local_domain,
			const struct ip_addr *ip, unsigned short port);

	/* Behind expect_next: the send may also go on connection conid, which the
	 * peer opened, if he is authenticated as domain (RFC 5923 s8.2). */
	void (*expect_accepted)(int conid);

	/* Calls each for every domain of ours that the peer of a connection knows
	 * us by: of one that we accepted, the server name that he asked for if our
	 * certificate has that name, else all that it has; of one that we opened,
	 * all names of the client certificate that we had to show. As identities.
	 * As long as each returns 0; a lock is held: it only compares or copies.
	 * Returns how many it was called for, or -1. */
	int (*own_identities)(
			int id, int (*each)(const str *identity, void *arg), void *arg);

	/* Put a domain, ASCII or UTF-8, into canonical form: lower case A-labels
	 * without trailing dot. canonical has room for CM_DOMAIN_TEXT_MAX octets
	 * and is terminated. 0, or -1: it is no host name. */
	int (*domain)(const str *text, char *canonical, int *len);

	/* own_identities of a connection that is yet to be opened, to domain on
	 * behalf of local_domain (may be NULL), both in canonical form and
	 * terminated: those of the client certificate that tls would use for it
	 * now. Reads the certificate each time. -1: none, or it is not known. */
	int (*client_identities)(const str *domain, const str *local_domain,
			int (*each)(const str *identity, void *arg), void *arg);
} cert_match_api_t;

#define CM_OBSERVERS_MAX 4
#define CM_DOMAIN_TEXT_MAX 254

typedef int (*cert_match_bind_f)(cert_match_api_t *api);

/* Fill *api. 0, or -1 if the cert_match module is not loaded. */
static inline int cert_match_load_api(cert_match_api_t *api)
{
	cert_match_bind_f bind =
			(cert_match_bind_f)find_export("cert_match_bind", 0, 0);

	if(!bind) {
		LM_ERR("the cert_match module is not loaded: put "
			   "loadmodule \"cert_match.so\" before this module's line\n");
		return -1;
	}
	return bind(api);
}

#endif
