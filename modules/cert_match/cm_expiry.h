/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which certificates, our own or peers', end soon?
 *
 * Own ones are read from watched files, peers' come in with their handshakes;
 * the table is cm_dates_store's.
 */
#ifndef CM_EXPIRY_H
#define CM_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "cm_dates.h"
#include "cm_match.h"

#define CM_EXPIRY_WARN_DAYS 30
#define CM_EXPIRY_MAX_CERTIFICATES 1024
#define CM_EXPIRY_INTERVAL 3600

/* modparams, as they are set; read by cm_expiry_init(). */
struct cm_expiry_opts {
	int warn_days;
	int max_certificates; /* of peers */
	int interval;         /* seconds between two readings of watched files */
};

/* Check the options, make the table, before any fork, and read our own
 * certificates: a watched path that cannot be read is an error here. *opts is
 * copied. 0 or -1. */
int cm_expiry_init(const struct cm_expiry_opts *opts);
void cm_expiry_destroy(void);

/* modparam watch, each time it is given: a file or a directory; relative to the
 * directory of the configuration file. 0 or -1. */
int cm_expiry_watch(const char *path);

/* A peer showed this certificate. Quick: copies under the lock. Callable in any
 * process. */
void cm_expiry_seen(const struct cm_conn_info *info, const uint8_t *fingerprint,
		int64_t not_after, const struct cm_names *names);

/* Called once a second in the module's own process: reads the watched files
 * when it is time to, and tells of what ends soon. */
void cm_expiry_tick(void);

/* How many are there of these owners and states (CM_PICK_...) now? */
unsigned cm_expiry_count(unsigned what);

/* At how many days left does a certificate end soon? */
int cm_expiry_warn_days(void);

#endif
