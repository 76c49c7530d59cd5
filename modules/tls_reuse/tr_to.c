/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For which domain does this request leave from here on? */
#include "tr_to.h"

#include "tr_branch.h"
#include "tr_conn.h"
#include "tr_dest.h"
#include "tr_last.h"
#include "tr_send.h"
#include "tr_stats.h"

#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/mem/mem.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/ut.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>

#define SCHEME "sip:"
#define TRANSPORT ";transport=tls"

/* Octets of a destination URI that we make, without its mark. */
#define URI_MAX                                                                \
	(sizeof(SCHEME) + TR_NAME_MAX + 1 + INT2STR_MAX_LEN + sizeof(TRANSPORT))

/* Octets of the longest destination URI that is remembered. */
#define WROTE_MAX 256

static struct {
	struct tr_mark_key key; /* written before the fork, then only read */
	/* What this process wrote last. Most requests are sent on by the process
	 * that marked them, and at once, so a mark is seldom read; and the next
	 * request is often for the same domains. */
	struct {
		struct tr_domains pair; /* without a domain: nothing yet */
		unsigned id;            /* sip_msg's: unique together with pid */
		int pid;
		size_t len; /* of uri; 0: it was longer */
		char uri[WROTE_MAX];
	} wrote;
} to;

int tr_to_init(void)
{
	if(getrandom(&to.key, sizeof(to.key), 0) != sizeof(to.key)) {
		LM_ERR("no randomness for the key of tls_reuse_to()\n");
		return -1;
	}
	return 0;
}

void tr_to_destroy(void)
{
	OPENSSL_cleanse(&to.key, sizeof(to.key));
}

static enum tr_to refuse(struct sip_msg *msg, enum tr_to result,
		enum tr_stat stat, const char *reason)
{
	tr_stats_inc(stat);
	tr_last_say(msg, reason);
	return result;
}

static struct tr_view call_id_of(struct sip_msg *msg)
{
	struct tr_view none = {NULL, 0};

	if(parse_headers(msg, HDR_CALLID_F, 0) < 0 || msg->callid == NULL) {
		return none;
	}
	return (struct tr_view){msg->callid->body.s, (size_t)msg->callid->body.len};
}

static void remember(const struct sip_msg *msg, const str *uri,
		const struct tr_domains *pair)
{
	to.wrote.pair = *pair;
	to.wrote.len = 0;
	if(uri->len <= WROTE_MAX) {
		to.wrote.id = msg->id;
		to.wrote.pid = msg->pid;
		to.wrote.len = (size_t)uri->len;
		memcpy(to.wrote.uri, uri->s, to.wrote.len);
	}
}

/* Did this process write this very URI for this very message? */
static int is_remembered(const struct sip_msg *msg)
{
	return to.wrote.len > 0 && msg->dst_uri.s != NULL && to.wrote.id == msg->id
		   && to.wrote.pid == msg->pid
		   && to.wrote.len == (size_t)msg->dst_uri.len
		   && memcmp(to.wrote.uri, msg->dst_uri.s, to.wrote.len) == 0;
}

enum tr_mark tr_to_of(struct sip_msg *msg, struct tr_domains *pair)
{
	struct tr_view uri = {msg->dst_uri.s, (size_t)msg->dst_uri.len};

	if(is_remembered(msg)) {
		*pair = to.wrote.pair;
		return TR_MARK_OK;
	}
	/* most requests have no mark: their Call-ID is not looked for */
	if(msg->dst_uri.s == NULL || tr_mark_begin(uri) == uri.len) {
		return TR_MARK_NONE;
	}
	return tr_mark_read(&to.key, call_id_of(msg), uri, pair);
}

static int is(struct tr_view name, const str *text)
{
	return text->len > 0 && name.len == (size_t)text->len
		   && memcmp(name.s, text->s, name.len) == 0;
}

/* Are these the two domains that were named last, in canonical form? */
static int are_last(const str *domain, const str *local)
{
	const struct tr_domains *last = &to.wrote.pair;

	return is(tr_domains_domain(last), domain)
		   && (local == NULL ? last->local_len == 0
							 : is(tr_domains_local(last), local));
}

/* Fills pair; local may be NULL. Returns NULL, or in words which of them is no
 * host name. */
static const char *name_both(
		struct tr_domains *pair, const str *domain, const str *local)
{
	int len;

	if(are_last(domain, local)) {
		*pair = to.wrote.pair;
		return NULL;
	}
	memset(pair, 0, sizeof(*pair));
	if(tr_conn_domain(domain, pair->domain, &len) != 0) {
		return "the domain is no host name";
	}
	pair->domain_len = (uint8_t)len;
	if(local == NULL) {
		return NULL;
	}
	if(tr_conn_domain(local, pair->local, &len) != 0) {
		return "the local domain is no host name";
	}
	pair->local_len = (uint8_t)len;
	return NULL;
}

/* The port that the Request-URI names beside this very domain; 0: none. */
static unsigned port_of(
		const struct sip_uri *uri, const struct tr_domains *pair)
{
	char host[TR_NAME_MAX + 1];
	int len;

	if(uri->port.len == 0 || tr_conn_domain(&uri->host, host, &len) != 0
			|| len != pair->domain_len
			|| memcmp(host, pair->domain, (size_t)len) != 0) {
		return 0;
	}
	return uri->port_no;
}

/* RFC 3263 s4: the core resolves the domain, and nothing else, unless the
 * Request-URI names a port of it. Returns the length. */
static size_t make_uri(
		const struct sip_uri *ruri, const struct tr_domains *pair, char *out)
{
	unsigned port = port_of(ruri, pair);
	char *p = out, *digits;
	int len;

	memcpy(p, SCHEME, sizeof(SCHEME) - 1);
	p += sizeof(SCHEME) - 1;
	memcpy(p, pair->domain, pair->domain_len);
	p += pair->domain_len;
	if(port != 0) {
		digits = int2str(port, &len);
		*p++ = ':';
		memcpy(p, digits, (size_t)len);
		p += len;
	}
	memcpy(p, TRANSPORT, sizeof(TRANSPORT) - 1);
	return (size_t)(p - out) + sizeof(TRANSPORT) - 1;
}

/* Puts base and the mark into the destination URI. 0, or -1: no memory. */
static int mark(struct sip_msg *msg, struct tr_view call_id,
		struct tr_view base, const struct tr_domains *pair)
{
	str uri;
	int rc;

	uri.s = pkg_malloc(base.len + TR_MARK_MAX);
	if(uri.s == NULL) {
		PKG_MEM_ERROR;
		return -1;
	}
	memcpy(uri.s, base.s, base.len);
	uri.len = (int)base.len;
	uri.len += (int)tr_mark_write(&to.key, call_id, pair, uri.s + base.len);
	rc = set_dst_uri(msg, &uri) < 0 ? -1 : 0;
	remember(msg, &uri, pair);
	pkg_free(uri.s);
	return rc;
}

enum tr_to tr_to(struct sip_msg *msg, const str *domain, const str *local)
{
	char text[URI_MAX];
	struct tr_view base = {text, 0}, call_id;
	struct tr_domains pair;
	const char *wrong;

	if(msg->first_line.type != SIP_REQUEST || parse_sip_msg_uri(msg) < 0
			|| (call_id = call_id_of(msg)).s == NULL) {
		return refuse(msg, TR_TO_ERROR, TR_STAT_MALFORMED,
				"this is no request with a URI and a Call-ID");
	}
	wrong = name_both(&pair, domain, local);
	if(wrong != NULL) {
		return refuse(msg, TR_TO_NO_NAME, TR_STAT_TO_NO_NAME, wrong);
	}
	if(msg->dst_uri.s != NULL && msg->dst_uri.len > 0) {
		/* the script's own next hop; what is marked already is marked anew */
		base.s = msg->dst_uri.s;
		base.len = tr_mark_begin(
				(struct tr_view){msg->dst_uri.s, (size_t)msg->dst_uri.len});
	} else {
		base.len = make_uri(&msg->parsed_uri, &pair, text);
	}
	if(tr_branch_watch(msg) != 0 || mark(msg, call_id, base, &pair) != 0) {
		return refuse(msg, TR_TO_ERROR, TR_STAT_ERRORS, "out of memory");
	}
	/* as "$du = ..." does, for another branch in a failure route */
	ruri_mark_new();
	tr_dest_set_tag(msg, TR_SEND_UNSETTLED);
	tr_stats_inc(TR_STAT_TO);
	tr_last_say(msg, "the request goes to a domain");
	return TR_TO_OK;
}
