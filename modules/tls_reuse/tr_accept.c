/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May requests of ours travel on the connection that a peer opened? See the
 * header. */
#include "tr_accept.h"

#include "tr_close.h"
#include "tr_conn.h"
#include "tr_keep.h"
#include "tr_last.h"
#include "tr_peers.h"
#include "tr_stats.h"

/* Rows that one connection can have: each domain of the peer's with each of
 * ours. */
#define ROWS_MAX 16

#define NO_STAT TR_STAT_COUNT

static const struct {
	enum tr_stat stat;
	const char *words;
} verdicts[] = {
		[TR_ACCEPT_ERROR] = {TR_STAT_MALFORMED,
				"this is no request with a Via that can be read"},
		[TR_ACCEPT_NOT_ASKED] = {NO_STAT, "the peer does not ask for an alias"},
		[TR_ACCEPT_CLEAR] = {TR_STAT_ALIAS_CLEAR,
				"an alias is for TLS connections only"},
		[TR_ACCEPT_NO_CERTIFICATE] = {TR_STAT_ALIAS_NO_CERTIFICATE,
				"no alias for a peer who showed no certificate"},
		[TR_ACCEPT_NOT_VERIFIED] = {TR_STAT_ALIAS_NOT_VERIFIED,
				"no alias for a peer whose certificate was not verified"},
		[TR_ACCEPT_NO_IDENTITY] = {TR_STAT_ALIAS_NO_IDENTITY,
				"no alias for a peer whose certificate names no SIP domain"},
		[TR_ACCEPT_FULL] = {TR_STAT_ALIASES_REFUSED,
				"there are connections enough to this address for this domain"},
		[TR_ACCEPT_CLOSING] = {TR_STAT_ALIAS_CLOSING,
				"no alias: the connection is about to close"},
		[TR_ACCEPT_OURS] = {NO_STAT,
				"we opened this connection: it has its row already"},
		[TR_ACCEPT_OK] = {NO_STAT, "the connection is an alias"},
};

/* The rows of one connection. */
struct rows {
	int conid;
	unsigned made; /* now */
	unsigned have; /* now or before */
	struct tr_alias_key key;
};

static void add_row(struct rows *rows)
{
	switch(tr_peers_add(&rows->key, TR_ALIAS_ACCEPTED, rows->conid)) {
		case TR_ALIAS_EVICTED:
			tr_stats_inc(TR_STAT_ALIASES_EVICTED);
			/* fall through */
		case TR_ALIAS_ADDED:
			rows->made++;
			rows->have++;
			break;
		case TR_ALIAS_THERE:
			rows->have++;
			break;
		case TR_ALIAS_REFUSED:
			tr_stats_inc(TR_STAT_ALIASES_REFUSED);
			break;
	}
}

static struct tr_view view(const struct tr_conn_name *name)
{
	return (struct tr_view){name->text, name->len};
}

/* RFC 5923 s8.2-8, s9.3: a row for each domain that he is, on behalf of each that we
 * are for him; on behalf of nobody in particular when our certificate names
 * nobody. */
static void add_rows(struct rows *rows, const struct tr_conn_caller *caller)
{
	unsigned p, o, n = 0;

	for(p = 0; p < caller->peers && n < ROWS_MAX; p++) {
		rows->key.domain = view(&caller->peer[p]);
		rows->key.local = (struct tr_view){NULL, 0};
		if(caller->ours == 0) {
			add_row(rows);
			n++;
		}
		for(o = 0; o < caller->ours && n < ROWS_MAX; o++, n++) {
			rows->key.local = view(&caller->our[o]);
			add_row(rows);
		}
	}
	if(caller->more || p < caller->peers) {
		tr_stats_inc(TR_STAT_ALIASES_MORE);
	}
}

static enum tr_accept judge(const struct sip_msg *msg, struct rows *rows,
		struct tr_conn_caller *caller)
{
	int asked;

	if(msg->first_line.type != SIP_REQUEST || msg->via1 == NULL) {
		return TR_ACCEPT_ERROR;
	}
	asked = tr_conn_alias_asked(msg, &rows->key);
	if(msg->via1->alias == NULL) {
		return TR_ACCEPT_NOT_ASKED;
	}
	if(asked < 0) {
		return tr_conn_from_outside(msg) ? TR_ACCEPT_ERROR : TR_ACCEPT_CLEAR;
	}
	rows->conid = tr_conn_id(msg);
	if(tr_close_has(rows->conid)) {
		return TR_ACCEPT_CLOSING;
	}
	if(tr_conn_caller(rows->conid, caller) != 0) {
		return TR_ACCEPT_OURS;
	}
	/* RFC 5923 s8.2-7, s9.2-3: no certificate, no alias */
	if(!caller->certificate) {
		return TR_ACCEPT_NO_CERTIFICATE;
	}
	if(!caller->verified) {
		return TR_ACCEPT_NOT_VERIFIED;
	}
	return caller->peers > 0 ? TR_ACCEPT_OK : TR_ACCEPT_NO_IDENTITY;
}

enum tr_accept tr_accept(struct sip_msg *msg)
{
	struct tr_conn_caller caller;
	struct rows rows = {0};
	enum tr_accept result = judge(msg, &rows, &caller);

	if(result == TR_ACCEPT_OK) {
		add_rows(&rows, &caller);
		if(rows.have == 0) {
			result = TR_ACCEPT_FULL;
		}
	}
	/* When it closed before the rows were made, nobody removes them. */
	if(rows.made > 0 && !tr_conn_alive(rows.conid)) {
		tr_peers_drop(rows.conid);
	} else if(rows.made > 0) {
		tr_stats_inc(TR_STAT_ALIASES_ACCEPTED);
		tr_keep(rows.conid);
	}
	if(verdicts[result].stat != NO_STAT && result != TR_ACCEPT_FULL) {
		tr_stats_inc(verdicts[result].stat);
	}
	tr_last_alias(msg, verdicts[result].words);
	return result;
}
