/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parameters of this Via are ours? See the header. */
#include "tr_own.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	size_t len;
} names[TR_OWN_COUNT] = {
		[TR_OWN_BRANCH] = {"branch", 6},
		[TR_OWN_I] = {"i", 1},
		[TR_OWN_TE] = {"te", 2},
		[TR_OWN_TV] = {"tv", 2},
};

static int is_plain(struct tr_view via)
{
	size_t i;

	for(i = 0; i < via.len; i++) {
		if(memchr("\"\\(),", via.s[i], 5) != NULL) {
			return 0;
		}
	}
	return 1;
}

static struct tr_view trim(struct tr_view v)
{
	while(v.len > 0 && memchr(" \t\r\n", v.s[0], 4) != NULL) {
		v.s++;
		v.len--;
	}
	while(v.len > 0 && memchr(" \t\r\n", v.s[v.len - 1], 4) != NULL) {
		v.len--;
	}
	return v;
}

/* Notes a parameter, from its ";" on, if it is one of ours. 0, or -1: it was
 * there already. */
static int note(struct tr_own *own, struct tr_view whole)
{
	struct tr_view name = {whole.s + 1, whole.len - 1}, value = {NULL, 0};
	const char *sign = memchr(name.s, '=', name.len);
	size_t i;

	if(sign != NULL) {
		value.s = sign + 1;
		value.len = (size_t)(whole.s + whole.len - value.s);
		name.len = (size_t)(sign - name.s);
	}
	name = trim(name);
	for(i = 0; i < TR_OWN_COUNT; i++) {
		if(name.len != names[i].len
				|| strncasecmp(name.s, names[i].name, name.len) != 0) {
			continue;
		}
		if(own->param[i].whole.len > 0) {
			return -1;
		}
		own->param[i].whole = whole;
		own->param[i].value = trim(value);
	}
	return 0;
}

int tr_own_read(struct tr_view via, struct tr_own *own)
{
	const char *end = via.s + via.len, *at, *next;

	memset(own, 0, sizeof(*own));
	if(!is_plain(via)) {
		return -1;
	}
	at = via.len > 0 ? memchr(via.s, ';', via.len) : NULL;
	for(; at != NULL; at = next) {
		struct tr_view whole = {at, 0};

		next = memchr(at + 1, ';', (size_t)(end - at - 1));
		whole.len = (size_t)((next != NULL ? next : end) - at);
		if(note(own, whole) != 0) {
			return -1;
		}
	}
	return 0;
}

size_t tr_own_bound(const struct tr_own *own, uint8_t out[TR_OWN_BOUND_MAX])
{
	size_t n = 0, i;

	for(i = TR_OWN_BRANCH; i <= TR_OWN_TE; i++) {
		/* 0: not there; else its length and one, and its text */
		size_t len = own->param[i].value.len;
		size_t mark = own->param[i].whole.len > 0 ? len + 1 : 0;

		if(len > TR_OWN_VALUE_MAX) {
			return 0;
		}
		out[n++] = (uint8_t)(mark >> 8);
		out[n++] = (uint8_t)mark;
		if(len > 0) {
			memcpy(out + n, own->param[i].value.s, len);
		}
		n += len;
	}
	return n;
}
