/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does an operator see which certificates end soon? */
#ifndef CERT_MATCH_RPC_EXPIRY_H
#define CERT_MATCH_RPC_EXPIRY_H

#include "../../core/rpc.h"

/* cert_match.expiry, soonest first. */
void cm_rpc_expiry(rpc_t *rpc, void *ctx);

#endif
