/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What does a person see of a connection's record?
 *
 * A copy of the record with everything as text, taken under the lock and read
 * at leisure. The caller owns it; nothing to free.
 */
#ifndef CM_ROW_H
#define CM_ROW_H

#include <stdint.h>
#include <time.h>

#include "cm_store.h"

#define CM_ROW_IDENTITIES 1024

struct cm_row {
	struct cm_conn_info info;
	struct cm_traffic traffic;
	time_t opened;
	int established;
	int has_cert;
	int verified;
	int verify_error;
	enum cm_reason ident_reason;
	enum cm_opening opening;
	int resumed;
	enum cm_source source;
	int64_t not_after;
	char version[CM_VERSION_MAX];
	char cipher[CM_CIPHER_MAX];
	char expected[CM_NAME_MAX + 1];
	char on_behalf[CM_NAME_MAX + 1];
	char sni[256];
	char fingerprint[CM_FINGERPRINT_LEN * 3];
	char first[CM_NAME_MAX + 1];
	char identities
			[CM_ROW_IDENTITIES]; /* comma list, "..." if there are more */
};

/* Fill row from the record of connection id. 0 or -1: none. */
int cm_row_get(int id, struct cm_row *row);

/* Whole days until the certificate ends, negative when it has. */
int cm_row_days_left(const struct cm_row *row, time_t now);

/* Why the peer is, or is not, authenticated as anybody at all. */
enum cm_reason cm_row_reason(const struct cm_row *row);

/* The same in words, with OpenSSL's own where the chain was refused (expired,
 * unknown CA, ...). A constant string. */
const char *cm_row_words(const struct cm_row *row);

/* What is unsafe about this connection, in words; "" if nothing is. A constant
 * string. */
const char *cm_row_warning(const struct cm_row *row);

const char *cm_dir_name(enum cm_dir dir);
const char *cm_state_name(enum cm_state state);

#endif
