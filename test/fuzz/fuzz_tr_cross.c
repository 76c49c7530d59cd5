/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever crosses: no read or write out of bounds, and crossing is its own
 * inverse, for a Call-ID by itself and for all that a message has. */
#include "../../modules/tls_reuse/tr_cross.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tr_inside inside;
static struct tr_callid_keys keys;

static void one_id(struct tr_view id)
{
	char out[TR_CALLID_TOKEN_MAX], back[TR_CALLID_TOKEN_MAX];
	size_t len, again;
	enum tr_callid there = tr_callid_cross(&inside, &keys, id, out, &len), then;

	if(there == TR_CALLID_SAME || there == TR_CALLID_REFUSED)
		return;
	then = tr_callid_cross(
			&inside, &keys, (struct tr_view){out, len}, back, &again);
	if(then == there || again != id.len || memcmp(back, id.s, again) != 0)
		abort();
}

/* Crosses into another buffer. */
static enum tr_cross copy(const struct tr_text *from, struct tr_text *to,
		struct tr_crossed *crossed)
{
	to->cap = from->len + TR_CROSS_ROOM;
	to->len = from->len;
	to->s = malloc(to->cap);
	if(to->s == NULL)
		abort();
	memcpy(to->s, from->s, from->len);
	return tr_cross(&inside, &keys, to, crossed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char none[1];
	struct tr_text text[4] = {{size > 0 ? (char *)data : none, size, size}};
	struct tr_crossed crossed[4];
	struct tr_secrets secrets;
	enum tr_cross result;
	int i, last = 0;

	if(inside.count == 0) {
		/* the corpus holds tokens made with it */
		tr_keys_single((struct tr_view){"0123456789abcdef", 16}, &secrets);
		tr_callid_init(&keys, &secrets, NULL);
		tr_inside_add(&inside, (struct tr_view){"10.99.1.2", 9});
		tr_inside_add(&inside, (struct tr_view){"fd00::1", 7});
	}
	one_id((struct tr_view){text[0].s, size});
	for(i = 1; i < 4; i++) {
		result = copy(&text[i - 1], &text[i], &crossed[i]);
		last = i;
		if(result != TR_CROSS_DONE)
			break;
		if(i > 1
				&& (crossed[i].hidden != crossed[i - 1].shown
						|| crossed[i].shown != crossed[i - 1].hidden))
			abort();
	}
	/* what was changed once can be changed back, if there is room; after the
	 * first time even a URI's escapes are always the same */
	if(last > 1 && result == TR_CROSS_SAME)
		abort();
	if(last == 3 && result == TR_CROSS_DONE
			&& (text[3].len != text[1].len
					|| memcmp(text[3].s, text[1].s, text[1].len) != 0))
		abort();
	for(i = 1; i <= last; i++)
		free(text[i].s);
	return 0;
}
