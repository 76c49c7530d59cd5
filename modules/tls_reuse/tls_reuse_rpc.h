/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can an operator ask this module while it runs? */
#ifndef TLS_REUSE_RPC_H
#define TLS_REUSE_RPC_H

#include "../../core/rpc.h"

extern rpc_export_t tls_reuse_rpc[];

#endif
