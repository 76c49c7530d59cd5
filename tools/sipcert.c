/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domains does a certificate stand for, and is it good for this one?
 * The decision is the cert_match module's, from the same units. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "../modules/cert_match/cm_explain.h"
#include "../modules/cert_match/cm_pem.h"

enum { EXIT_MATCH = 0, EXIT_NO_MATCH = 1, EXIT_UNREADABLE = 2 };

struct options {
	struct cm_ident_opts ident;
	struct cm_match_opts match;
	const char *domain;
	const char *file;
};

static int usage(FILE *f)
{
	fputs("usage: sipcert list [--common-name] CERT.pem\n"
		  "       sipcert check [--wildcard] [--common-name] --domain D "
		  "CERT.pem\n"
		  "list   every subjectAltName entry and CN: a SIP domain identity "
		  "(RFC 5922 s7.1)\n"
		  "       or refused, and by which clause. Exit 0; 2 unreadable\n"
		  "check  is the certificate good for domain D, step by step. Exit 0 "
		  "match,\n"
		  "       1 no match, 2 unreadable or usage. Chain and validity are a "
		  "handshake's\n"
		  "       matter: the validity is told, the chain is not looked at\n"
		  "The first certificate of the file counts (PEM or DER).\n"
		  "  --wildcard     \"*\" as leftmost label of a dNSName is any one "
		  "label\n"
		  "  --common-name  the CN counts when there is no subjectAltName at "
		  "all\n",
			f);
	return f == stdout ? 0 : EXIT_UNREADABLE;
}

static void print_line(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

static int load(const char *file, uint8_t **der, size_t *len)
{
	switch(cm_pem_load(file, der, len)) {
		case 0:
			return 0;
		case -1:
			fprintf(stderr, "sipcert: cannot read %s: %s\n", file,
					strerror(errno));
			return -1;
		default:
			fprintf(stderr, "sipcert: %s holds no certificate\n", file);
			return -1;
	}
}

static int list(const struct options *o)
{
	uint8_t *der;
	size_t len;
	enum cm_reason r;

	if(load(o->file, &der, &len) < 0)
		return EXIT_UNREADABLE;
	r = cm_explain_list(der, len, &o->ident, print_line, NULL);
	OPENSSL_free(der);
	return r == CM_MALFORMED ? EXIT_UNREADABLE : EXIT_MATCH;
}

static int check(const struct options *o)
{
	uint8_t *der;
	size_t len;
	enum cm_reason r;

	if(load(o->file, &der, &len) < 0)
		return EXIT_UNREADABLE;
	r = cm_explain_check(der, len, o->domain, strlen(o->domain), &o->ident,
			&o->match, (int64_t)time(NULL), print_line, NULL);
	OPENSSL_free(der);
	if(r == CM_MALFORMED)
		return EXIT_UNREADABLE;
	return r == CM_OK ? EXIT_MATCH : EXIT_NO_MATCH;
}

static int parse(struct options *o, int argc, char **argv)
{
	int i;

	for(i = 2; i < argc; i++) {
		if(strcmp(argv[i], "--wildcard") == 0)
			o->match.wildcard = 1;
		else if(strcmp(argv[i], "--common-name") == 0)
			o->ident.common_name = 1;
		else if(strcmp(argv[i], "--domain") == 0 && i + 1 < argc)
			o->domain = argv[++i];
		else if(argv[i][0] == '-' || o->file)
			return -1;
		else
			o->file = argv[i];
	}
	return o->file ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options o = {.domain = NULL};

	if(argc == 2
			&& (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return usage(stdout);
	if(argc < 2 || parse(&o, argc, argv) < 0)
		return usage(stderr);
	if(strcmp(argv[1], "list") == 0 && !o.domain && !o.match.wildcard)
		return list(&o);
	if(strcmp(argv[1], "check") == 0 && o.domain && o.domain[0])
		return check(&o);
	return usage(stderr);
}
