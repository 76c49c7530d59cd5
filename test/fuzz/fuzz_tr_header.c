/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every head judged within bounds, and does one that is clean have
 * neither a CR nor an LF alone nor a NUL, wherever the walk finds headers? */
#include "../../modules/tls_reuse/tr_header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view msg = {(const char *)data, size};
	struct tr_header h;
	size_t i;

	if(!tr_header_is_clean(msg))
		return 0;
	tr_header_start(msg, &h);
	if(h.end <= 2 && size > 0 && (data[0] == '\r' || data[0] == '\n'))
		return 0; /* begins with the empty line: all of it is body */
	while(tr_header_next(msg, &h) == 0) {
		for(i = h.begin; i < h.end; i++) {
			if(data[i] == '\0'
					|| (data[i] == '\r'
							&& (i + 1 == size || data[i + 1] != '\n'))
					|| (data[i] == '\n' && data[i - 1] != '\r'))
				abort();
		}
	}
	return 0;
}
