/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every key file read within bounds, and are its keys lines of it? */
#include "../../modules/tls_reuse/tr_keys.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned lines_of(const uint8_t *data, size_t size)
{
	unsigned n = 1;
	size_t i;

	for(i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

/* All that is said of good keys. */
static void check(const struct tr_secrets *secrets, struct tr_view text)
{
	const char *at = text.s;
	unsigned i, j;

	if(secrets->n == 0 || secrets->n > TR_KEYS_MAX)
		abort();
	for(i = 0; i < secrets->n; i++) {
		const struct tr_view *s = &secrets->secret[i];

		if(s->len < TR_KEYS_SECRET_MIN || s->s < at
				|| s->s + s->len > text.s + text.len || s->s[0] == '#'
				|| (s->s > text.s && s->s[-1] != '\n')
				|| memchr(s->s, '\n', s->len) != NULL
				|| secrets->id[i] != tr_keys_id(*s))
			abort();
		at = s->s + s->len;
		for(j = 0; j < i; j++)
			if(secrets->id[j] == secrets->id[i])
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view text = {(const char *)data, size};
	struct tr_secrets secrets;
	enum tr_keys result;
	unsigned line;

	result = tr_keys_read(text, &secrets, &line);
	if(result == TR_KEYS_OK)
		check(&secrets, text);
	else if(secrets.n != 0 || (line == 0) != (result == TR_KEYS_NONE)
			|| line > lines_of(data, size))
		abort();
	return 0;
}
