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

#include "cm_trace.h"

/* What is checked of a server when nobody said which domain it should be. */
enum cm_default_expect {
	CM_DEFAULT_PROFILE =
			0,          /* what the tls client profile asks, as stock does */
	CM_DEFAULT_ADDRESS, /* its certificate names the address we connect to */
	CM_DEFAULT_REFUSE   /* no such connection is opened */
};

/* Is the tls module loaded, and alone? Logs which loadmodule line is missing
 * or out of order. 0 or -1. Callable from mod_register() on. */
int cm_conn_tls_there(void);

struct cm_life_opts {
	enum cm_default_expect default_expect;
	int accepted_by_address; /* 1: as stock, connections that peers opened are
								found by their address */
};

/* Put ourselves in front of the tls module's functions; the store must be
 * there. 0 or -1. */
int cm_conn_hook(
		const struct cm_trace_opts *opts, const struct cm_life_opts *life);

/* The core's own limit of TLS connections. */
int cm_conn_core_max(void);

/* 1 if this Kamailio itself drops OpenSSL's inherited per-thread state after
 * a fork (its tls_threads_mode is there and not 0). */
int cm_conn_core_cures_fork(void);

#endif
