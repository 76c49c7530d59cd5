/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does an operator see which certificates end soon? */

#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"

#include "cert_match_rpc_expiry.h"
#include "cert_match_rpc_words.h"
#include "cm_dates_store.h"
#include "cm_expiry.h"

static const char cm_expiry_usage[] =
		"cert_match.expiry [own|peer] [ok|soon|expired]... "
		"[limit (1 to 10000) [offset]]";

static int cm_expiry_word(void *arg, const str *word)
{
	static const struct {
		str name;
		unsigned what;
	} words[] = {
			{STR_STATIC_INIT("own"), CM_PICK_OWN},
			{STR_STATIC_INIT("peer"), CM_PICK_PEER},
			{STR_STATIC_INIT("ok"), CM_PICK_OK},
			{STR_STATIC_INIT("soon"), CM_PICK_SOON},
			{STR_STATIC_INIT("expired"), CM_PICK_EXPIRED},
	};
	unsigned *what = arg;
	size_t i;

	for(i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if(word->len == words[i].name.len
				&& memcmp(word->s, words[i].name.s, (size_t)word->len) == 0) {
			*what |= words[i].what;
			return 0;
		}
	}
	return -1;
}

static int cm_add_date(rpc_t *rpc, void *ctx, const struct cm_date *date,
		const struct cm_pick *pick)
{
	char not_after[CM_UTC_SIZE], first[CM_UTC_SIZE], last[CM_UTC_SIZE];
	char fingerprint[CM_FINGERPRINT_TEXT];
	enum cm_days_state state =
			cm_days_state(date->not_after, pick->now, pick->warn_days);
	int own = date->owner == CM_OWNER_OWN;
	void *s;

	cm_days_utc(not_after, date->not_after);
	cm_days_utc(first, date->first_seen);
	cm_days_utc(last, date->last_seen);
	cm_fingerprint_text(fingerprint, date->fingerprint);
	if(rpc->add(ctx, "{", &s) < 0)
		return -1;
	if(rpc->struct_add(s, "sss", "owner", cm_owner_name(date->owner),
			   own ? "file" : "peer", date->place, "names", date->names)
					< 0
			|| rpc->struct_add(s, "sdss", "not_after", not_after, "days_left",
					   cm_days_left(date->not_after, pick->now), "state",
					   cm_days_state_name(state), "fingerprint", fingerprint)
					   < 0)
		return -1;
	if(!own
			&& rpc->struct_add(s, "sd", "direction",
					   date->outgoing ? "out" : "in", "times", (int)date->times)
					   < 0)
		return -1;
	return rpc->struct_add(s, "ss", "first_seen", first, "last_seen", last);
}

static void cm_add_dates(rpc_t *rpc, void *ctx, const struct cm_pick *pick,
		const struct cm_rpc_page *page, struct cm_date_key *keys, unsigned max)
{
	unsigned n = cm_dates_store_keys(pick, keys, max), i, rows = 0;
	struct cm_date date;

	cm_dates_sort(keys, n);
	for(i = page->offset; i < n && rows < page->limit; i++) {
		/* it may be gone since */
		if(cm_dates_store_get(&keys[i], &date) < 0)
			continue;
		if(cm_add_date(rpc, ctx, &date, pick) < 0) {
			cm_rpc_too_long(rpc, ctx, page->limit);
			return;
		}
		rows++;
	}
}

void cm_rpc_expiry(rpc_t *rpc, void *ctx)
{
	struct cm_pick pick = {
			.warn_days = cm_expiry_warn_days(), .now = (int64_t)time(NULL)};
	unsigned max = cm_dates_store_max();
	struct cm_date_key *keys;
	struct cm_rpc_page page;

	if(cm_rpc_words(
			   rpc, ctx, &page, cm_expiry_word, &pick.what, cm_expiry_usage)
			< 0)
		return;
	if(!(pick.what & CM_PICK_OWNERS))
		pick.what |= CM_PICK_OWNERS;
	if(!(pick.what & CM_PICK_STATES))
		pick.what |= CM_PICK_STATES;
	keys = pkg_malloc(max * sizeof(*keys));
	if(!keys) {
		PKG_MEM_ERROR;
		rpc->fault(ctx, 500, "no memory to sort %u certificates", max);
		return;
	}
	cm_add_dates(rpc, ctx, &pick, &page, keys, max);
	pkg_free(keys);
}
