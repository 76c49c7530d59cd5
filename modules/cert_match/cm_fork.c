/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a forked worker share OpenSSL's per-thread state with its parent?
 *
 * It does on a Kamailio without tls_threads_mode (5.6): OpenSSL 3 keeps its
 * error queue, random generators and exit handlers in thread-specific values,
 * and the tls module lets OpenSSL allocate from shared memory. What the main
 * process allocated before the fork, all workers then use at once, without a
 * lock: the error queue is corrupted under many new connections, and Kamailio
 * aborts in qm_free() (upstream issues 3695, 3791).
 *
 * The cure: in the child, right after the fork, forget each thread-specific
 * value that points into Kamailio's shared memory. OpenSSL makes a new one on
 * first use. A value in private memory is the child's own copy already and is
 * left alone, so other libraries do not notice. The old state is not freed: the
 * parent goes on using it. So each child costs one state (some hundred bytes
 * and two random generators), once.
 */

#include <limits.h>
#include <pthread.h>

#include "../../core/dprint.h"
#include "../../core/mem/shm_mem.h"

#include "cm_fork.h"

/* pthread_key_t is a small integer with glibc and musl, and asking for a key
 * that does not exist gives NULL: upstream's own cure stands on the same. */
static void cm_fork_child(void)
{
	pthread_key_t key;

	for(key = 0; key < PTHREAD_KEYS_MAX; key++) {
		void *value = pthread_getspecific(key);

		if(value && shm_address_in(value))
			pthread_setspecific(key, NULL);
	}
}

int cm_fork_cure(void)
{
	if(pthread_atfork(NULL, NULL, cm_fork_child) != 0) {
		LM_ERR("no memory to register a fork handler\n");
		return -1;
	}
	LM_NOTICE("this Kamailio lets forked workers share OpenSSL's per-thread "
			  "state, which crashes it under many new TLS connections: "
			  "cert_match gives each worker its own\n");
	return 0;
}
