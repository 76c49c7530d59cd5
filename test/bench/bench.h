/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much CPU time does one call take, in one way and in another?
 *
 * The ways take turns, round by round, so that a machine that slows down slows
 * all of them down. A time is the median of the rounds.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_WAYS 4
#define BENCH_ROUNDS 21
#define BENCH_ROUND_NS 5e6

/* The first is ours. run() does the work once and returns something that
 * depends on it, so that no compiler can leave it out. */
struct bench_way {
	const char *how;
	int (*run)(const void *arg);
};

static inline double bench_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static inline double bench_round(
		const struct bench_way *way, const void *arg, long calls)
{
	double begin = bench_clock();
	int sum = 0;
	long i;

	for(i = 0; i < calls; i++)
		sum += way->run(arg);
	__asm__ volatile("" : : "r"(sum)); /* somebody may want it */
	return (bench_clock() - begin) / (double)calls;
}

/* how many calls make a round; also the warm-up */
static inline long bench_calls(const struct bench_way *way, const void *arg)
{
	long calls = 1;

	while(bench_round(way, arg, calls) * (double)calls < BENCH_ROUND_NS)
		calls *= 2;
	return calls;
}

static inline int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline void bench_print(
		const char *what, const double *sorted, double ours, const char *how)
{
	double median = sorted[BENCH_ROUNDS / 2];
	char ratio[16] = "";

	if(ours > 0)
		snprintf(ratio, sizeof(ratio), "x%.*f", median < 10 * ours ? 1 : 0,
				median / ours);
	printf("  %-34s %9.0f ns %9.0f .. %-8.0f %-6s %s\n", what, median,
			sorted[1], sorted[BENCH_ROUNDS - 2], ratio, how);
}

static inline void bench_head(void)
{
	printf("  %-34s %12s %16s\n", "CPU time of one call", "median", "range");
}

/* Measure ways (ended by how NULL) and print a line for each. */
static inline void bench(
		const char *what, const void *arg, const struct bench_way *ways)
{
	double ns[BENCH_WAYS][BENCH_ROUNDS];
	long calls[BENCH_WAYS];
	int n = 0, w, r;

	for(; n < BENCH_WAYS && ways[n].how; n++)
		calls[n] = bench_calls(&ways[n], arg);
	for(r = 0; r < BENCH_ROUNDS; r++)
		for(w = 0; w < n; w++)
			ns[w][r] = bench_round(&ways[w], arg, calls[w]);
	for(w = 0; w < n; w++) {
		qsort(ns[w], BENCH_ROUNDS, sizeof(ns[w][0]), bench_order);
		bench_print(w ? "" : what, ns[w], w ? ns[0][BENCH_ROUNDS / 2] : 0,
				ways[w].how);
	}
}

#endif
