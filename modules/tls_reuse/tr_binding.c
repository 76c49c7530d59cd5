/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which registration does each Contact of a REGISTER ask for? See the
 * header. */
#include "tr_binding.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int digit_of(char c)
{
	if(c >= '0' && c <= '9') {
		return c - '0';
	}
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3261 s25.1: unreserved. */
static int is_unreserved(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
		   || (c >= 'a' && c <= 'z') || (c != '\0' && strchr("-_.!~*'()", c));
}

/* --- an address of record --------------------------------------------------- */

struct out {
	char *to;
	size_t len;
	size_t cap;
};

static void put(struct out *o, char c)
{
	if(o->len < o->cap) {
		o->to[o->len] = c;
	}
	o->len++;
}

static void put_lower(struct out *o, struct tr_view text)
{
	size_t i;

	for(i = 0; i < text.len; i++) {
		put(o, lower(text.s[i]));
	}
}

/* RFC 3261 s19.1.4: an escaped character is the character, unless that has a
 * meaning of its own there; then the escape stays, its digits in one case. */
static void put_user(struct out *o, struct tr_view user)
{
	size_t i;

	for(i = 0; i < user.len; i++) {
		int high = -1, low = -1;

		if(user.s[i] == '%' && i + 2 < user.len) {
			high = digit_of(user.s[i + 1]);
			low = digit_of(user.s[i + 2]);
		}
		if(user.s[i] != '%') {
			put(o, user.s[i]);
		} else if(high < 0 || low < 0) {
			/* no escape, and not to become one by what follows */
			put_lower(o, (struct tr_view){"%25", 3});
		} else if(is_unreserved(high * 16 + low)) {
			put(o, (char)(high * 16 + low));
			i += 2;
		} else {
			put(o, '%');
			put(o, lower(user.s[i + 1]));
			put(o, lower(user.s[i + 2]));
			i += 2;
		}
	}
}

int tr_binding_aor(struct tr_view user, struct tr_view host,
		struct tr_view port, char *out, size_t cap)
{
	struct out o = {out, 0, cap};

	put_lower(&o, (struct tr_view){"sip:", 4});
	if(user.len > 0) {
		put_user(&o, user);
		put(&o, '@');
	}
	put_lower(&o, host);
	if(port.len > 0) {
		put(&o, ':');
		put_lower(&o, port);
	}
	return o.len <= cap ? (int)o.len : -1;
}

/* --- a Contact -------------------------------------------------------------- */

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct tr_view trim(struct tr_view v)
{
	while(v.len > 0 && is_blank(v.s[0])) {
		v.s++;
		v.len--;
	}
	while(v.len > 0 && is_blank(v.s[v.len - 1])) {
		v.len--;
	}
	return v;
}

/* The value of a parameter that is written "; name = value". name is in lower
 * case. 0 and *value, or -1: it is another one, or has no value. */
static int value_of(
		struct tr_view param, struct tr_view name, struct tr_view *value)
{
	const char *sign = memchr(param.s, '=', param.len);
	struct tr_view left;
	size_t i;

	if(sign == NULL) {
		return -1;
	}
	left = trim((struct tr_view){param.s + 1, (size_t)(sign - param.s) - 1});
	if(left.len != name.len) {
		return -1;
	}
	for(i = 0; i < name.len; i++) {
		if(lower(left.s[i]) != name.s[i]) {
			return -1;
		}
	}
	*value = trim((struct tr_view){
			sign + 1, param.len - (size_t)(sign - param.s) - 1});
	return 0;
}

/* The first parameter of this name; without one it is empty. */
static struct tr_view find(const struct tr_contact *c, const char *name)
{
	struct tr_view wanted = {name, strlen(name)}, value = {NULL, 0};
	size_t i;

	for(i = 0; i < c->kept; i++) {
		if(value_of(c->keep[i], wanted, &value) == 0) {
			break;
		}
	}
	return value;
}

/* What tells a Contact from the others: who, in one octet how, in the next ones
 * a name, and in the last one which of several of that name. */
#define WHO_LEN (1 + TR_REGISTRATION_LEN + 1)

static void name_it(
		const struct tr_contact *c, struct tr_view call_id, uint8_t *who)
{
	struct tr_view instance = find(c, "+sip.instance");

	if(instance.len > 0) {
		who[0] = 'i';
		tr_registration(instance, find(c, "reg-id"), who + 1);
	} else {
		who[0] = 'c';
		tr_registration(call_id, c->user, who + 1);
	}
}

static int lasts(const struct tr_contact *c, uint32_t lasting)
{
	return (c->has_expires ? c->expires : lasting) > 0;
}

/* Numbers Contact i among those of its name: the ones that last first. */
static uint8_t number_of(const struct tr_contacts *all, uint32_t lasting,
		uint8_t who[TR_CONTACTS_MAX][WHO_LEN], size_t i)
{
	uint8_t n = 0;
	size_t j;

	for(j = 0; j < all->n; j++) {
		int before = lasts(&all->c[j], lasting) - lasts(&all->c[i], lasting);

		if(memcmp(who[j], who[i], WHO_LEN - 1) == 0
				&& (before > 0 || (before == 0 && j < i))) {
			n++;
		}
	}
	return n;
}

void tr_binding_ids(const struct tr_contacts *contacts, struct tr_view aor,
		struct tr_view call_id, uint32_t lasting,
		uint8_t ids[TR_CONTACTS_MAX][TR_REGISTRATION_LEN])
{
	uint8_t who[TR_CONTACTS_MAX][WHO_LEN];
	size_t i;

	for(i = 0; i < contacts->n; i++) {
		name_it(&contacts->c[i], call_id, who[i]);
	}
	for(i = 0; i < contacts->n; i++) {
		who[i][WHO_LEN - 1] = number_of(contacts, lasting, who, i);
		tr_registration(
				aor, (struct tr_view){(const char *)who[i], WHO_LEN}, ids[i]);
	}
}
