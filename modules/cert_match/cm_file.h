/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in this file?
 *
 * Regular files only, whole, of at most CM_FILE_MAX octets; never waits (a FIFO
 * or a terminal is refused at once). Pure.
 */
#ifndef CM_FILE_H
#define CM_FILE_H

#include <stddef.h>
#include <stdint.h>

#define CM_FILE_MAX (1024 * 1024)

/* What an operator names may hold a private key: the bytes belong to the
 * caller, who ends them with cm_file_wipe(). */
struct cm_file {
	uint8_t *bytes;
	size_t len;
	const char *why; /* of a failure, in words; good until the next one */
};

/* Read it. 0; -1: not this time, what stood there may still stand there; -2:
 * this is no file at all. Of a failure only why is set, and nothing to wipe. */
int cm_file_read(const char *path, struct cm_file *file);

/* Overwrite the bytes, and free them. */
void cm_file_wipe(struct cm_file *file);

#endif
