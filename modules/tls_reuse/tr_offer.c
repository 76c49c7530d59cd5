/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do we offer the peer to reuse this connection? See the header.
 *
 * A connection that is open has the certificate that it was opened with; for
 * one that this very send opens it is the one that tls has for it now. What was
 * found out about a connection stays true as long as that lives, and no other
 * one ever has its number: each process remembers some. */
#include "tr_offer.h"

#include "tr_certified.h"
#include "tr_conn.h"
#include "tr_dest.h"
#include "tr_names.h"
#include "tr_said.h"
#include "tr_sentby.h"
#include "tr_stats.h"

#include "../cert_match/api.h"

#include "../../core/dprint.h"
#include "../../core/events.h"
#include "../../core/forward.h"
#include "../../core/locking.h"
#include "../../core/mem/mem.h"
#include "../../core/mem/shm_mem.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

/* RFC 5923 s8.2: the port that a Via without one means. */
#define DEFAULT_PORT 5061

/* Connections that a process remembers, and octets of what it compares. */
#define KNOWN_MAX 64
#define KNOWN_TEXT 112

/* What became of a connection. */
struct known {
	int conid; /* 0: the entry is free */
	unsigned number;
	unsigned port; /* of the Via that the core wrote */
	uint8_t local_len;
	uint8_t host_len;
	char text[KNOWN_TEXT]; /* local domain, and host of that Via */
};

struct shared {
	gen_lock_t lock; /* to add a name */
	struct tr_names *names;
	struct tr_said *said;
};

static struct {
	cert_match_api_t cert_match;
	struct shared *shared; /* made before the fork */
	struct tr_view reply;  /* that this process reads now; empty: none */
	enum tr_offer last;
	struct known known[KNOWN_MAX];
} offer;

/* --- our Via in replies --------------------------------------------------- */

static int on_receive(sr_event_param_t *event)
{
	static const char version[] = "SIP/2.0 ";
	const str *buf = event->data;
	struct tr_view msg = {buf->s, buf->len > 0 ? (size_t)buf->len : 0};

	while(msg.len > 0 && (*msg.s == '\r' || *msg.s == '\n')) {
		msg.s++;
		msg.len--;
	}
	if(msg.len < sizeof(version)
			|| strncasecmp(msg.s, version, sizeof(version) - 1) != 0) {
		msg.len = 0;
	}
	offer.reply = msg;
	return 0;
}

/* For the core's check_self(): 1 for the sent-by of the topmost Via of the
 * reply that is just read, if we have sent requests under that name. Never for
 * a URI: what a script takes for its own domain does not depend on what was
 * sent before. */
static int is_ours(str *host, unsigned short port, unsigned short proto)
{
	uintptr_t at = (uintptr_t)host->s, begin = (uintptr_t)offer.reply.s;
	struct tr_sentby via;

	if(proto != PROTO_TLS || at < begin || at - begin >= offer.reply.len
			|| tr_sentby_read(offer.reply, &via) != 0 || via.host.s != host->s
			|| via.host.len != (size_t)host->len) {
		return 0;
	}
	return tr_names_find(offer.shared->names, via.host, via.port) != 0;
}

/* --- under which name ----------------------------------------------------- */

static int look(const str *identity, void *arg)
{
	return tr_certified_look(
			arg, (struct tr_view){identity->s, (size_t)identity->len});
}

/* Where a process remembers what became of conid. */
static struct known *place_of(int conid)
{
	return &offer.known[(unsigned)conid % KNOWN_MAX];
}

static int is_known(const struct known *k, int conid, struct tr_view local,
		const struct tr_sentby *via)
{
	return k->conid == conid && k->port == via->port
		   && k->local_len == local.len && k->host_len == via->host.len
		   && memcmp(k->text, local.s, local.len) == 0
		   && memcmp(k->text + local.len, via->host.s, via->host.len) == 0;
}

static void remember(int conid, struct tr_view local,
		const struct tr_sentby *via, unsigned number)
{
	struct known *k = place_of(conid);

	if(local.len + via->host.len > KNOWN_TEXT) {
		return;
	}
	k->conid = conid;
	k->number = number;
	k->port = via->port;
	k->local_len = (uint8_t)local.len;
	k->host_len = (uint8_t)via->host.len;
	memcpy(k->text, local.s, local.len);
	memcpy(k->text + local.len, via->host.s, via->host.len);
}

/* Is the handshake of this connection done? Then its certificate is known. */
static int is_open(int conid)
{
	struct cm_conn_info info;

	return conid > 0 && offer.cert_match.lookup(conid, &info) == 0
		   && info.state == CM_STATE_ESTABLISHED;
}

/* The port that the Via shall have: what the core wrote, or, where it left out
 * that it listens on 5060, that. */
static unsigned port_of(
		const struct tr_sentby *via, const struct dest_info *dst)
{
	unsigned port = 0;

	if(via->port != 0) {
		return via->port;
	}
	if(dst->send_sock != NULL) {
		port = dst->send_sock->useinfo.port_no > 0
					   ? dst->send_sock->useinfo.port_no
					   : dst->send_sock->port_no;
	}
	return port != DEFAULT_PORT ? port : 0;
}

static unsigned number_of(struct tr_view name, unsigned port)
{
	unsigned number = tr_names_find(offer.shared->names, name, port);

	if(number == 0) {
		lock_get(&offer.shared->lock);
		number = tr_names_add(offer.shared->names, name, port);
		lock_release(&offer.shared->lock);
	}
	return number;
}

/* The number of the name, or 0, and *why. */
static unsigned choose(const struct dest_info *dst,
		const struct tr_domains *pair, const struct tr_sentby *via,
		enum tr_offer *why)
{
	struct tr_view local = tr_domains_local(pair), name;
	str domain = {(char *)pair->domain, pair->domain_len};
	str local_domain = {(char *)pair->local, pair->local_len};
	int conid = tr_dest_chosen(dst), open;
	struct tr_certified certified;
	unsigned number;

	*why = TR_OFFER_NOBODY;
	if(conid > 0 && is_known(place_of(conid), conid, local, via)) {
		return place_of(conid)->number;
	}
	open = is_open(conid);
	tr_certified_start(&certified, local, via->host);
	if(open) {
		offer.cert_match.own_identities(conid, look, &certified);
	} else {
		offer.cert_match.client_identities(&domain,
				local.len > 0 ? &local_domain : NULL, look, &certified);
	}
	name = tr_certified_name(&certified);
	number = name.len > 0 ? number_of(name, port_of(via, dst)) : 0;
	if(name.len > 0 && number == 0) {
		*why = TR_OFFER_FULL;
	} else if(open) {
		remember(conid, local, via, number);
	}
	return number;
}

/* --- the request ---------------------------------------------------------- */

enum role { OTHERS, AN_INVITE, FOLLOWS_ONE };

static int begins(struct tr_view msg, const char *text, size_t len)
{
	return msg.len > len && memcmp(msg.s, text, len) == 0;
}

static enum role role_of(struct tr_view msg)
{
	if(begins(msg, "INVITE ", 7)) {
		return AN_INVITE;
	}
	/* RFC 3261 s9.1, s17.1.1.3: those have the Via of their INVITE */
	return begins(msg, "CANCEL ", 7) || begins(msg, "ACK ", 4) ? FOLLOWS_ONE
															   : OTHERS;
}

/* Puts sent-by number into the Via. 0, or -1: no memory. */
static int put(str *buf, struct tr_view msg, const struct tr_sentby *via,
		unsigned number)
{
	struct tr_view sentby = tr_names_sentby(offer.shared->names, number);
	size_t len = tr_sentby_size(msg, via, sentby);
	char *text = pkg_malloc(len + 1);

	if(text == NULL) {
		PKG_MEM_ERROR;
		return -1;
	}
	tr_sentby_write(msg, via, sentby, text);
	text[len] = '\0';
	pkg_free(buf->s);
	buf->s = text;
	buf->len = (int)len;
	return 0;
}

static enum tr_offer make(
		str *buf, const struct dest_info *dst, const struct tr_domains *pair)
{
	struct tr_view msg = {buf->s, (size_t)buf->len};
	enum role role = role_of(msg);
	enum tr_offer why = TR_OFFER_AS_BEFORE;
	struct tr_said *said = offer.shared->said;
	struct tr_sentby via;
	unsigned number;

	if(begins(msg, "SIP/2.0 ", 8) || tr_sentby_read(msg, &via) != 0) {
		return TR_OFFER_NO_VIA;
	}
	if(role != FOLLOWS_ONE
			|| tr_said_get(said, pair, via.branch, &number) != 0) {
		number = choose(dst, pair, &via, &why);
	}
	if(role == AN_INVITE) {
		tr_said_put(said, pair, via.branch, number);
	}
	if(number == 0) {
		return why;
	}
	if(put(buf, msg, &via, number) == 0) {
		return TR_OFFER_DONE;
	}
	tr_said_put(said, pair, via.branch, 0);
	return TR_OFFER_ERROR;
}

enum tr_offer tr_offer(
		str *buf, const struct dest_info *dst, const struct tr_domains *pair)
{
	if(buf->s == NULL || buf->len <= 0) {
		return offer.last = TR_OFFER_NO_VIA;
	}
	offer.last = make(buf, dst, pair);
	tr_stats_inc(offer.last == TR_OFFER_DONE ? TR_STAT_ALIAS_OFFERED
											 : TR_STAT_ALIAS_NOT_OFFERED);
	return offer.last;
}

const char *tr_offer_words(void)
{
	switch(offer.last) {
		case TR_OFFER_NOBODY:
			return "not offered as an alias: no certificate of ours that names"
				   " us is known for it";
		case TR_OFFER_NO_VIA:
			return "not offered as an alias: the topmost Via is not ours";
		case TR_OFFER_AS_BEFORE:
			return "not offered as an alias: its INVITE was not";
		case TR_OFFER_FULL:
			return "not offered as an alias: we have too many names";
		case TR_OFFER_ERROR:
			return "not offered as an alias: out of memory";
		case TR_OFFER_DONE:
			return "offered as an alias";
	}
	return "";
}

/* --- start and end -------------------------------------------------------- */

static struct shared *make_shared(void)
{
	uint8_t seed[TR_HASH_SEED_LEN];
	struct shared *s = shm_mallocxz(sizeof(*s));
	void *names = shm_malloc(tr_names_size());
	void *said = shm_malloc(tr_said_size());

	if(s != NULL && names != NULL && said != NULL && lock_init(&s->lock) != NULL
			&& getrandom(seed, sizeof(seed), 0) == sizeof(seed)) {
		s->names = tr_names_init(names);
		s->said = tr_said_init(said, seed);
		return s;
	}
	LM_ERR("no shared memory for the names that requests go out under: start"
		   " kamailio with more memory (-m)\n");
	if(s != NULL) {
		shm_free(s);
	}
	if(names != NULL) {
		shm_free(names);
	}
	if(said != NULL) {
		shm_free(said);
	}
	return NULL;
}

int tr_offer_init(void)
{
	if(cert_match_load_api(&offer.cert_match) != 0) {
		return -1;
	}
	offer.shared = make_shared();
	if(offer.shared == NULL) {
		return -1;
	}
	if(register_check_self_func(is_ours) != 0
			|| sr_event_register_cb(SREV_NET_DATA_IN, on_receive) != 0) {
		LM_ERR("cannot look at replies: too many modules do\n");
		return -1;
	}
	return 0;
}

void tr_offer_destroy(void)
{
	if(offer.shared == NULL) {
		return;
	}
	shm_free(offer.shared->names);
	shm_free(offer.shared->said);
	shm_free(offer.shared);
	offer.shared = NULL;
}
