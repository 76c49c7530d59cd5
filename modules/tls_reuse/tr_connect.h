/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a connection take too long to come up? The core gives up a connect after
 * tcp_connect_timeout, but looks at its clock only when something happens, and
 * else every five seconds; a peer that takes the connection and then says
 * nothing of TLS it leaves alone until tcp_connection_lifetime. */
#ifndef TR_CONNECT_H
#define TR_CONNECT_H

#include <stdint.h>

/* tcp_connect_timeout, in milliseconds. */
int64_t tr_connect_timeout(void);

/* Ends a connection that we opened, when for so many milliseconds it has not
 * come up: TCP in tcp_connect_timeout, and TLS in twice that time. In a process that
 * can send. */
void tr_connect_check(int conid, int64_t ms);

#endif
