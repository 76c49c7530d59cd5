/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a message leave, or arrive, with Vias that the other side should not
 * read? See the header. */
#include "tr_hide.h"

#include "tr_stats.h"
#include "tr_via.h"

#include "../../core/config.h"
#include "../../core/dprint.h"
#include "../../core/events.h"
#include "../../core/mem/mem.h"
#include "../../core/tcp_options.h"

#include <string.h>
#include <strings.h>

static struct tr_mac_key key; /* written before the fork, then only read */

/* The message without the line ends that may precede it (RFC 3261 s7.5). */
static struct tr_view message(const str *buf)
{
	struct tr_view msg = {buf->s, (size_t)buf->len};

	while(msg.len > 0 && (*msg.s == '\r' || *msg.s == '\n')) {
		msg.s++;
		msg.len--;
	}
	return msg;
}

/* As the core tells replies: in any case of letters. */
static int is_reply(struct tr_view msg)
{
	return msg.len > 8 && strncasecmp(msg.s, "SIP/2.0", 7) == 0;
}

/* Returns a buffer for the changed message, or NULL after saying so. */
static char *make_room(struct tr_view msg, size_t *cap)
{
	char *out;

	*cap = msg.len + TR_VIA_ROOM;
	out = pkg_malloc(*cap + 1);
	if(out == NULL) {
		PKG_MEM_ERROR;
	}
	return out;
}

/* A request that cannot be made fit to be seen is not sent: the core takes a
 * NULL buffer for an error of the send. */
static int on_send(sr_event_param_t *event)
{
	str *buf = event->data;
	enum tr_via result = TR_VIA_NO_ROOM;
	struct tr_view msg;
	size_t cap, len;
	char *out;

	if(buf->s == NULL || is_reply(msg = message(buf))) {
		return 0;
	}
	out = make_room(msg, &cap);
	if(out != NULL) {
		result = tr_via_hide(&key, msg, out, cap, &len);
	}
	if(result == TR_VIA_SAME) {
		pkg_free(out);
		return 0;
	}
	pkg_free(buf->s);
	buf->s = out;
	if(result == TR_VIA_DONE) {
		out[len] = '\0';
		buf->len = (int)len;
		return 0;
	}
	tr_stats_inc(TR_STAT_VIA_TOO_LONG);
	LM_WARN("a request is not sent: its Vias are too long to hide\n");
	if(out != NULL) {
		pkg_free(out);
	}
	buf->s = NULL;
	buf->len = 0;
	return -1;
}

/* The core's buffer is written over; it has room for BUF_SIZE. */
static int on_receive(sr_event_param_t *event)
{
	str *buf = event->data;
	struct tr_view msg = message(buf);
	enum tr_via result;
	size_t cap, len;
	char *out;

	if(!is_reply(msg)) {
		return 0;
	}
	out = make_room(msg, &cap);
	if(out == NULL) {
		buf->len = 0; /* not a message any more: the core drops it */
		return -1;
	}
	result = tr_via_show(&key, msg, out, cap, &len);
	if((result == TR_VIA_DONE || result == TR_VIA_FORGED) && len < BUF_SIZE) {
		memcpy(buf->s, out, len);
		buf->s[len] = '\0';
		buf->len = (int)len;
	}
	pkg_free(out);
	if(result == TR_VIA_FORGED) {
		tr_stats_inc(TR_STAT_VIA_FORGED);
	}
	return 0;
}

int tr_hide_init(struct tr_view secret)
{
	tr_via_key(&key, secret);
	if(sr_event_register_cb(SREV_NET_DATA_OUT, on_send) != 0
			|| sr_event_register_cb(SREV_NET_DATA_IN, on_receive) != 0) {
		LM_ERR("cannot look at messages of the network: unload a module that"
			   " does, such as topoh or topos\n");
		return -1;
	}
	/* of what came over TCP, too, we may write over the buffer */
	tcp_set_clone_rcvbuf(1);
	return 0;
}

void tr_hide_destroy(void)
{
	tr_mac_wipe(&key);
}
