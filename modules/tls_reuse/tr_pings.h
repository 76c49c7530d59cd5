/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When is a connection pinged, and when has its peer been silent for too long?
 * RFC 5626 s4.4.1: a ping is a double CRLF, the pong a single one; the time
 * between two pings is drawn anew each time, from 80 to 100 per cent of what
 * is set; a flow whose pong does not come within ten seconds has failed, unless
 * a message came instead.
 *
 * We are the server more often than not, and only servers are obliged to
 * answer pings (s3.5.1, s4.4.1): many phones never do, and their flows are
 * healthy. So a peer is held to it only once he has proved that he answers:
 * TR_PINGS_PROOF pings in a row, each with a CRLF close behind it. Who sends
 * CRLFs at other times does so of his own accord, as phones do whose
 * keep-alive that is: he proves nothing by them, and is never held to it. Close
 * behind a ping may be more than one: a Kamailio takes two pongs for a ping.
 *
 * Memory, clock and randomness are the caller's; times are in milliseconds of
 * a clock that only goes on. */
#ifndef TR_PINGS_H
#define TR_PINGS_H

#include <stdint.h>

/* RFC 5626 s4.4.1 */
#define TR_PINGS_PONG_MS 10000

/* What comes so soon behind a ping is taken for its answer. */
#define TR_PINGS_CLOSE_MS 2000
#define TR_PINGS_PROOF 3

/* How often one that is not pinged is looked at. */
#define TR_PINGS_LOOK_MS 30000

/* One connection. */
struct tr_pings {
	int64_t look;    /* when there is something to do next */
	int64_t due;     /* when it is pinged next */
	int64_t pinged;  /* the last ping; if there was one */
	int64_t asked;   /* the first ping that nothing came after; if waiting */
	uint64_t bytes;  /* that had come by then */
	uint32_t pongs;  /* CRLFs that were seen at the last look */
	uint8_t fresh;   /* what comes now is close behind the last ping */
	uint8_t counted; /* ... and an answer to it was */
	uint8_t waiting;
	uint8_t proved; /* pings in a row that were answered */
	uint8_t chatty; /* it sends CRLFs of its own accord */
};

/* What is known of what the peer has sent since the connection is there. */
struct tr_pings_heard {
	uint64_t bytes;
	uint32_t pongs; /* times that all he sent at once was CRLF */
};

enum tr_pings_do {
	TR_PINGS_NOTHING = 0,
	TR_PINGS_SEND,   /* a ping, now */
	TR_PINGS_OVERDUE /* the flow has failed: close it */
};

/* interval: milliseconds between two pings, 0: none are sent. random: any
 * number. */
void tr_pings_start(struct tr_pings *p, int64_t interval, int64_t now,
		const struct tr_pings_heard *heard, uint32_t random);

/* Looks at a connection, when p->look has come or earlier. */
enum tr_pings_do tr_pings_look(struct tr_pings *p, int64_t interval,
		int64_t now, const struct tr_pings_heard *heard, uint32_t random);

#endif
