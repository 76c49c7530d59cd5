/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose request came to nothing, and must be told? Requests that were sent on
 * a connection that we opened are kept, in shared memory, until its peer says
 * anything; if the connection ends before that, each is answered with a 503
 * (tr_503.h).
 *
 * Owner and lifetime: a copy is made when the core has sent the request (a
 * send that fails is told to the script and never comes here), belongs to the
 * queue (tr_queue.h) from then on, and is freed when its connection speaks,
 * when it was answered, or TR_QUEUE_MS later. One lock for all; nothing
 * but the queue is touched while it is held.
 *
 * No answer is lost, and none is made twice: whoever takes a copy out of the
 * queue under the lock frees it. The sender puts it there and then asks whether
 * the connection is still there and still silent; its end and its first octet
 * are recorded before they are told here. */
#ifndef TR_WAIT_H
#define TR_WAIT_H

#include "tr_conn.h"

/* In mod_init, behind tr_send_init() and tr_hide_init(). 0, or -1 after saying
 * why. Without it nothing is kept. */
int tr_wait_init(void);
void tr_wait_destroy(void);

/* Adds what tr_wait must hear of to the events. */
void tr_wait_listen(struct tr_conn_events *events);

/* The connection has closed: in closed of the events, which others hear, too.
 */
void tr_wait_closed(int conid);

/* In the module's own process (tr_ticker.h). Answers what is lost: whenever it
 * is woken. */
void tr_wait_answer(void);

/* Ends connections that take too long to come up (tr_connect.h), and drops
 * what has waited for too long: once a second. */
void tr_wait_tick(void);

/* Requests that wait now, and those that are about to be answered. */
long tr_wait_count(void);

#endif
