/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many transactions are open on a connection? See the header. */
#include "tr_open.h"

#include <string.h>
#include <strings.h>

/* --- what is read --------------------------------------------------------- */

/* Sets of characters, all of them below 64. */
#define IS(c) (UINT64_C(1) << (c))
#define BLANKS (IS(' ') | IS('\t'))
#define LINE_ENDS (IS('\r') | IS('\n'))
#define SPACE (BLANKS | LINE_ENDS)

/* Without a branch for the processor to guess: text is letters and digits. */
static int is_in(uint64_t set, char c)
{
	unsigned char u = (unsigned char)c;

	return (int)((set >> u % 64 & 1) & (u < 64));
}

/* The first at or after at that is in the set, or the end. */
static size_t find_in(uint64_t set, struct tr_view text, size_t at)
{
	while(at < text.len && !is_in(set, text.s[at])) {
		at++;
	}
	return at;
}

/* The first at or after at that is not, or the end. */
static size_t skip_in(uint64_t set, struct tr_view text, size_t at)
{
	while(at < text.len && is_in(set, text.s[at])) {
		at++;
	}
	return at;
}

static struct tr_view part(struct tr_view text, size_t from, size_t to)
{
	return (struct tr_view){text.s + from, to - from};
}

/* Behind the line that begins at at. */
static size_t next_line(struct tr_view text, size_t at)
{
	const char *lf = memchr(text.s + at, '\n', text.len - at);

	return lf != NULL ? (size_t)(lf - text.s) + 1 : text.len;
}

/* Behind the header that begins at at, whose lines may be continued (RFC 3261
 * s7.3.1). */
static size_t next_header(struct tr_view text, size_t at)
{
	do {
		at = next_line(text, at);
	} while(at < text.len && is_in(BLANKS, text.s[at]));
	return at;
}

/* Behind the colon of the header at at, if it has this name (in small letters)
 * or is the compact form, which begins as the name does; else 0. */
static size_t value_of(
		struct tr_view text, size_t at, const char *name, int has_compact)
{
	size_t end, len;

	if((text.s[at] | 0x20) != name[0]) {
		return 0; /* most of them */
	}
	end = find_in(SPACE | IS(':'), text, at);
	len = end - at;
	if(!(len == 1 && has_compact)
			&& (len != strlen(name)
					|| strncasecmp(text.s + at, name, len) != 0)) {
		return 0;
	}
	end = skip_in(BLANKS, text, end);
	return end < text.len && text.s[end] == ':' ? end + 1 : 0;
}

/* The value of the parameter whose name begins at at; empty: it is another. */
static struct tr_view branch_at(struct tr_view value, size_t at)
{
	static const char name[] = "branch";
	const size_t len = sizeof(name) - 1;

	at = skip_in(SPACE, value, at);
	if(value.len - at < len || strncasecmp(value.s + at, name, len) != 0) {
		return part(value, at, at);
	}
	at = skip_in(SPACE, value, at + len);
	if(at == value.len || value.s[at] != '=') {
		return part(value, at, at);
	}
	at = skip_in(SPACE, value, at + 1);
	return part(value, at, find_in(SPACE | IS(';') | IS(','), value, at));
}

/* The quote that ends what begins at at, or the end. */
static size_t quoted_end(struct tr_view value, size_t at)
{
	while(at < value.len && value.s[at] != '"') {
		at += value.s[at] == '\\' ? 2 : 1;
	}
	return at;
}

/* The branch of the first of a header's Vias; empty: there is none. */
static struct tr_view branch_of(struct tr_view value)
{
	const uint64_t marks = IS('"') | IS(',') | IS(';');
	struct tr_view branch = {value.s, 0};
	size_t at = find_in(marks, value, 0);

	while(at < value.len && value.s[at] != ',' && branch.len == 0) {
		if(value.s[at] == '"') {
			at = quoted_end(value, at + 1);
		} else {
			branch = branch_at(value, at + 1);
		}
		at = find_in(marks, value, at + 1);
	}
	return branch;
}

/* RFC 3261 s20.16: a number and a method. */
static struct tr_view cseq_method(struct tr_view value)
{
	size_t at = skip_in(SPACE, value, 0);

	at = skip_in(SPACE, value, find_in(SPACE, value, at));
	return part(value, at, find_in(SPACE, value, at));
}

/* The first line: what kind of message it is, and a request's method. */
static int read_first_line(struct tr_view text, struct tr_open_message *m)
{
	static const char version[] = "SIP/2.0 ";
	const size_t len = sizeof(version) - 1;
	const char *digits = text.s + len;
	size_t end;

	m->status = 0;
	m->method = part(text, 0, 0);
	if(text.len < len + 4 || strncasecmp(text.s, version, len) != 0) {
		end = find_in(SPACE, text, 0);
		m->method = part(text, 0, end);
		return end > 0 && end < text.len && text.s[end] == ' ' ? 0 : -1;
	}
	for(end = 0; end < 3; end++) {
		if(digits[end] < '0' || digits[end] > '9') {
			return -1;
		}
		m->status = m->status * 10 + (unsigned)(digits[end] - '0');
	}
	return digits[3] == ' ' && m->status >= 100 && m->status < 700 ? 0 : -1;
}

int tr_open_read(struct tr_view text, struct tr_open_message *m)
{
	size_t at, end, value;

	at = skip_in(LINE_ENDS, text, 0);
	text = part(text, at, text.len);
	m->branch = part(text, 0, 0);
	if(read_first_line(text, m) != 0) {
		return -1;
	}
	for(at = next_line(text, 0); at < text.len && !is_in(LINE_ENDS, text.s[at])
								 && (m->branch.len == 0 || m->method.len == 0);
			at = end) {
		end = next_header(text, at);
		if(m->branch.len == 0 && (value = value_of(text, at, "via", 1)) != 0) {
			m->branch = branch_of(part(text, value, end));
			if(m->branch.len == 0) {
				return -1;
			}
		} else if(m->method.len == 0
				  && (value = value_of(text, at, "cseq", 0)) != 0) {
			m->method = cseq_method(part(text, value, end));
		}
	}
	return m->branch.len > 0 && m->branch.len <= TR_OPEN_BRANCH_MAX
						   && m->method.len > 0
						   && m->method.len <= TR_OPEN_METHOD_MAX
				   ? 0
				   : -1;
}

/* --- the table ------------------------------------------------------------ */

/* until: when it is given up; 0: a free place. */
struct place {
	uint64_t print;
	int32_t conid;
	uint32_t until;
};

struct tr_open_table {
	uint8_t seed[TR_HASH_SEED_LEN];
	uint32_t mask; /* buckets - 1 */
	struct place places[];
};

size_t tr_open_size(unsigned buckets)
{
	if(buckets == 0 || buckets > TR_OPEN_BUCKETS_MAX
			|| (buckets & (buckets - 1)) != 0) {
		return 0;
	}
	return sizeof(struct tr_open_table)
		   + (size_t)buckets * TR_OPEN_WAYS * sizeof(struct place);
}

struct tr_open_table *tr_open_init(
		void *mem, unsigned buckets, const uint8_t seed[TR_HASH_SEED_LEN])
{
	struct tr_open_table *t = mem;

	memset(mem, 0, tr_open_size(buckets));
	memcpy(t->seed, seed, TR_HASH_SEED_LEN);
	t->mask = buckets - 1;
	return t;
}

struct tr_open_key tr_open_key_of(const struct tr_open_table *table,
		enum tr_open_dir dir, int conid, const struct tr_open_message *m)
{
	uint8_t text[6 + TR_OPEN_METHOD_MAX + TR_OPEN_BRANCH_MAX];
	uint32_t id = dir == TR_OPEN_IN ? (uint32_t)conid : 0;
	struct tr_open_key key;
	uint64_t hash[2];
	size_t n = 6;

	text[0] = (uint8_t)dir;
	text[1] = (uint8_t)m->method.len;
	memcpy(text + 2, &id, sizeof(id));
	memcpy(text + n, m->method.s, m->method.len);
	n += m->method.len;
	memcpy(text + n, m->branch.s, m->branch.len);
	n += m->branch.len;
	tr_hash(table->seed, text, n, hash);
	key.print = hash[0];
	key.bucket = (uint32_t)hash[1] & table->mask;
	return key;
}

static struct place *bucket_at(struct tr_open_table *table, uint32_t bucket)
{
	return &table->places[(size_t)(bucket & table->mask) * TR_OPEN_WAYS];
}

static struct place *find(
		struct tr_open_table *table, const struct tr_open_key *key)
{
	struct place *p = bucket_at(table, key->bucket);
	unsigned i;

	for(i = 0; i < TR_OPEN_WAYS; i++) {
		if(p[i].until != 0 && p[i].print == key->print) {
			return &p[i];
		}
	}
	return NULL;
}

/* The place that is given up soonest, or was. */
static struct place *room(
		struct tr_open_table *table, const struct tr_open_key *key)
{
	struct place *p = bucket_at(table, key->bucket), *best = p;
	unsigned i;

	for(i = 1; i < TR_OPEN_WAYS; i++) {
		if(p[i].until < best->until) {
			best = &p[i];
		}
	}
	return best;
}

unsigned tr_open_begin(struct tr_open_table *table,
		const struct tr_open_key *key, int conid, int invite, uint32_t now)
{
	struct place *p = find(table, key);
	unsigned gone = 0;

	if(p == NULL) {
		p = room(table, key);
		gone = p->until > now;
	}
	p->print = key->print;
	p->conid = conid;
	p->until = now + (invite ? TR_OPEN_INVITE_S : TR_OPEN_OTHER_S);
	return gone;
}

void tr_open_takes(
		struct tr_open_table *table, const struct tr_open_key *key, int conid)
{
	struct place *p = find(table, key);

	if(p != NULL) {
		p->conid = conid;
	}
}

unsigned tr_open_end(struct tr_open_table *table, const struct tr_open_key *key)
{
	struct place *p = find(table, key);

	if(p == NULL) {
		return 0;
	}
	p->until = 0;
	return 1;
}

unsigned tr_open_count(const struct tr_open_table *table, uint32_t bucket,
		int conid, uint32_t now)
{
	const struct place *p =
			&table->places[(size_t)(bucket & table->mask) * TR_OPEN_WAYS];
	unsigned n = 0, i;

	for(i = 0; i < TR_OPEN_WAYS; i++) {
		if(p[i].conid == conid && p[i].until > now) {
			n++;
		}
	}
	return n;
}
