/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask a running Kamailio about its TLS connections? */
#ifndef CERT_MATCH_RPC_H
#define CERT_MATCH_RPC_H

#include "cm_ident.h"
#include "cm_match.h"

/* The options that cert_match.check decides with; before the forks. */
void cert_match_rpc_options(
		const struct cm_ident_opts *ident, const struct cm_match_opts *match);

/* Register the commands. 0 or -1. */
int cert_match_rpc_init(void);

#endif
