/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every destination URI judged within bounds, and is what is believed
 * exactly what we would write? */
#include "../../modules/tls_reuse/tr_mark.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view uri = {(const char *)data, size};
	struct tr_view call_id = {"call@fuzzer", 11};
	char mark[TR_MARK_MAX];
	/* the corpus holds marks made with these */
	const struct tr_mark_key key = {"a fuzzer's key 1", "a fuzzer's key 2"};
	struct tr_domains pair;
	enum tr_mark verdict;
	size_t begin, len;

	begin = tr_mark_begin(uri);
	verdict = tr_mark_read(&key, call_id, uri, &pair);
	if(begin > size || (verdict == TR_MARK_NONE) != (begin == size)) {
		abort();
	}
	if(verdict != TR_MARK_OK) {
		return 0;
	}
	len = tr_mark_write(&key, call_id, &pair, mark);
	if(len != size - begin || memcmp(mark, data + begin, len) != 0) {
		abort();
	}
	return 0;
}
