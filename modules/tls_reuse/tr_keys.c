/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which secrets does a key file hold? See the header. */
#include "tr_keys.h"

#include "tr_mac.h"

#include <openssl/crypto.h>
#include <string.h>

uint16_t tr_keys_id(struct tr_view secret)
{
	static const uint8_t label[] = "tls-edge key id";
	struct tr_mac_key key;
	uint8_t mac[TR_MAC_LEN];

	tr_mac_init(&key, (const uint8_t *)secret.s, secret.len);
	tr_mac_make(&key, label, sizeof(label) - 1, mac);
	tr_mac_wipe(&key);
	return (uint16_t)((mac[0] << 8) | mac[1]);
}

/* Who holds the file may know his keys: no need for constant time here. */
static enum tr_keys add(struct tr_secrets *out, struct tr_view secret)
{
	uint16_t id;
	unsigned i;

	if(secret.len < TR_KEYS_SECRET_MIN) {
		return TR_KEYS_SHORT;
	}
	id = tr_keys_id(secret);
	for(i = 0; i < out->n; i++) {
		if(out->id[i] == id) {
			return out->secret[i].len == secret.len
								   && memcmp(out->secret[i].s, secret.s,
											  secret.len)
											  == 0
						   ? TR_KEYS_TWICE
						   : TR_KEYS_SAME_ID;
		}
	}
	if(out->n == TR_KEYS_MAX) {
		return TR_KEYS_MANY;
	}
	out->secret[out->n] = secret;
	out->id[out->n] = id;
	out->n++;
	return TR_KEYS_OK;
}

/* Text in any character set, and blanks. */
static int has_control(struct tr_view line)
{
	size_t i;

	for(i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.s[i];

		if((c < 0x20 && c != '\t') || c == 0x7f) {
			return 1;
		}
	}
	return 0;
}

/* A line without its end: LF or CRLF, and blanks before it. */
static struct tr_view trim(struct tr_view line)
{
	if(line.len > 0 && line.s[line.len - 1] == '\r') {
		line.len--;
	}
	while(line.len > 0
			&& (line.s[line.len - 1] == ' ' || line.s[line.len - 1] == '\t')) {
		line.len--;
	}
	return line;
}

static enum tr_keys read_line(struct tr_secrets *out, struct tr_view line)
{
	line = trim(line);
	if(has_control(line)) {
		return TR_KEYS_CONTROL;
	}
	return line.len > 0 && line.s[0] != '#' ? add(out, line) : TR_KEYS_OK;
}

enum tr_keys tr_keys_read(
		struct tr_view text, struct tr_secrets *out, unsigned *line)
{
	enum tr_keys result = TR_KEYS_OK;
	struct tr_view here;
	const char *end;

	memset(out, 0, sizeof(*out));
	*line = 0;
	while(text.len > 0 && result == TR_KEYS_OK) {
		end = memchr(text.s, '\n', text.len);
		here.s = text.s;
		here.len = end != NULL ? (size_t)(end - text.s) : text.len;
		(*line)++;
		result = read_line(out, here);
		text.s += here.len + (end != NULL);
		text.len -= here.len + (end != NULL);
	}
	if(result == TR_KEYS_OK && out->n == 0) {
		*line = 0;
		return TR_KEYS_NONE;
	}
	if(result != TR_KEYS_OK) {
		memset(out, 0, sizeof(*out));
	}
	return result;
}

enum tr_keys tr_keys_single(struct tr_view text, struct tr_secrets *out)
{
	memset(out, 0, sizeof(*out));
	return add(out, text);
}

const char *tr_keys_words(enum tr_keys result)
{
	switch(result) {
		case TR_KEYS_NONE:
			return "there is no key in it";
		case TR_KEYS_SHORT:
			return "the key has fewer than 16 octets; make one with:"
				   " openssl rand -hex 32";
		case TR_KEYS_CONTROL:
			return "a control character: keys are lines of text; make one"
				   " with: openssl rand -hex 32";
		case TR_KEYS_TWICE:
			return "the same key as in a line before";
		case TR_KEYS_SAME_ID:
			return "a key before it happens to have the same number, make"
				   " another one with: openssl rand -hex 32";
		case TR_KEYS_MANY:
			return "there may be four keys, no more";
		case TR_KEYS_OK:
			return "good";
	}
	return "unknown result";
}
