/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the secret that this edge signs its tokens with? */
#ifndef TR_KEY_H
#define TR_KEY_H

#include <stddef.h>

#define TR_KEY_MAX 4096

/* value: a file ("/path" or "file:/path"), the secret itself, or NULL for a
 * random one. Logs what is wrong and what to do about it.
 * Returns the secret's length in out, or -1. The caller wipes out. */
int tr_key_load(const char *value, char out[TR_KEY_MAX]);

#endif
