/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what must be done in the background? See the header. */
#include "tr_ticker.h"

#include "tr_store.h"
#include "tr_close.h"
#include "tr_keep.h"
#include "tr_wait.h"

#include "../../core/cfg/cfg_struct.h"
#include "../../core/dprint.h"
#include "../../core/pt.h"
#include "../../core/sr_module.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000

static struct {
	int bell; /* an eventfd, of all processes */
} ticker = {.bell = -1};

int tr_ticker_init(void)
{
	ticker.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if(ticker.bell < 0 || register_procs(1) < 0) {
		LM_ERR("no place for a process of tls_reuse, or no file descriptor:"
			   " %s\n",
				strerror(errno));
		return -1;
	}
	cfg_register_child(1);
	return 0;
}

/* Full means that it rings already. */
void tr_ticker_wake(void)
{
	const uint64_t one = 1;

	if(write(ticker.bell, &one, sizeof(one)) < 0 && errno != EAGAIN) {
		LM_ERR("cannot wake the process of tls_reuse: %s\n", strerror(errno));
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until somebody rings, or until the time is due. */
static void wait_until(int64_t due)
{
	struct pollfd bell = {.fd = ticker.bell, .events = POLLIN};
	int64_t left = due - now_ms();
	uint64_t rung;

	if(left > 0 && poll(&bell, 1, left < TICK_MS ? (int)left : TICK_MS) < 0
			&& errno != EINTR) {
		LM_ERR("poll: %s\n", strerror(errno));
	}
	/* before the work is looked for: whoever rings from now on rings again */
	if(read(ticker.bell, &rung, sizeof(rung)) < 0 && errno != EAGAIN
			&& errno != EINTR) {
		LM_ERR("read: %s\n", strerror(errno));
	}
}

/* Ends with SIGTERM, like all of the core's processes. */
static void run(void)
{
	int64_t due = now_ms() + TICK_MS;

	for(;;) {
		wait_until(due);
		cfg_update();
		tr_wait_answer();
		if(now_ms() >= due) {
			tr_wait_tick();
			tr_store_tick();
			due = now_ms() + TICK_MS;
			tr_keep_tick();
			tr_close_tick();
		}
	}
}

int tr_ticker_fork(void)
{
	/* a rank with which modules make themselves ready to run the script, as
	 * the core's own asynchronous workers have */
	int pid = fork_process(PROC_RPC, "TLS_REUSE", 1);

	if(pid < 0) {
		LM_ERR("cannot start the process of tls_reuse\n");
		return -1;
	}
	if(pid == 0) {
		if(cfg_child_init() != 0) {
			return -1;
		}
		run();
	}
	return 0;
}

void tr_ticker_destroy(void)
{
	if(ticker.bell >= 0) {
		close(ticker.bell);
		ticker.bell = -1;
	}
}
