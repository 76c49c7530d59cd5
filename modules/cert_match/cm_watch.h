/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which certificates lie at this path?
 *
 * Reads a file, or every *.pem, *.crt and *.cer of a directory (not of those
 * below it) in the order of their names. Bounded in everything; never waits (a
 * FIFO is no file).
 */
#ifndef CM_WATCH_H
#define CM_WATCH_H

#include "cm_dates.h"

#define CM_WATCH_FILES 1000 /* of one directory */

struct cm_watch_sink {
	/* a certificate; all but last_seen is set */
	void (*cert)(void *arg, struct cm_date *date);
	/* Something about a file or directory. unread: 1 if what stood in it
	 * before may still stand there. why is valid during the call only. */
	void (*problem)(void *arg, const char *path, const char *why, int unread);
	void *arg;
};

/* Is this a path that can be watched: absolute, not longer than a place in the
 * table can be, without control characters? */
int cm_watch_path_ok(const char *path);

/* Read what lies at path, which is ok. 0, or -1: the path itself could not be
 * read, or it is a file without a certificate; problem() was called. */
int cm_watch_read(const char *path, const struct cm_watch_sink *sink);

#endif
