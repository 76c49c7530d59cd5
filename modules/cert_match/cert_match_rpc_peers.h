/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does an operator see the TLS connections? */
#ifndef CERT_MATCH_RPC_PEERS_H
#define CERT_MATCH_RPC_PEERS_H

#include "../../core/rpc.h"

/* cert_match.peers: a row for each, or for those that all words fit. */
void cm_rpc_peers(rpc_t *rpc, void *ctx);

/* cert_match.peer: the one with this id. */
void cm_rpc_peer(rpc_t *rpc, void *ctx);

#endif
