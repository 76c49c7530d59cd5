/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the sender of a lost request hear of it? See the header. */
#include "tr_answer.h"

#include "tr_503.h"
#include "tr_header.h"
#include "tr_params.h"
#include "tr_receive.h"
#include "tr_stats.h"

#include "../../core/dprint.h"
#include "../../core/mem/mem.h"

#include <string.h>

/* RFC 3261 s25.1: warn-agent, where our own name is an address that the other
 * side should not read. */
#define PSEUDONYM "tls-edge"

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* In a few words and in more. */
static struct tr_503 words_for(const char *why)
{
	struct tr_503 what;

	if(why != NULL) {
		what.phrase = view("Connection Failed");
		what.why = view(why);
	} else {
		what.phrase = view("Connection Closed");
		what.why = view("the connection closed before the peer said anything");
	}
	what.host = tr_addr_name(&tr_params.outer);
	if(what.host.len == 0) {
		what.host = view(PSEUDONYM);
	}
	return what;
}

static struct tr_view call_id_of(struct tr_view message)
{
	struct tr_header h;

	tr_header_start(message, &h);
	while(tr_header_next(message, &h) == 0) {
		if(tr_header_is(&h, "call-id", 'i')) {
			return h.value;
		}
	}
	return view("-");
}

/* answer: as the core has read it, with the Call-ID that the sender knows. */
static void tell(
		const struct tr_peer *peer, struct tr_view why, struct tr_view answer)
{
	struct tr_view id = call_id_of(answer);
	struct ip_addr ip = peer->ip;

	LM_NOTICE("503 to the sender of a request to %s:%d: %.*s; Call-ID %.*s\n",
			ip_addr2a(&ip), peer->port, (int)why.len, why.s, (int)id.len, id.s);
}

void tr_answer(int conid, const struct tr_peer *peer, struct tr_view request,
		const char *why)
{
	struct tr_503 what = words_for(why);
	char *buf = pkg_malloc(TR_RECEIVE_MAX + 1);
	size_t len;

	if(buf == NULL) {
		PKG_MEM_ERROR;
		tr_stats_inc(TR_STAT_ERRORS);
		return;
	}
	if(tr_503_make(&what, request, buf, TR_RECEIVE_MAX, &len) == 0) {
		buf[len] = '\0';
		tr_stats_inc(TR_STAT_FAIL_REPLIES);
		tr_receive(conid, peer, buf, (unsigned)len);
		tell(peer, what.why, view(buf));
	} else {
		tr_stats_inc(TR_STAT_ERRORS);
	}
	pkg_free(buf);
}
