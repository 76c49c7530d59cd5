/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a person see of a connection's record? */

#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

#include "cm_dates.h"
#include "cm_days.h"
#include "cm_explain.h"
#include "cm_join.h"
#include "cm_row.h"

static void cm_copy(char *to, size_t size, const char *from, size_t len)
{
	if(len >= size)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

static void cm_row_names(struct cm_row *row, const struct cm_names *names)
{
	size_t offset = 0, len;
	const char *first = cm_names_next(names, &offset, &len);

	if(first)
		cm_copy(row->first, sizeof(row->first), first, len);
	cm_names_join(row->identities, sizeof(row->identities), names);
}

static void cm_row_facts(struct cm_row *row, const struct cm_facts *f)
{
	struct cm_names names = cm_facts_names(f);

	row->established = 1;
	row->has_cert = f->has_cert;
	row->verified = f->verified;
	row->verify_error = f->verify_error;
	row->ident_reason = f->ident_reason;
	row->opening = f->opening;
	row->resumed = f->resumed;
	row->source = f->source;
	row->not_after = f->not_after;
	memcpy(row->version, f->version, sizeof(row->version));
	memcpy(row->cipher, f->cipher, sizeof(row->cipher));
	cm_printable(row->sni, sizeof(row->sni), f->data, f->sni_len);
	if(f->has_cert)
		cm_fingerprint_text(row->fingerprint, f->fingerprint);
	cm_row_names(row, &names);
}

static int cm_row_copy(const struct cm_rec *rec, void *arg)
{
	struct cm_row *row = arg;

	memset(row, 0, sizeof(*row));
	row->info = rec->info;
	row->traffic = rec->traffic;
	row->opened = rec->opened;
	if(rec->expected)
		snprintf(row->expected, sizeof(row->expected), "%s", rec->expected);
	if(rec->on_behalf)
		snprintf(row->on_behalf, sizeof(row->on_behalf), "%s", rec->on_behalf);
	if(rec->facts)
		cm_row_facts(row, rec->facts);
	return 0;
}

int cm_row_get(int id, struct cm_row *row)
{
	return cm_store_with(id, cm_row_copy, row, -1);
}

int cm_row_days_left(const struct cm_row *row, time_t now)
{
	return row->has_cert ? cm_days_left(row->not_after, (int64_t)now) : 0;
}

enum cm_reason cm_row_reason(const struct cm_row *row)
{
	if(!row->has_cert)
		return CM_NO_CERTIFICATE;
	if(!row->verified)
		return CM_NOT_VERIFIED;
	return row->ident_reason;
}

const char *cm_row_words(const struct cm_row *row)
{
	if(!row->established)
		return "handshake not done";
	if(row->has_cert && !row->verified)
		return X509_verify_cert_error_string(row->verify_error);
	return cm_reason_words(cm_row_reason(row));
}

const char *cm_row_warning(const struct cm_row *row)
{
	/* RFC 8996: TLS 1.0 and 1.1 are deprecated */
	static const char *const old[] = {"SSLv3", "TLSv1", "TLSv1.1"};
	size_t i;

	if(row->opening == CM_OPENING_SSL2)
		return "greeted in SSL 2.0 format, which downgrades are made of";
	for(i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if(strcmp(row->version, old[i]) == 0)
			return "an old TLS version that others can break";
	return "";
}

const char *cm_dir_name(enum cm_dir dir)
{
	return dir == CM_DIR_IN ? "in" : "out";
}

const char *cm_state_name(enum cm_state state)
{
	switch(state) {
		case CM_STATE_OPENED:
			return "opened";
		case CM_STATE_HANDSHAKING:
			return "handshaking";
		case CM_STATE_ESTABLISHED:
			return "established";
		case CM_STATE_CLOSING:
			return "closing";
	}
	return "unknown";
}
