/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_base64 answers: which octets does this base64 text stand for?
 * See sp_base64.h.
 */
#include "sp_base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							   "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
	if(c >= 'A' && c <= 'Z')
		return c - 'A';
	if(c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if(sp_is_digit(c))
		return c - '0' + 52;
	if(c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Takes the padding off; -1 when there is some that is not complete. */
static int unpad(struct sp_text *t)
{
	size_t pad = 0;

	while(pad < t->len && pad < 3 && t->s[t->len - 1 - pad] == '=')
		pad++;
	if(pad > 2 || (pad > 0 && t->len % 4 != 0))
		return -1;
	t->len -= pad;
	return t->len % 4 == 1 ? -1 : 0;
}

int sp_base64_decode(struct sp_text t, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if(unpad(&t) < 0)
		return -1;
	for(size_t i = 0; i < t.len; i++) {
		int v = value_of(t.s[i]);

		if(v < 0)
			return -1;
		bits = (bits << 6 | (uint32_t)v) & 0xffffu;
		have += 6;
		if(have < 8)
			continue;
		have -= 8;
		if(n >= size)
			return -1;
		out[n++] = (uint8_t)(bits >> have & 0xffu);
	}
	if((bits & ((1u << have) - 1u)) != 0)
		return -1;
	return (int)n;
}

void sp_base64_encode(struct sp_buf *b, const uint8_t *in, size_t len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	struct sp_text c = {NULL, 1};

	for(size_t i = 0; i < len; i++) {
		bits = (bits << 8 | in[i]) & 0xffffu;
		have += 8;
		while(have >= 6) {
			have -= 6;
			c.s = &alphabet[bits >> have & 63u];
			sp_buf_text(b, c);
		}
	}
	if(have > 0) {
		c.s = &alphabet[bits << (6 - have) & 63u];
		sp_buf_text(b, c);
	}
}
