/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which SIP domains does a certificate stand for, is it good for this one, and
 * would a handshake with its owner come up? The decisions are the cert_match
 * module's, from the same units. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "../modules/cert_match/cm_explain.h"
#include "../modules/cert_match/cm_pem.h"

#include "sipcert.h"

static void synopsis(FILE *f)
{
	fputs("usage: sipcert list [--common-name] CERT.pem\n"
		  "       sipcert check [--wildcard] [--common-name] [--eku M] "
		  "--domain D CERT.pem\n"
		  "       sipcert probe [--wildcard] [--common-name] [--eku M] "
		  "--domain D\n"
		  "               [--ca FILE] [--crl FILE] [--cert FILE [--key FILE]] "
		  "[--timeout S]\n"
		  "               HOST[:PORT]\n",
			f);
}

static int help(void)
{
	FILE *f = stdout;

	synopsis(f);
	fputs("list   every subjectAltName entry and CN: a SIP domain identity "
		  "(RFC 5922 s7.1)\n"
		  "       or refused, and by which clause; purposes and key. Exit 0; 2 "
		  "unreadable\n"
		  "check  is the certificate good for domain D, now, step by step. "
		  "Exit 0 match,\n"
		  "       1 no match, or expired, or not valid yet; 2 unreadable or "
		  "usage. Its\n"
		  "       chain is not looked at: that is a handshake's matter\n"
		  "probe  a TLS handshake with the server for domain D, step by step, "
		  "and why it\n"
		  "       would fail. Exit 0 if it is complete and the server is D's, "
		  "1 if not,\n"
		  "       2 unreadable or usage. TLS 1.2 or 1.3; default port: 5061. "
		  "Nothing is\n"
		  "       sent after the handshake\n",
			f);
	fputs("CERT.pem: the first certificate of the file counts (PEM or DER).\n"
		  "  --domain D      a host name, in UTF-8 if need be\n"
		  "  --wildcard      \"*\" as leftmost label of a dNSName is any one "
		  "label\n"
		  "  --common-name   the CN counts when there is no subjectAltName at "
		  "all\n"
		  "  --eku M         which purposes do (RFC 5924): tls (default: those "
		  "of TLS or SIP,\n"
		  "                  or none listed), sip (id-kp-sipDomain or any), "
		  "any (not looked at)\n"
		  "  --ca FILE       trusted CAs (default: those of this system)\n"
		  "  --crl FILE      revoked certificates: a CRL of each CA of the "
		  "chain\n"
		  "  --cert FILE     our certificate and what is between it and its "
		  "CA, if the\n"
		  "                  peer asks\n"
		  "  --key FILE      its key (default: in the same file)\n"
		  "  --timeout S     give up after so many seconds (default: 10)\n",
			f);
	return 0;
}

/* What is wrong with the command line, and what it looks like. Returns -1. */
static int wrong(const char *format, const char *word)
{
	fputs("sipcert: ", stderr);
	fprintf(stderr, format, word);
	fputs("; sipcert --help tells more\n", stderr);
	synopsis(stderr);
	return -1;
}

static void print_line(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

static int load(const char *file, uint8_t **der, size_t *len)
{
	const char *why;

	switch(cm_pem_load(file, der, len, &why)) {
		case 0:
			return 0;
		case -1:
			fprintf(stderr, "sipcert: cannot read %s: %s\n", file, why);
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

	if(load(o->target, &der, &len) < 0)
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

	if(load(o->target, &der, &len) < 0)
		return EXIT_UNREADABLE;
	r = cm_explain_check(der, len, o->domain, strlen(o->domain), &o->ident,
			&o->match, (int64_t)time(NULL), print_line, NULL);
	OPENSSL_free(der);
	if(r == CM_MALFORMED)
		return EXIT_UNREADABLE;
	return r == CM_OK ? EXIT_MATCH : EXIT_NO_MATCH;
}

static int parse_seconds(const char *text, int *seconds)
{
	size_t len = strspn(text, "0123456789");

	if(len == 0 || len > 4 || text[len] != '\0')
		return -1;
	for(*seconds = 0; *text; text++)
		*seconds = *seconds * 10 + (*text - '0');
	return *seconds > 0 ? 0 : -1;
}

/* Where an option's text goes; NULL: it is none of these. */
static const char **text_option(struct options *o, const char *name)
{
	if(strcmp(name, "--domain") == 0)
		return &o->domain;
	if(strcmp(name, "--ca") == 0)
		return &o->ca;
	if(strcmp(name, "--crl") == 0)
		return &o->crl;
	if(strcmp(name, "--cert") == 0)
		return &o->cert;
	return strcmp(name, "--key") == 0 ? &o->key : NULL;
}

/* An option with a value: 0; 1: it is none of these; -1: the value is bad.
 * value is NULL if nothing follows. */
static int parse_value(struct options *o, const char *name, const char *value)
{
	const char **text = text_option(o, name);
	int is_eku = strcmp(name, "--eku") == 0;

	if(!text && !is_eku && strcmp(name, "--timeout") != 0)
		return 1;
	if(!value)
		return wrong("%s needs a value", name);
	if(text)
		*text = value;
	else if(is_eku && cm_eku_mode(value, strlen(value), &o->ident.eku) < 0)
		return wrong("--eku is tls, sip or any, not \"%s\"", value);
	else if(!is_eku && parse_seconds(value, &o->seconds) < 0)
		return wrong("--timeout is 1 to 9999 seconds, not \"%s\"", value);
	return 0;
}

static int parse(struct options *o, int argc, char **argv)
{
	int i;

	for(i = 2; i < argc; i++) {
		int taken = parse_value(o, argv[i], argv[i + 1]);

		if(taken < 0)
			return -1;
		if(taken == 0)
			i++;
		else if(strcmp(argv[i], "--wildcard") == 0)
			o->match.wildcard = 1;
		else if(strcmp(argv[i], "--common-name") == 0)
			o->ident.common_name = 1;
		else if(argv[i][0] == '-')
			return wrong("no option \"%s\"", argv[i]);
		else if(o->target)
			return wrong("one at a time: what is \"%s\"?", argv[i]);
		else
			o->target = argv[i];
	}
	if(o->key && !o->cert)
		return wrong("--key %s belongs to a --cert", o->key);
	return 0;
}

/* An option that only other commands have, or NULL. */
static const char *foreign_option(const struct options *o, int has_domain)
{
	if(o->ca || o->crl)
		return o->ca ? "--ca" : "--crl";
	if(o->cert)
		return "--cert";
	if(has_domain)
		return NULL;
	if(o->domain)
		return "--domain";
	if(o->match.wildcard)
		return "--wildcard";
	return o->ident.eku ? "--eku" : NULL;
}

/* Is there all that this command needs, and nothing else? 0 or -1. */
static int fits(const char *command, const struct options *o)
{
	int is_probe = strcmp(command, "probe") == 0;
	int has_domain = is_probe || strcmp(command, "check") == 0;
	const char *foreign = is_probe ? NULL : foreign_option(o, has_domain);

	if(!has_domain && strcmp(command, "list") != 0)
		return wrong("no command \"%s\"", command);
	if(foreign)
		return wrong(strcmp(command, "list") == 0 ? "list takes no %s"
												  : "check takes no %s",
				foreign);
	if(has_domain && (!o->domain || !o->domain[0]))
		return wrong("%s needs --domain D: whose is it to be?", command);
	if(!o->target)
		return wrong(is_probe ? "%s needs a peer, HOST or HOST:PORT"
							  : "%s needs a file with a certificate",
				command);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {.seconds = PROBE_SECONDS};

	if(argc == 2
			&& (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return help();
	if(argc < 2)
		wrong("%s", "what is to be done?");
	if(argc < 2 || parse(&o, argc, argv) < 0 || fits(argv[1], &o) < 0)
		return EXIT_UNREADABLE;
	if(strcmp(argv[1], "list") == 0)
		return list(&o);
	return strcmp(argv[1], "check") == 0 ? check(&o) : probe(&o);
}
