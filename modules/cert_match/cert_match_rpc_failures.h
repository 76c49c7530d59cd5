/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask about handshakes that failed? */
#ifndef CERT_MATCH_RPC_FAILURES_H
#define CERT_MATCH_RPC_FAILURES_H

/* Register cert_match.failures and cert_match.failing; in mod_init. 0 or -1. */
int cert_match_rpc_failures_init(void);

#endif
