/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is every address read within bounds, and does it come back from octets? */
#include "../../modules/tls_reuse/tr_edge.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_view text = {(const char *)data, size};
	uint8_t octets[TR_EDGE_LEN_MAX];
	struct tr_edge_addr edge, back;

	if(tr_edge_read(text, &edge) != 0) {
		if(edge.ip_len != 0)
			abort();
		return 0;
	}
	if((edge.ip_len != 4 && edge.ip_len != 16) || edge.port == 0
			|| tr_edge_write(&edge, octets) != tr_edge_len(edge.ip_len))
		abort();
	tr_edge_parse(octets, edge.ip_len, &back);
	if(!tr_edge_same(&edge, &back))
		abort();
	return 0;
}
