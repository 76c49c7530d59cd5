/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do octets look in the user part of a SIP URI? See the header. */
#include "tr_b64.h"

static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a character, or -1. */
static int value_of(char c)
{
	if(c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if(c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if(c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	if(c == '-') {
		return 62;
	}
	return c == '_' ? 63 : -1;
}

void tr_b64_encode(const uint8_t *in, size_t len, char *out)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i;

	for(i = 0; i < len; i++) {
		bits = (bits << 8) | in[i];
		have += 8;
		while(have >= 6) {
			have -= 6;
			*out++ = alphabet[(bits >> have) & 63];
		}
	}
	if(have > 0) {
		*out = alphabet[(bits << (6 - have)) & 63];
	}
}

int tr_b64_decode(
		const char *in, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i, n = 0;

	if(len % 4 == 1 || len > TR_B64_LEN(cap)) {
		return -1;
	}
	for(i = 0; i < len; i++) {
		int v = value_of(in[i]);

		if(v < 0) {
			return -1;
		}
		bits = (bits << 6) | (uint32_t)v;
		have += 6;
		if(have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	/* RFC 4648 s3.5: the bits left over must be zero. */
	if((bits & ((1U << have) - 1)) != 0) {
		return -1;
	}
	*out_len = n;
	return 0;
}
