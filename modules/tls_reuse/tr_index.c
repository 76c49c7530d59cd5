/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which row is the first with this key? See the header. */
#include "tr_index.h"

#include <assert.h>
#include <string.h>

#define PLACES TR_INDEX_PLACES
#define LAST (PLACES - 1)

/* What is compared of the first half of a hash; the second one is the print. */
#define REST ~(TR_INDEX_ROW | TR_INDEX_USED | TR_INDEX_MORE)

static_assert(sizeof(struct tr_index_place[PLACES]) == TR_INDEX_LINE,
		"one line of the cache");

static uint32_t lines_for(unsigned rows)
{
	return (rows + 1) / 2;
}

size_t tr_index_size(unsigned rows)
{
	/* mem may begin in the middle of a line of the cache */
	return ((size_t)lines_for(rows) + 1) * TR_INDEX_LINE;
}

void tr_index_init(struct tr_index *index, void *mem, unsigned rows)
{
	uintptr_t at = (uintptr_t)mem;

	memset(mem, 0, tr_index_size(rows));
	at += (TR_INDEX_LINE - at % TR_INDEX_LINE) % TR_INDEX_LINE;
	index->line = (struct tr_index_place(*)[PLACES])at;
	index->lines = lines_for(rows);
}

/* The line that a print belongs in. */
static uint32_t home(const struct tr_index *index, uint64_t print)
{
	return (uint32_t)(((print >> 32) * index->lines) >> 32);
}

static uint32_t after(const struct tr_index *index, uint32_t line)
{
	return line + 1 < index->lines ? line + 1 : 0;
}

/* How many lines on from one to the other? */
static uint32_t distance(
		const struct tr_index *index, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : to + index->lines - from;
}

/* The places that are taken come first. */
static int is_full(const struct tr_index_place *line)
{
	return (line[LAST].word & TR_INDEX_USED) != 0;
}

static uint32_t word_of(const uint64_t hash[2])
{
	return TR_INDEX_USED | ((uint32_t)hash[0] & REST);
}

struct tr_index_place *tr_index_find(
		const struct tr_index *index, const uint64_t hash[2])
{
	uint32_t at = home(index, hash[1]), word = word_of(hash), i;

	for(;; at = after(index, at)) {
		struct tr_index_place *line = index->line[at];

		for(i = 0; i < PLACES; i++) {
			if(line[i].print == hash[1]
					&& (line[i].word & (REST | TR_INDEX_USED)) == word) {
				return &line[i];
			}
		}
		if(!is_full(line)) {
			return NULL;
		}
	}
}

struct tr_index_place *tr_index_put(
		struct tr_index *index, const uint64_t hash[2])
{
	struct tr_index_place *place;
	uint32_t at = home(index, hash[1]);

	while(is_full(index->line[at])) {
		at = after(index, at);
	}
	for(place = index->line[at]; (place->word & TR_INDEX_USED) != 0;) {
		place++;
	}
	*place = (struct tr_index_place){hash[1], word_of(hash), 0};
	return place;
}

/* A place that is not in its own line, and would be closer in line `to`; the
 * lines from there to `at` are full. NULL: there is none in line `at`. */
static struct tr_index_place *stray(
		const struct tr_index *index, uint32_t at, uint32_t to)
{
	struct tr_index_place *line = index->line[at];
	uint32_t i, way = distance(index, to, at);

	for(i = 0; i < PLACES && (line[i].word & TR_INDEX_USED) != 0; i++) {
		if(distance(index, home(index, line[i].print), at) >= way) {
			return &line[i];
		}
	}
	return NULL;
}

/* Closes the gap in a line. */
static void close_up(struct tr_index_place *line, struct tr_index_place *gap)
{
	uint32_t last = LAST;

	while((line[last].word & TR_INDEX_USED) == 0) {
		last--;
	}
	*gap = line[last];
	memset(&line[last], 0, sizeof(line[last]));
}

void tr_index_take(struct tr_index *index, struct tr_index_place *place)
{
	uint32_t to = (uint32_t)((size_t)((char *)place - (char *)index->line)
							 / TR_INDEX_LINE);
	uint32_t at = to;
	int was_full = is_full(index->line[to]);

	close_up(index->line[to], place);
	/* Nobody's search may end in this line who is in a later one. */
	while(was_full) {
		at = after(index, at);
		was_full = is_full(index->line[at]);
		place = stray(index, at, to);
		if(place != NULL) {
			index->line[to][LAST] = *place;
			close_up(index->line[at], place);
			to = at;
		}
	}
}
