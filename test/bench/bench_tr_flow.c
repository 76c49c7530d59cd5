/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do tokens cost: to make one for a Contact, to open one in a request, and
 * to be shown one of somebody who tries? */
#include "../../modules/tls_reuse/tr_flow.h"

#include "bench.h"

#include <string.h>

#define NOW ((time_t)480000 * 3600)

struct work {
	struct tr_flow_keys keys;
	struct tr_secrets secrets;
	struct tr_flow flow;
	enum tr_kind want;
	char token[TR_FLOW_TOKEN_MAX];
	size_t len;
};

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

static int make(const void *arg)
{
	const struct work *w = arg;
	char out[TR_FLOW_TOKEN_MAX];
	size_t len;

	return tr_flow_encode(&w->keys, &w->flow, out, sizeof(out), &len) == 0;
}

static int open_it(const void *arg)
{
	const struct work *w = arg;
	char buf[TR_FLOW_BUF];
	struct tr_flow flow;

	return (int)tr_flow_decode(&w->keys, w->want,
			(struct tr_view){w->token, w->len}, NOW, &flow, buf);
}

/* What it would cost without keys that are made ready once. */
static int with_setup(const void *arg)
{
	const struct work *w = arg;
	struct tr_flow_keys keys;
	char buf[TR_FLOW_BUF];
	struct tr_flow flow;

	tr_flow_init(&keys, &w->secrets, &w->keys.edge, 7, 86400);
	return (int)tr_flow_decode(&keys, w->want,
			(struct tr_view){w->token, w->len}, NOW, &flow, buf);
}

static void run(const char *what, enum tr_kind kind, const char *uri)
{
	static const struct bench_way ways[] = {{"opened", open_it}, {"made", make},
			{"opened, the keys made ready each time", with_setup},
			{NULL, NULL}};
	struct tr_edge_addr edge;
	struct work w = {.flow = {.kind = kind, .uri = view(uri)},
			.want = kind == TR_KIND_PBX ? TR_KIND_PBX : TR_KIND_PHONE};
	unsigned line;

	w.flow.conid = kind == TR_KIND_PHONE ? 3 : 0;
	w.flow.made = kind == TR_KIND_PBX ? tr_flow_hour(NOW) : 0;
	if(tr_keys_read(view("the newest of four keys\nthe third of four keys\n"
						 "the second of four keys\nthe oldest of four keys\n"),
			   &w.secrets, &line)
					!= TR_KEYS_OK
			|| tr_edge_read(view("10.99.1.1:5060"), &edge) != 0
			|| tr_flow_init(&w.keys, &w.secrets, &edge, 7, 86400) != 0
			|| tr_flow_encode(
					   &w.keys, &w.flow, w.token, sizeof(w.token), &w.len)
					   != 0
			|| open_it(&w) != TR_OK)
		abort();
	bench(what, &w, ways);
}

int main(void)
{
	bench_head();
	run("a phone's, URI of 42 octets", TR_KIND_PHONE,
			"sip:alice@192.168.1.20:51234;transport=tls");
	run("a registered phone's, no URI", TR_KIND_REGISTERED, "");
	run("the PBX's, URI of 22 octets", TR_KIND_PBX, "sip:100@10.99.1.2:5060");
	return 0;
}
