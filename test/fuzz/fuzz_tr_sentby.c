/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever the message: no read or write out of bounds; one that was changed
 * says what it was changed to, and nothing else than before; and the Via that
 * the core writes is read as any other. */
#include "../../modules/tls_reuse/tr_sentby.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME "one.example:5061"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int right)
{
	if(!right)
		abort();
}

static int same(struct tr_view a, struct tr_view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

/* The header's name in other letters makes no difference. */
static void read_closely(
		struct tr_view msg, int result, const struct tr_sentby *via)
{
	const char *lf = msg.len > 0 ? memchr(msg.s, '\n', msg.len) : NULL;
	struct tr_sentby other;
	char *copy;

	if(lf == NULL || msg.s + msg.len - lf < 4 || memcmp(lf, "\nVia", 4) != 0)
		return;
	copy = malloc(msg.len);
	check(copy != NULL);
	memcpy(copy, msg.s, msg.len);
	memcpy(copy + (lf - msg.s), "\nVIA", 4);
	check(tr_sentby_read((struct tr_view){copy, msg.len}, &other) == result);
	if(result == 0)
		check(other.host.s - copy == via->host.s - msg.s
				&& other.whole.s == other.host.s
				&& other.host.len == via->host.len
				&& other.whole.len == via->whole.len && other.port == via->port
				&& other.alias == via->alias
				&& same(other.branch, via->branch));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tr_view sentby = {NAME, sizeof(NAME) - 1};
	struct tr_view msg = {(const char *)data, size}, out;
	struct tr_sentby via, again;
	size_t before, behind;
	char *text;
	int result = tr_sentby_read(msg, &via);

	read_closely(msg, result, &via);
	if(result != 0)
		return 0;
	out.len = tr_sentby_size(msg, &via, sentby);
	check(out.len <= size + TR_SENTBY_ROOM);
	text = malloc(out.len);
	check(text != NULL);
	tr_sentby_write(msg, &via, sentby, text);
	out.s = text;
	check(tr_sentby_read(out, &again) == 0);
	check(same(again.whole, sentby) && again.port == 5061 && again.alias == 1);
	check(same(again.branch, via.branch));
	/* before and behind it all is as it was */
	before = (size_t)(via.whole.s - msg.s);
	behind = msg.len - before - via.whole.len;
	check((size_t)(again.whole.s - out.s) == before
			&& memcmp(out.s, msg.s, before) == 0);
	check(memcmp(out.s + out.len - behind, msg.s + msg.len - behind, behind)
			== 0);
	free(text);
	return 0;
}
