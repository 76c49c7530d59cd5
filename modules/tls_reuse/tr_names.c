/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under which names have we sent requests? See the header. */
#include "tr_names.h"

#include "tr_target.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PORT_MAX 65535
#define SENTBY_MAX (TR_NAME_MAX + 6)

struct entry {
	uint16_t port;
	uint16_t len; /* of sentby */
	uint8_t name_len;
	char sentby[SENTBY_MAX + 1]; /* the name, and perhaps ":port" */
};

struct tr_names {
	atomic_uint count; /* entries below it are complete and do not change */
	uint32_t hash[TR_NAMES_MAX];
	struct entry entry[TR_NAMES_MAX];
};

size_t tr_names_size(void)
{
	return sizeof(struct tr_names);
}

struct tr_names *tr_names_init(void *mem)
{
	struct tr_names *names = mem;

	memset(names, 0, sizeof(*names));
	atomic_init(&names->count, 0);
	return names;
}

/* FNV-1a: nobody else chooses what is in the table. */
static uint32_t hash_of(struct tr_view name, unsigned port)
{
	uint32_t hash = 2166136261u ^ port;
	size_t i;

	for(i = 0; i < name.len; i++) {
		hash = (hash ^ (uint8_t)(name.s[i] | 0x20)) * 16777619u;
	}
	return hash;
}

static int is_equal(const struct entry *e, struct tr_view name, unsigned port)
{
	return e->port == port && e->name_len == name.len
		   && strncasecmp(e->sentby, name.s, name.len) == 0;
}

unsigned tr_names_find(
		const struct tr_names *names, struct tr_view name, unsigned port)
{
	unsigned n = atomic_load_explicit(&names->count, memory_order_acquire);
	uint32_t hash = hash_of(name, port);
	unsigned i;

	if(name.len == 0) {
		return 0;
	}
	for(i = 0; i < n; i++) {
		if(names->hash[i] == hash && is_equal(&names->entry[i], name, port)) {
			return i + 1;
		}
	}
	return 0;
}

unsigned tr_names_add(
		struct tr_names *names, struct tr_view name, unsigned port)
{
	unsigned n = tr_names_find(names, name, port);
	struct entry *e;

	if(n != 0) {
		return n;
	}
	n = atomic_load_explicit(&names->count, memory_order_relaxed);
	if(n == TR_NAMES_MAX || name.len == 0 || name.len > TR_NAME_MAX
			|| port > PORT_MAX) {
		return 0;
	}
	e = &names->entry[n];
	e->port = (uint16_t)port;
	e->name_len = (uint8_t)name.len;
	e->len = e->name_len;
	memcpy(e->sentby, name.s, name.len);
	if(port > 0) {
		e->len = (uint16_t)(e->len
							+ snprintf(e->sentby + name.len, sizeof(":65535"),
									":%u", e->port));
	}
	names->hash[n] = hash_of(name, port);
	atomic_store_explicit(&names->count, n + 1, memory_order_release);
	return n + 1;
}

struct tr_view tr_names_sentby(const struct tr_names *names, unsigned number)
{
	struct tr_view none = {NULL, 0};

	if(number == 0
			|| number > atomic_load_explicit(
					   &names->count, memory_order_acquire)) {
		return none;
	}
	return (struct tr_view){
			names->entry[number - 1].sentby, names->entry[number - 1].len};
}
