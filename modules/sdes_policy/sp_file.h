/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_file answers: what is in this file?
 */
#ifndef SP_FILE_H
#define SP_FILE_H

#include "sp_text.h"

/* Reads a regular file of up to max octets into memory of malloc(): the caller
 * calls free() on text->s. Returns 0, or -1 and "path: what is wrong,
 * expected what" in why; what says what sort of file was expected. */
int sp_file_read(const char *path, size_t max, const char *what,
		struct sp_text *text, struct sp_buf *why);

#endif
