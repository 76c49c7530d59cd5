/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which number do eight octets make, the first of them in its lowest bits?
 * So whoever looks at many octets looks at eight at a time. */
#ifndef TR_WORD_H
#define TR_WORD_H

#include <stdint.h>
#include <string.h>

#define TR_WORD_LEN sizeof(uint64_t)

/* octet in each place of a word */
#define TR_WORD_OF(octet) (UINT64_C(0x0101010101010101) * (octet))

static inline uint64_t tr_word(const void *octets)
{
	uint64_t word;

	memcpy(&word, octets, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

#endif
