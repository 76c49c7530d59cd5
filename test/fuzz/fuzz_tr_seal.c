/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does all that is sealed come back, and nothing that was made up? The first
 * octet says how many of the others are bound and not sealed. */
#include "../../modules/tls_reuse/tr_seal.h"

#include <stdlib.h>
#include <string.h>

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* Octets that claim to be sealed: a tag, then text. */
static void made_up(const struct tr_seal_key *key, struct tr_view bound,
		uint8_t *data, size_t size)
{
	if(size >= TR_SEAL_LEN
			&& tr_seal_open(
					key, bound, data + TR_SEAL_LEN, size - TR_SEAL_LEN, data))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_seal_key key;
	uint8_t tag[TR_SEAL_LEN], *copy = malloc(size + 1);
	struct tr_view bound = {(const char *)data, 0};

	if(copy == NULL)
		abort();
	if(size > 0) {
		bound.s = (const char *)data + 1;
		bound.len = data[0] < size ? data[0] : size - 1;
		data += 1 + bound.len;
		size -= 1 + bound.len;
	}
	tr_seal_init(&key, view("a key for the fuzzer"), view("fuzz"));
	memcpy(copy, data, size);
	tr_seal(&key, bound, copy, size, tag);
	if(!tr_seal_open(&key, bound, copy, size, tag)
			|| memcmp(copy, data, size) != 0)
		abort();
	made_up(&key, bound, copy, size);
	free(copy);
	return 0;
}
