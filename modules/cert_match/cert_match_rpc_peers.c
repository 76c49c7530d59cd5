/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does an operator see the TLS connections? Rows are copied out one by
 * one, then printed. */

#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"
#include "../../core/resolve.h"

#include "cert_match_rpc_peers.h"
#include "cert_match_rpc_words.h"
#include "cm_domain.h"
#include "cm_row.h"

#define CM_WORDS_MAX 4 /* addresses, and names */
#define CM_IDS_SPARE 64

/* What a connection must be: one of each kind that was named. */
struct cm_filter {
	unsigned directions; /* a bit for each, 0: any */
	unsigned states;
	unsigned addresses;
	unsigned names;
	struct ip_addr address[CM_WORDS_MAX];
	struct cm_name name[CM_WORDS_MAX];
};

static const char cm_peers_usage[] =
		"cert_match.peers [in|out] [opened|handshaking|established|closing] "
		"[address] [domain] [limit (1 to 10000) [offset]]";

static int cm_add_addresses(rpc_t *rpc, void *s, struct cm_conn_info *info)
{
	char peer[IP_ADDR_MAX_STRZ_SIZE + 1], local[sizeof(peer)];

	peer[ip_addr2sbufz(&info->peer_ip, peer, sizeof(peer) - 1)] = '\0';
	if(rpc->struct_printf(s, "peer", "%s:%u", peer, info->peer_port) < 0)
		return -1;
	/* one that we are still opening has no address of its own yet */
	if(info->local_ip.af == 0)
		return rpc->struct_add(s, "s", "local", "");
	local[ip_addr2sbufz(&info->local_ip, local, sizeof(local) - 1)] = '\0';
	/* nor a port, until TCP is up */
	if(info->local_port == 0)
		return rpc->struct_add(s, "s", "local", local);
	return rpc->struct_printf(s, "local", "%s:%u", local, info->local_port);
}

static int cm_add_traffic(rpc_t *rpc, void *s, const struct cm_traffic *traffic)
{
	if(rpc->struct_printf(
			   s, "bytes_in", "%llu", (unsigned long long)traffic->bytes_in)
					< 0
			|| rpc->struct_printf(s, "bytes_out", "%llu",
					   (unsigned long long)traffic->bytes_out)
					   < 0)
		return -1;
	return rpc->struct_add(s, "dd", "messages_in", (int)traffic->messages_in,
			"messages_out", (int)traffic->messages_out);
}

static int cm_add_row(rpc_t *rpc, void *ctx, struct cm_row *row, time_t now)
{
	void *s;

	if(rpc->add(ctx, "{", &s) < 0)
		return -1;
	if(rpc->struct_add(s, "d", "id", row->info.id) < 0
			|| cm_add_addresses(rpc, s, &row->info) < 0)
		return -1;
	if(rpc->struct_add(s, "sssssssss", "direction", cm_dir_name(row->info.dir),
			   "state", cm_state_name(row->info.state), "identities",
			   row->identities, "source", cm_source_name(row->source),
			   "expected", row->expected, "on_behalf", row->on_behalf,
			   "version", row->version, "cipher", row->cipher, "sni", row->sni)
			< 0)
		return -1;
	if(rpc->struct_add(s, "ddsss", "resumed", row->resumed, "verified",
			   row->verified, "reason", cm_row_words(row), "warning",
			   cm_row_warning(row), "fingerprint", row->fingerprint)
			< 0)
		return -1;
	if(row->has_cert
			&& rpc->struct_add(s, "d", "days_left", cm_row_days_left(row, now))
					   < 0)
		return -1;
	if(rpc->struct_add(s, "d", "age", (int)(now - row->opened)) < 0)
		return -1;
	return cm_add_traffic(rpc, s, &row->traffic);
}

/* --- which ones ------------------------------------------------------- */

static int cm_filter_address(struct cm_filter *f, const str *word)
{
	struct ip_addr *ip = str2ip((str *)word);

	if(!ip)
		ip = str2ip6((str *)word);
	if(!ip || f->addresses >= CM_WORDS_MAX)
		return -1;
	f->address[f->addresses++] = *ip;
	return 0;
}

static int cm_filter_name(struct cm_filter *f, const str *word)
{
	struct cm_name name;
	enum cm_reason reason;

	/* "*.example.com" names the identity that reads so, and no other */
	if(word->len > 0 && word->s[0] == '*')
		reason = cm_name_parse(word->s, (size_t)word->len, 1, &name);
	else
		reason = cm_domain_parse(word->s, (size_t)word->len, &name);
	if(reason != CM_OK || f->names >= CM_WORDS_MAX)
		return -1;
	f->name[f->names++] = name;
	return 0;
}

static int cm_filter_word(void *arg, const str *word)
{
	struct cm_filter *f = arg;
	int i;

	for(i = CM_DIR_IN; i <= CM_DIR_OUT; i++) {
		const char *name = cm_dir_name((enum cm_dir)i);

		if(word->len == (int)strlen(name)
				&& memcmp(word->s, name, (size_t)word->len) == 0) {
			f->directions |= 1u << i;
			return 0;
		}
	}
	for(i = CM_STATE_OPENED; i <= CM_STATE_CLOSING; i++) {
		const char *name = cm_state_name((enum cm_state)i);

		if(word->len == (int)strlen(name)
				&& memcmp(word->s, name, (size_t)word->len) == 0) {
			f->states |= 1u << i;
			return 0;
		}
	}
	if(cm_filter_address(f, word) == 0)
		return 0;
	return cm_filter_name(f, word);
}

static int cm_fits_address(
		const struct cm_filter *f, const struct cm_conn_info *info)
{
	unsigned i;

	for(i = 0; i < f->addresses; i++)
		if(f->address[i].af == info->peer_ip.af
				&& memcmp(f->address[i].u.addr, info->peer_ip.u.addr,
						   info->peer_ip.len)
						   == 0)
			return 1;
	return f->addresses == 0;
}

static int cm_is_name(const struct cm_filter *f, const char *text, size_t len)
{
	unsigned i;

	for(i = 0; i < f->names; i++)
		if(f->name[i].len == len && memcmp(f->name[i].text, text, len) == 0)
			return 1;
	return 0;
}

static int cm_fits_name(const struct cm_filter *f, const struct cm_rec *rec)
{
	struct cm_names names;
	size_t offset = 0, len;
	const char *name;

	if(f->names == 0)
		return 1;
	if(rec->expected && cm_is_name(f, rec->expected, strlen(rec->expected)))
		return 1;
	if(!rec->facts)
		return 0;
	names = cm_facts_names(rec->facts);
	while((name = cm_names_next(&names, &offset, &len)) != NULL)
		if(cm_is_name(f, name, len))
			return 1;
	return 0;
}

/* under the lock of the record */
static int cm_fits(const struct cm_rec *rec, void *arg)
{
	const struct cm_filter *f = arg;

	return (!f->directions || f->directions & 1u << rec->info.dir)
		   && (!f->states || f->states & 1u << rec->info.state)
		   && cm_fits_address(f, &rec->info) && cm_fits_name(f, rec);
}

/* Leave only those that fit, in the same order. */
static unsigned cm_sift(int *ids, unsigned n, struct cm_filter *filter)
{
	unsigned i, kept = 0;

	for(i = 0; i < n; i++)
		if(cm_store_with(ids[i], cm_fits, filter, 0))
			ids[kept++] = ids[i];
	return kept;
}

/* --- the commands ----------------------------------------------------- */

static void cm_add_rows(rpc_t *rpc, void *ctx, const struct cm_rpc_page *page,
		const int *ids, unsigned n)
{
	time_t now = time(NULL);
	struct cm_row row;
	unsigned i, rows = 0;

	for(i = page->offset; i < n && rows < page->limit; i++) {
		/* it may have ended since */
		if(cm_row_get(ids[i], &row) < 0)
			continue;
		if(cm_add_row(rpc, ctx, &row, now) < 0) {
			cm_rpc_too_long(rpc, ctx, page->limit);
			return;
		}
		rows++;
	}
}

void cm_rpc_peers(rpc_t *rpc, void *ctx)
{
	unsigned max = cm_store_count() + CM_IDS_SPARE, n;
	struct cm_filter filter;
	struct cm_rpc_page page;
	int *ids;

	memset(&filter, 0, sizeof(filter));
	if(cm_rpc_words(rpc, ctx, &page, cm_filter_word, &filter, cm_peers_usage)
			< 0)
		return;
	ids = pkg_malloc(max * sizeof(*ids));
	if(!ids) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "no memory to look at %u connections", max);
		return;
	}
	n = cm_store_ids(ids, max, 0);
	n = cm_sift(ids, n, &filter);
	cm_add_rows(rpc, ctx, &page, ids, n);
	pkg_free(ids);
}

void cm_rpc_peer(rpc_t *rpc, void *ctx)
{
	struct cm_row row;
	int id;

	if(rpc->scan(ctx, "d", &id) < 1) {
		rpc->fault(ctx, 400, "usage: cert_match.peer id");
		return;
	}
	if(cm_row_get(id, &row) < 0) {
		rpc->fault(ctx, 404, "no TLS connection %d is recorded", id);
		return;
	}
	cm_add_row(rpc, ctx, &row, time(NULL));
}
