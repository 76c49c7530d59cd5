/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does any DER make cm_der, cm_cert, cm_eku or cm_ident read or write out of
 * bounds, keep a name that is none, or find other names, times or purposes
 * than OpenSSL's own parser? The first octet of the input holds the options. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "../../modules/cert_match/cm_explain.h"
#include "../../modules/cert_match/cm_uri.h"

/* The names that OpenSSL finds, packed as ours. */
struct expected {
	unsigned count;
	size_t len;
	uint8_t packed[CM_PACKED_MAX];
};

static void look(void *arg, const char *line)
{
	size_t *sum = arg;

	*sum += strlen(line);
}

static void check_names(const struct cm_ident_set *set, int wildcard)
{
	struct cm_names names = cm_ident_names(set);
	struct cm_match_opts match = {wildcard};
	size_t offset = 0, len;
	const char *text;
	unsigned count = 0;

	while((text = cm_names_next(&names, &offset, &len)) != NULL) {
		struct cm_name name;

		/* what was accepted is a name in canonical form, and matches */
		if(cm_name_parse(text, len, 1, &name) != CM_OK || name.len != len
				|| memcmp(name.text, text, len) != 0
				|| cm_match(&names, &name, &match) != CM_OK)
			abort();
		count++;
	}
	if(count != set->count || offset != set->packed_len
			|| (set->reason == CM_OK) != (count > 0))
		abort();
}

static void expect(struct expected *e, GENERAL_NAMES *san, int type)
{
	int i;

	for(i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);
		const char *text;
		size_t len;
		struct cm_name name;

		if(g->type != type)
			continue;
		text = (const char *)ASN1_STRING_get0_data(g->d.ia5);
		len = (size_t)ASN1_STRING_length(g->d.ia5);
		if((type == GEN_URI ? cm_uri_domain(text ? text : "", len, &name)
							: cm_name_parse(text ? text : "", len, 1, &name))
						!= CM_OK
				|| e->count >= CM_IDENT_MAX
				|| e->len + 1 + name.len > sizeof(e->packed))
			continue;
		e->count++;
		e->packed[e->len++] = (uint8_t)name.len;
		memcpy(e->packed + e->len, name.text, name.len);
		e->len += name.len;
	}
}

static void compare_names(X509 *cert, const struct cm_ident_set *set)
{
	static struct expected e;
	int critical = -1;
	GENERAL_NAMES *san =
			X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);

	e.count = 0;
	e.len = 0;
	if(san) {
		expect(&e, san, GEN_URI);
		if(e.count == 0)
			expect(&e, san, GEN_DNS);
		if(set->count != e.count || set->packed_len != e.len
				|| memcmp(set->packed, e.packed, e.len) != 0)
			abort();
	} else if(set->source != CM_SOURCE_NONE && set->source != CM_SOURCE_CN
			  && critical == -1) {
		abort();
	}
	GENERAL_NAMES_free(san);
}

/* Without the extension that is ours to judge, OpenSSL's purpose check is. */
static void compare_purpose(X509 *cert, const struct cm_ident_opts *opts,
		const struct cm_ident_set *set)
{
	uint32_t flags = X509_get_extension_flags(cert);
	int purpose = opts->peer_is_server ? X509_PURPOSE_SSL_SERVER
									   : X509_PURPOSE_SSL_CLIENT;

	if(!(flags & (EXFLAG_INVALID | EXFLAG_XKUSAGE)) && opts->eku != CM_EKU_SIP
			&& (set->purpose == CM_OK)
					   != (X509_check_purpose(cert, purpose, 0) == 1))
		abort();
}

static void compare(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, const struct cm_ident_set *set)
{
	const uint8_t *p = der;
	X509 *cert = d2i_X509(NULL, &p, (long)len);
	struct cm_ident_set again;

	if(cert && p == der + len) {
		compare_names(cert, set);
		compare_purpose(cert, opts, set);
		if(ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), set->not_after) != 0)
			abort();
		if(cm_ident_from_x509(cert, opts, &again, NULL, NULL) == 0
				&& (again.packed_len != set->packed_len
						|| again.purpose != set->purpose))
			abort();
		cm_eku_ca(cert, opts->eku);
	}
	X509_free(cert);
	ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_ident_opts opts = {0};
	struct cm_match_opts match = {0};
	struct cm_ident_set set;
	size_t sum = 0;

	if(size < 1)
		return 0;
	opts.common_name = data[0] & 1;
	match.wildcard = data[0] >> 1 & 1;
	opts.eku = (enum cm_eku)((data[0] >> 2 & 3) % 3);
	opts.peer_is_server = data[0] >> 4 & 1;
	if(cm_ident_from_der(data + 1, size - 1, &opts, &set, NULL, NULL) == 0)
		compare(data + 1, size - 1, &opts, &set);
	check_names(&set, match.wildcard);
	cm_explain_check(data + 1, size - 1, "example.com", 11, &opts, &match, 0,
			look, &sum);
	return 0;
}
