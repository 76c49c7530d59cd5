/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is one of these identities this domain? Compared whole, in canonical form. */

#include <string.h>

#include "cm_match.h"

const char *cm_names_next(
		const struct cm_names *names, size_t *offset, size_t *len)
{
	const uint8_t *p;

	if(*offset >= names->len)
		return NULL;
	p = names->packed + *offset;
	if((size_t)p[0] > names->len - *offset - 1)
		return NULL;
	*len = p[0];
	*offset += (size_t)p[0] + 1;
	return (const char *)p + 1;
}

/* RFC 9525 s6.3: the star stands for exactly one label, never for none and
 * never for several. */
static int cm_match_star(
		const char *pattern, size_t len, const struct cm_name *domain)
{
	const char *dot = memchr(domain->text, '.', domain->len);
	size_t rest;

	if(!dot || dot == domain->text || domain->text[0] == '*')
		return 0;
	rest = domain->len - (size_t)(dot - domain->text);
	return rest == len - 1 && memcmp(dot, pattern + 1, rest) == 0;
}

enum cm_reason cm_match(const struct cm_names *names,
		const struct cm_name *domain, const struct cm_match_opts *opts)
{
	const char *name;
	size_t offset = 0, len;

	if(names->len == 0)
		return CM_NO_IDENTITY;
	/* RFC 5922 s7.2-5, s7.2-6: whole values, no suffixes; both sides are in
	 * lower case already, as DNS names compare. */
	while((name = cm_names_next(names, &offset, &len)) != NULL) {
		if(len == domain->len && memcmp(name, domain->text, len) == 0)
			return CM_OK;
		/* RFC 5922 s7.2-7: no wildcard match, unless the operator asks. */
		if(opts->wildcard && names->source == CM_SOURCE_DNS && len > 2
				&& name[0] == '*' && cm_match_star(name, len, domain))
			return CM_OK;
	}
	return CM_NO_MATCH;
}

/* RFC 5922 s7.2-3: equal but for case. name is in lower case. */
static int cm_is_spelled(const char *name, const char *text, size_t len)
{
	size_t i;

	for(i = 0; i < len; i++) {
		char c = text[i];

		if(c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if(c != name[i])
			return 0;
	}
	return 1;
}

/* The usual case, in a tenth of the time: an identity is a name, so what is
 * spelled as it is one, too, and needs no parsing. */
static int cm_is_known(
		const struct cm_names *names, const char *domain, size_t len)
{
	const char *name;
	size_t offset = 0, n;

	while((name = cm_names_next(names, &offset, &n)) != NULL)
		if(n == len && n > 0 && name[0] != '*'
				&& cm_is_spelled(name, domain, len))
			return 1;
	return 0;
}

enum cm_reason cm_decide(const struct cm_peer *peer, const char *domain,
		size_t len, const struct cm_match_opts *opts)
{
	struct cm_name name;

	/* RFC 5922 s7.4-1: no certificate, not authenticated. RFC 5922 s8.1-1,
	 * s8.1-2: and nothing else, no digest either, takes its place. */
	if(!peer->has_cert)
		return CM_NO_CERTIFICATE;
	/* RFC 5922 s7.1-1: first the validity of the certificate (RFC 5280). */
	if(!peer->verified)
		return CM_NOT_VERIFIED;
	/* RFC 5922 s7.1-2, RFC 5924 s5-1: then its extendedKeyUsage. */
	if(peer->purpose != CM_OK)
		return peer->purpose;
	/* RFC 5922 s7.3: no identities found, not authenticated. */
	if(peer->ident_reason != CM_OK)
		return peer->ident_reason;
	if(cm_is_known(&peer->names, domain, len))
		return CM_OK;
	/* RFC 5922 s7.2-7: what is asked for is a name, never a pattern. */
	if(cm_name_parse(domain, len, 0, &name) != CM_OK)
		return CM_DOMAIN_BAD;
	return cm_match(&peer->names, &name, opts);
}
