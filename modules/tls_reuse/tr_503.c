/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a request's sender told when its connection came to nothing? See
 * the header. */
#include "tr_503.h"

#include "tr_header.h"
#include "tr_own.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define TAG "tr503-"
#define TAG_LEN (sizeof(TAG) - 1 + 16)

/* What of a request is in its 503. A header whose name is empty is missing. */
struct parts {
	struct tr_view method;
	struct tr_header via; /* the first */
	struct tr_header from;
	struct tr_header to;
	struct tr_header call_id;
	struct tr_header cseq;
	size_t vias; /* headers, each with one value or more */
	size_t end;  /* of the head */
};

/* A buffer that is only measured once it is too small. */
struct sink {
	char *s;
	size_t cap;
	size_t len;
};

static void put(struct sink *sink, const char *s, size_t len)
{
	if(sink->len <= sink->cap && len <= sink->cap - sink->len && len > 0) {
		memcpy(sink->s + sink->len, s, len);
	}
	sink->len += len;
}

#define PUT(sink, literal) put(sink, literal, sizeof(literal) - 1)

static int equals(struct tr_view text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.s, word, text.len) == 0;
}

/* --- reading -------------------------------------------------------------- */

/* RFC 3261 s25.1: token */
static int is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		   || (c >= '0' && c <= '9')
		   || (c != '\0' && strchr("-.!%*_+`'~", c) != NULL);
}

/* "METHOD URI SIP/2.0": the method, or empty. */
static struct tr_view method_of(struct tr_view msg)
{
	static const char version[] = " SIP/2.0\r\n";
	const size_t len = sizeof(version) - 1;
	const char *lf = msg.len > 0 ? memchr(msg.s, '\n', msg.len) : NULL;
	struct tr_view method = {msg.s, 0};
	size_t line;

	if(lf == NULL) {
		return method;
	}
	line = (size_t)(lf - msg.s) + 1;
	while(method.len < line && is_token(msg.s[method.len])) {
		method.len++;
	}
	if(line < method.len + 2 + len || msg.s[method.len] != ' '
			|| strncasecmp(msg.s + line - len, version, len) != 0
			|| memchr(msg.s + method.len + 1, ' ', line - len - method.len - 1)
					   != NULL) {
		method.len = 0;
	}
	return method;
}

static void take(struct tr_header *part, const struct tr_header *h)
{
	/* of a header that is there twice the core reads the first one */
	if(part->name.len == 0 && h->value.len > 0) {
		*part = *h;
	}
}

/* RFC 3261 s7.3.3: compact forms. 0, or -1: it is no request. */
static int read_parts(struct tr_view msg, struct parts *p)
{
	struct tr_header h;

	memset(p, 0, sizeof(*p));
	p->method = method_of(msg);
	if(p->method.len == 0) {
		return -1;
	}
	tr_header_start(msg, &h);
	while(tr_header_next(msg, &h) == 0) {
		if(tr_header_is(&h, "via", 'v')) {
			take(&p->via, &h);
			p->vias++;
		} else if(tr_header_is(&h, "from", 'f')) {
			take(&p->from, &h);
		} else if(tr_header_is(&h, "to", 't')) {
			take(&p->to, &h);
		} else if(tr_header_is(&h, "call-id", 'i')) {
			take(&p->call_id, &h);
		} else if(tr_header_is(&h, "cseq", '\0')) {
			take(&p->cseq, &h);
		}
	}
	p->end = h.begin;
	return 0;
}

/* RFC 3261 s8.1.1: what every request has, but for its Max-Forwards. */
static int is_complete(const struct parts *p)
{
	return p->via.name.len > 0 && p->from.name.len > 0 && p->to.name.len > 0
		   && p->call_id.name.len > 0 && p->cseq.name.len > 0;
}

/* tm's own CANCEL: there is no Via besides ours, nor one hidden in it. */
static int is_own_cancel(const struct parts *p)
{
	struct tr_own own;

	return equals(p->method, "CANCEL") && p->vias == 1
		   && tr_own_read(p->via.value, &own) == 0
		   && own.param[TR_OWN_TV].whole.len == 0;
}

/* Reads what is to be answered. 0, or -1: nothing is. */
static int read_due(struct tr_view msg, struct parts *p)
{
	return read_parts(msg, p) != 0 || equals(p->method, "ACK")
						   || is_own_cancel(p)
				   ? -1
				   : 0;
}

struct tr_view tr_503_head(struct tr_view request)
{
	struct parts p;

	if(read_due(request, &p) != 0) {
		return (struct tr_view){request.s, 0};
	}
	return (struct tr_view){request.s, p.end};
}

/* Behind the quoted string that begins at at. */
static size_t behind_quotes(struct tr_view text, size_t at)
{
	for(at++; at < text.len && text.s[at] != '"'; at++) {
		if(text.s[at] == '\\') {
			at++;
		}
	}
	return at + 1;
}

static size_t skip_space(struct tr_view text, size_t at)
{
	while(at < text.len && strchr(" \t\r\n", text.s[at]) != NULL
			&& text.s[at] != '\0') {
		at++;
	}
	return at;
}

/* Reads a tag at at, behind a semicolon. 0, or -1: it is another parameter. */
static int read_tag(struct tr_view text, size_t at, struct tr_view *tag)
{
	at = skip_space(text, at);
	if(text.len - at < 3 || strncasecmp(text.s + at, "tag", 3) != 0) {
		return -1;
	}
	at = skip_space(text, at + 3);
	if(at >= text.len || text.s[at] != '=') {
		return -1;
	}
	at = skip_space(text, at + 1);
	tag->s = text.s + at;
	tag->len = 0;
	while(at + tag->len < text.len && is_token(tag->s[tag->len])) {
		tag->len++;
	}
	return 0;
}

/* Finds the tag of a To (RFC 3261 s20.39): not within a display name or the
 * URI. 0, or -1: there is none. */
static int find_tag(struct tr_view to, struct tr_view *tag)
{
	size_t at = 0;

	while(at < to.len) {
		if(to.s[at] == '"') {
			at = behind_quotes(to, at);
		} else if(to.s[at] == '<') {
			while(at < to.len && to.s[at] != '>') {
				at++;
			}
		} else if(to.s[at] == ';' && read_tag(to, at + 1, tag) == 0) {
			return 0;
		} else {
			at++;
		}
	}
	return -1;
}

/* FNV-1a: for a tag that is the same again, not one that nobody can make. */
static uint64_t digest(struct tr_view text)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t i;

	for(i = 0; i < text.len; i++) {
		hash = (hash ^ (unsigned char)text.s[i]) * 0x100000001b3u;
	}
	return hash;
}

/* Of the topmost Via, which is ours: its branch, or all if there is none. */
static void make_tag(struct tr_view via, char tag[TAG_LEN])
{
	static const char hex[] = "0123456789abcdef";
	struct tr_view from = via;
	struct tr_own own;
	uint64_t hash;
	size_t i;

	if(tr_own_read(via, &own) == 0 && own.param[TR_OWN_BRANCH].value.len > 0) {
		from = own.param[TR_OWN_BRANCH].value;
	}
	hash = digest(from);
	memcpy(tag, TAG, sizeof(TAG) - 1);
	for(i = TAG_LEN; i >= sizeof(TAG); i--, hash >>= 4) {
		tag[i - 1] = hex[hash & 15];
	}
}

/* RFC 3261 s17.1.1.3: such an ACK has the branch of its INVITE, and the tag of
 * the answer. Another edge's 503 has a tag of the same kind. */
int tr_503_is_acked_by(struct tr_view request)
{
	char want[TAG_LEN];
	struct tr_view tag;
	struct parts p;

	/* all that is sent passes here: look at four octets of most of it */
	if(request.len < 4 || memcmp(request.s, "ACK ", 4) != 0
			|| read_parts(request, &p) != 0 || p.to.name.len == 0
			|| p.via.name.len == 0 || find_tag(p.to.value, &tag) != 0
			|| tag.len != TAG_LEN) {
		return 0;
	}
	make_tag(p.via.value, want);
	return memcmp(tag.s, want, TAG_LEN) == 0;
}

/* --- writing -------------------------------------------------------------- */

/* What is in a line of its own stays there: no control characters, and nothing
 * that would have to be UTF-8. */
static char printable(char c)
{
	return c >= ' ' && c < 0x7f ? c : '?';
}

static void put_words(struct sink *sink, struct tr_view words)
{
	size_t i;
	char c;

	for(i = 0; i < words.len; i++) {
		c = printable(words.s[i]);
		put(sink, &c, 1);
	}
}

/* RFC 3261 s25.1: quoted-string */
static void put_quoted(struct sink *sink, struct tr_view words)
{
	size_t i;
	char c;

	for(i = 0; i < words.len; i++) {
		c = printable(words.s[i]);
		if(c == '"' || c == '\\') {
			PUT(sink, "\\");
		}
		put(sink, &c, 1);
	}
}

/* RFC 3261 s25.1: warn-agent, a hostport or a token. */
static void put_host(struct sink *sink, struct tr_view host)
{
	size_t i;
	char c;

	for(i = 0; i < host.len; i++) {
		c = host.s[i];
		c = is_token(c) || (c != '\0' && strchr(":[]", c) != NULL) ? c : '-';
		put(sink, &c, 1);
	}
}

/* As it was, with its continuation lines. The last one of a head that was cut
 * off has no line end; it gets one. */
static void put_header(
		struct sink *sink, struct tr_view msg, const struct tr_header *h)
{
	put(sink, msg.s + h->begin, h->end - h->begin);
	if(msg.s[h->end - 1] != '\n') {
		PUT(sink, "\r\n");
	}
}

static void put_vias(struct sink *sink, struct tr_view msg)
{
	struct tr_header h;

	tr_header_start(msg, &h);
	while(tr_header_next(msg, &h) == 0) {
		if(tr_header_is(&h, "via", 'v')) {
			put_header(sink, msg, &h);
		}
	}
}

/* RFC 3261 s8.2.6.2: a To without a tag gets one. */
static void put_to(struct sink *sink, struct tr_view msg, const struct parts *p)
{
	const struct tr_view *value = &p->to.value;
	struct tr_view there;
	char tag[TAG_LEN];

	if(find_tag(*value, &there) == 0) {
		put_header(sink, msg, &p->to);
		return;
	}
	put(sink, msg.s + p->to.begin,
			(size_t)(value->s - msg.s) + value->len - p->to.begin);
	make_tag(p->via.value, tag);
	PUT(sink, ";tag=");
	put(sink, tag, sizeof(tag));
	PUT(sink, "\r\n");
}

static void write_all(struct sink *sink, const struct tr_503 *what,
		struct tr_view msg, const struct parts *p)
{
	PUT(sink, "SIP/2.0 503 ");
	put_words(sink, what->phrase);
	PUT(sink, "\r\n");
	put_vias(sink, msg);
	put_header(sink, msg, &p->from);
	put_to(sink, msg, p);
	put_header(sink, msg, &p->call_id);
	put_header(sink, msg, &p->cseq);
	PUT(sink, "Warning: 399 ");
	put_host(sink, what->host);
	PUT(sink, " \"");
	put_quoted(sink, what->why);
	PUT(sink, "\"\r\nContent-Length: 0\r\n\r\n");
}

int tr_503_make(const struct tr_503 *what, struct tr_view request, char *out,
		size_t cap, size_t *len)
{
	struct sink sink = {NULL, 0, 0};
	struct parts p;

	if(read_due(request, &p) != 0 || !is_complete(&p)
			|| !tr_header_is_clean(request)) {
		return -1;
	}
	write_all(&sink, what, request, &p);
	if(sink.len > cap) {
		return -1;
	}
	sink = (struct sink){out, cap, 0};
	write_all(&sink, what, request, &p);
	*len = sink.len;
	return 0;
}
