/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows of a table does an RPC command ask for? */
#ifndef CERT_MATCH_RPC_WORDS_H
#define CERT_MATCH_RPC_WORDS_H

#include "../../core/rpc.h"
#include "../../core/str.h"

/* So many rows fit into a reply of the ctl module's default size. */
#define CM_LIMIT_DEFAULT 50
#define CM_LIMIT_MAX 10000

struct cm_rpc_page {
	unsigned limit;
	unsigned offset;
};

/* What a command does with a word that is no number: 0, or -1: it means
 * nothing. The word is valid during the call only. */
typedef int (*cm_rpc_word_f)(void *arg, const str *word);

/* Read the parameters: the first number is the limit, the second the offset;
 * words may stand before, between and behind them. 0, or -1 and the fault says
 * how the command is used. */
int cm_rpc_words(rpc_t *rpc, void *ctx, struct cm_rpc_page *page,
		cm_rpc_word_f word, void *arg, const char *usage);

/* The reply is full. Says so to the caller and in the log. */
void cm_rpc_too_long(rpc_t *rpc, void *ctx, unsigned limit);

#endif
