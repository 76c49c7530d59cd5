/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How does the record of a TLS connection begin, and how does it end?
 *
 * The part of the adapter (cm_conn.h) that runs once for each connection.
 */
#ifndef CM_LIFE_H
#define CM_LIFE_H

#include <openssl/ssl.h>

#include "api.h"
#include "cm_conn.h"

struct tcp_connection;

/* Before any fork. */
void cm_life_init(
		const struct cm_trace_opts *opts, const struct cm_life_opts *life);

/* The options for connections of this direction. */
const struct cm_trace_opts *cm_life_opts(enum cm_dir dir);

/* A connection is made: nobody else knows it yet. 0, or -1: it must not be
 * (nothing of ours is left then). */
int cm_life_begin(struct tcp_connection *c);

/* Its socket is about to be closed, in tcp_main: a last look at it. */
void cm_life_closing(struct tcp_connection *c, int fd);

/* It is about to be freed, and nobody else knows it any more; ssl may be NULL.
 */
void cm_life_end(struct tcp_connection *c, SSL *ssl);

#endif
