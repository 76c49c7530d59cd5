/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When is a connection pinged, and when has its peer been silent for too long?
 * See the header. */
#include "tr_pings.h"

#include <string.h>

/* Who looks comes once in so many milliseconds: what is due a little later
 * would be done later than 100 per cent of the interval. */
#define STEP_MS 1000

/* RFC 5626 s4.4.1-6: "The random number will be different for each keep-alive
 * 'ping'", and no less than 80 per cent of the upper bound. */
static int64_t draw(int64_t interval, uint32_t random)
{
	int64_t low = interval - interval / 5, width = interval - STEP_MS - low;

	return width > 0 ? low + (int64_t)random % (width + 1) : low;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int is_held(const struct tr_pings *p)
{
	return p->proved >= TR_PINGS_PROOF && !p->chatty;
}

/* What has come since the last look? */
static void take_note(
		struct tr_pings *p, int64_t now, const struct tr_pings_heard *heard)
{
	int crlf = heard->pongs != p->pongs;

	if(crlf && p->fresh && !p->counted) {
		p->counted = 1;
		p->proved = p->proved < TR_PINGS_PROOF ? p->proved + 1 : p->proved;
	} else if(crlf && !p->fresh && !p->waiting) {
		p->chatty = 1;
	}
	p->pongs = heard->pongs;
	p->fresh = p->fresh && now - p->pinged < TR_PINGS_CLOSE_MS;
	/* that is life, whatever it was */
	if(heard->bytes != p->bytes) {
		p->waiting = 0;
	}
}

/* The next moment at which there is something to see to. */
static void plan(struct tr_pings *p)
{
	p->look = p->due;
	if(p->fresh) {
		p->look = sooner(p->look, p->pinged + TR_PINGS_CLOSE_MS);
	}
	if(p->waiting) {
		p->look = sooner(p->look, p->asked + TR_PINGS_PONG_MS);
	}
}

void tr_pings_start(struct tr_pings *p, int64_t interval, int64_t now,
		const struct tr_pings_heard *heard, uint32_t random)
{
	memset(p, 0, sizeof(*p));
	/* what came before the first ping is no pong */
	p->pongs = heard->pongs;
	p->chatty = heard->pongs > 0;
	p->due = now + (interval > 0 ? draw(interval, random) : TR_PINGS_LOOK_MS);
	plan(p);
}

enum tr_pings_do tr_pings_look(struct tr_pings *p, int64_t interval,
		int64_t now, const struct tr_pings_heard *heard, uint32_t random)
{
	enum tr_pings_do what = TR_PINGS_NOTHING;

	take_note(p, now, heard);
	if(p->waiting && now - p->asked >= TR_PINGS_PONG_MS) {
		if(is_held(p)) {
			return TR_PINGS_OVERDUE;
		}
		p->waiting = 0;
		p->proved = 0;
	}
	if(now >= p->due && interval <= 0) {
		p->due = now + TR_PINGS_LOOK_MS;
	} else if(now >= p->due) {
		what = TR_PINGS_SEND;
		p->due = now + draw(interval, random);
		p->pinged = now;
		p->fresh = 1;
		p->counted = 0;
		if(!p->waiting) {
			p->waiting = 1;
			p->asked = now;
			p->bytes = heard->bytes;
		}
	}
	plan(p);
	return what;
}
