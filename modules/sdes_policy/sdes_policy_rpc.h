/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy_rpc answers: what does an operator see and order at run time?
 */
#ifndef SDES_POLICY_RPC_H
#define SDES_POLICY_RPC_H

/* path: of the policy file, stays the caller's. 0 or -1. */
int sdes_policy_rpc_init(const char *path);

#endif
