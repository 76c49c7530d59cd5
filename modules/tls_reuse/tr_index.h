/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which row is the first with this key? An index of keys' hashes that looks at
 * one line of the processor's cache.
 *
 * A line has four places. What finds its own line full is in the next that is
 * not, so a search ends at the first line with a free place; there are twice
 * as many places as rows, and lines are seldom full. A place has the row's
 * connection beside the row: who needs no more than that touches nothing else.
 *
 * 74 bits of a keyed hash are compared: two keys are taken for the same by
 * chance once in 2^54 searches, in an index of a million rows. Who acts on
 * what is found compares the keys.
 *
 * The caller has the memory, and a lock. */
#ifndef TR_INDEX_H
#define TR_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define TR_INDEX_ROWS_MAX (1u << 20)
#define TR_INDEX_PLACES 4
#define TR_INDEX_LINE 64

/* One row's place. The lower bits of word are the row. */
struct tr_index_place {
	uint64_t print;
	uint32_t word;
	int conid;
};

#define TR_INDEX_ROW (TR_INDEX_ROWS_MAX - 1)
#define TR_INDEX_USED (1u << 20) /* the place is taken */
#define TR_INDEX_MORE (1u << 21) /* there are more rows with the same key */

struct tr_index {
	struct tr_index_place (*line)[TR_INDEX_PLACES];
	uint32_t lines;
};

/* Octets for so many rows, at most TR_INDEX_ROWS_MAX. */
size_t tr_index_size(unsigned rows);

/* Makes an empty index in mem, which has tr_index_size(rows) octets. */
void tr_index_init(struct tr_index *index, void *mem, unsigned rows);

/* The place of the key with this hash; NULL: it has none. It is there until
 * a row is put in or taken out. */
struct tr_index_place *tr_index_find(
		const struct tr_index *index, const uint64_t hash[2]);

/* Makes a place for a key that has none, to be filled by tr_index_set(). */
struct tr_index_place *tr_index_put(
		struct tr_index *index, const uint64_t hash[2]);

/* Takes a place out. */
void tr_index_take(struct tr_index *index, struct tr_index_place *place);

/* Says whose place it is; more: there are more rows with the same key. */
static inline void tr_index_set(
		struct tr_index_place *place, uint32_t row, int conid, int more)
{
	place->word &= ~(TR_INDEX_ROW | TR_INDEX_MORE);
	place->word |= row | (more ? TR_INDEX_MORE : 0);
	place->conid = conid;
}

static inline uint32_t tr_index_row(const struct tr_index_place *place)
{
	return place->word & TR_INDEX_ROW;
}

#endif
