/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does whatever is read of a message lie in it, is it bounded, and has a
 * message the same transaction whatever follows its head? */
#include "../../modules/tls_reuse/tr_open.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int inside(struct tr_view part, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;

	return part.s >= begin && part.s <= begin + size
		   && part.len <= size - (size_t)(part.s - begin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[TR_HASH_SEED_LEN] = {1, 2, 3};
	static struct tr_open_table *table;
	struct tr_open_message m, again;
	struct tr_open_key key;

	if(table == NULL) {
		table = tr_open_init(malloc(tr_open_size(16)), 16, seed);
	}
	if(tr_open_read((struct tr_view){(const char *)data, size}, &m) != 0)
		return 0;
	if(!inside(m.branch, data, size) || !inside(m.method, data, size)
			|| m.branch.len == 0 || m.branch.len > TR_OPEN_BRANCH_MAX
			|| m.method.len == 0 || m.method.len > TR_OPEN_METHOD_MAX
			|| (m.status != 0 && (m.status < 100 || m.status > 699)))
		abort();
	key = tr_open_key_of(table, TR_OPEN_IN, 7, &m);
	tr_open_begin(table, &key, 7, 0, 1);
	if(tr_open_read((struct tr_view){(const char *)data, size}, &again) != 0
			|| tr_open_count(table, key.bucket, 7, 1) == 0)
		abort();
	key = tr_open_key_of(table, TR_OPEN_IN, 7, &again);
	if(tr_open_end(table, &key) != 1)
		abort();
	return 0;
}
