/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do the first bytes on a connection look like? */

#include <string.h>

#include "cm_hello.h"

#define CM_WORD_MIN 3 /* fewer letters of a method are no sign of one */

static const struct {
	const char *word;
	enum cm_opening opening;
} cm_words[] = {
		/* replies; RFC 3261 s7.2, RFC 9112 s4 */
		{"SIP/2.0 ", CM_OPENING_SIP}, {"HTTP/", CM_OPENING_HTTP},
		/* methods that the other one does not have; OPTIONS is in both */
		{"INVITE ", CM_OPENING_SIP}, {"ACK ", CM_OPENING_SIP},
		{"BYE ", CM_OPENING_SIP}, {"CANCEL ", CM_OPENING_SIP},
		{"REGISTER ", CM_OPENING_SIP}, {"SUBSCRIBE ", CM_OPENING_SIP},
		{"NOTIFY ", CM_OPENING_SIP}, {"PUBLISH ", CM_OPENING_SIP},
		{"MESSAGE ", CM_OPENING_SIP}, {"REFER ", CM_OPENING_SIP},
		{"INFO ", CM_OPENING_SIP}, {"PRACK ", CM_OPENING_SIP},
		{"UPDATE ", CM_OPENING_SIP}, {"GET ", CM_OPENING_HTTP},
		{"HEAD ", CM_OPENING_HTTP}, {"POST ", CM_OPENING_HTTP},
		{"PUT ", CM_OPENING_HTTP}, {"DELETE ", CM_OPENING_HTTP},
		{"CONNECT ", CM_OPENING_HTTP}, {"TRACE ", CM_OPENING_HTTP},
		{"PATCH ", CM_OPENING_HTTP},
		{"PRI ", CM_OPENING_HTTP}, /* RFC 9113 s3.4 */
};

/* What the URI of a request begins with, behind any method. */
static const struct {
	const char *prefix;
	enum cm_opening opening;
} cm_uris[] = {
		{"sip:", CM_OPENING_SIP},
		{"sips:", CM_OPENING_SIP},
		{"tel:", CM_OPENING_SIP},
		{"urn:", CM_OPENING_SIP},
		{"/", CM_OPENING_HTTP},
		{"* HTTP/", CM_OPENING_HTTP},
		{"http:", CM_OPENING_HTTP},
		{"https:", CM_OPENING_HTTP},
};

static int cm_is_token(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
		   || (c >= '0' && c <= '9')
		   || (c != '\0' && strchr("-.!%*_+`'~", c) != NULL);
}

/* RFC 3986 s3.1: a scheme in either case; the rest has no letters but HTTP. */
static int cm_begins(const char *text, size_t len, const char *prefix)
{
	for(; *prefix; prefix++, text++, len--) {
		char c = len > 0 ? *text : '\0';

		if(*prefix >= 'a' && *prefix <= 'z' && c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if(c != *prefix)
			return 0;
	}
	return 1;
}

/* A request of any method, known by its URI. */
static enum cm_opening cm_by_uri(const char *text, size_t len)
{
	size_t method = 0, i;

	while(method < len && cm_is_token(text[method]))
		method++;
	if(method == 0 || method == len || text[method] != ' ')
		return CM_OPENING_OTHER;
	text += method + 1;
	len -= method + 1;
	for(i = 0; i < sizeof(cm_uris) / sizeof(cm_uris[0]); i++)
		if(cm_begins(text, len, cm_uris[i].prefix))
			return cm_uris[i].opening;
	return CM_OPENING_OTHER;
}

/* A word that is cut off by the end of the bytes counts as far as it goes, if
 * all words that it may become are of one kind. */
static enum cm_opening cm_by_word(const char *text, size_t len)
{
	enum cm_opening found = CM_OPENING_OTHER;
	size_t i;

	if(len < CM_WORD_MIN)
		return CM_OPENING_OTHER;
	for(i = 0; i < sizeof(cm_words) / sizeof(cm_words[0]); i++) {
		size_t n = strlen(cm_words[i].word);

		if(memcmp(text, cm_words[i].word, len < n ? len : n) != 0)
			continue;
		if(found != CM_OPENING_OTHER && found != cm_words[i].opening)
			return CM_OPENING_OTHER;
		found = cm_words[i].opening;
	}
	return found;
}

/* RFC 8446 s5.1: a type (change_cipher_spec to heartbeat), then 3.x. */
static int cm_is_record(const uint8_t *b, size_t len)
{
	/* RFC 8446 s5.1: the record's minor version says nothing */
	return b[0] >= 20 && b[0] <= 24 && (len < 2 || b[1] == 3);
}

/* RFC 5246 app. E.2: two octets of length, the first bit set; a CLIENT-HELLO;
 * then a version, SSL 2.0's own or 3.x. */
static int cm_is_ssl2(const uint8_t *b, size_t len)
{
	return len >= 3 && (b[0] & 0x80) && b[2] == 1
		   && (len < 4 || b[3] == 0 || b[3] == 3);
}

enum cm_opening cm_hello_opening(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	enum cm_opening opening;

	if(len == 0)
		return CM_OPENING_NOTHING;
	if(cm_is_record(bytes, len))
		return CM_OPENING_TLS;
	if(cm_is_ssl2(bytes, len))
		return CM_OPENING_SSL2;
	/* RFC 3261 s7.5: blank lines may stand before a message */
	while(len > 0 && (*text == '\r' || *text == '\n')) {
		text++;
		len--;
	}
	if(len == 0)
		return CM_OPENING_CRLF;
	opening = cm_by_uri(text, len);
	return opening != CM_OPENING_OTHER ? opening : cm_by_word(text, len);
}

const char *cm_opening_name(enum cm_opening opening)
{
	static const char *const names[] = {
			[CM_OPENING_NOTHING] = "nothing",
			[CM_OPENING_TLS] = "TLS",
			[CM_OPENING_SSL2] = "SSL 2.0",
			[CM_OPENING_SIP] = "plain SIP",
			[CM_OPENING_HTTP] = "plain HTTP",
			[CM_OPENING_CRLF] = "blank lines",
			[CM_OPENING_OTHER] = "other bytes",
	};

	if((unsigned)opening >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[opening];
}
