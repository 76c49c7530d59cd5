/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens on a TLS connection, as Kamailio's tls module and TCP core see
 * it?
 *
 * The adapter: no other file knows tls_hook, the tls module's structs or
 * struct tcp_connection, nor which Kamailio version this is.
 */
#ifndef CM_CONN_H
#define CM_CONN_H

#include "cm_ident.h"

/* Is the tls module loaded, and alone? Logs which loadmodule line is missing
 * or out of order. 0 or -1. Callable from mod_register() on. */
int cm_conn_tls_there(void);

/* Put ourselves in front of the tls module's functions; the store must be
 * there. 0 or -1. */
int cm_conn_hook(const struct cm_ident_opts *opts);

/* The core's own limit of TLS connections. */
int cm_conn_core_max(void);

/* 1 if this Kamailio itself drops OpenSSL's inherited per-thread state after
 * a fork (its tls_threads_mode is there and not 0). */
int cm_conn_core_cures_fork(void);

#endif
