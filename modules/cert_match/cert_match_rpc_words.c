/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows of a table does an RPC command ask for? */

#include "../../core/dprint.h"
#include "../../core/ut.h"

#include "cert_match_rpc_words.h"

#define CM_OFFSET_MAX 100000000

static int cm_is_number(const str *word)
{
	int i;

	for(i = 0; i < word->len; i++)
		if(word->s[i] < '0' || word->s[i] > '9')
			return 0;
	return word->len > 0;
}

/* 0, or -1: it is out of bounds, or the third. */
static int cm_rpc_number(
		struct cm_rpc_page *page, const str *word, unsigned count)
{
	unsigned n;

	if(str2int((str *)word, &n) < 0)
		return -1;
	if(count == 0 && n >= 1 && n <= CM_LIMIT_MAX) {
		page->limit = n;
		return 0;
	}
	if(count == 1 && n <= CM_OFFSET_MAX) {
		page->offset = n;
		return 0;
	}
	return -1;
}

int cm_rpc_words(rpc_t *rpc, void *ctx, struct cm_rpc_page *page,
		cm_rpc_word_f word, void *arg, const char *usage)
{
	unsigned numbers = 0;
	int ret = 0;
	str s;

	page->limit = CM_LIMIT_DEFAULT;
	page->offset = 0;
	/* a number comes as one or as text, by the RPC transport's taste */
	while(ret == 0 && rpc->scan(ctx, "*.S", &s) > 0) {
		if(cm_is_number(&s))
			ret = cm_rpc_number(page, &s, numbers++);
		else
			ret = word(arg, &s);
	}
	if(ret < 0)
		rpc->fault(ctx, 400, "usage: %s", usage);
	return ret;
}

void cm_rpc_too_long(rpc_t *rpc, void *ctx, unsigned limit)
{
	LM_ERR("the reply is too long: ask for fewer than %u rows\n", limit);
	rpc->fault(ctx, 500, "the reply is too long: ask for fewer than %u rows",
			limit);
}
