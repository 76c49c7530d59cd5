/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a certificate come to its verdict? The steps, in words. */

#define _DEFAULT_SOURCE /* gmtime_r() */

#include <arpa/inet.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "cm_cert.h"
#include "cm_domain.h"
#include "cm_explain.h"

#define CM_SHOWN_MAX 280
#define CM_TYPE_IP 7 /* GEN_IPADD, RFC 5280 s4.2.1.6 */

struct cm_printer {
	cm_line_f line;
	void *arg;
	unsigned step; /* 0: a list, without numbers */
};

static size_t cm_shown_len(char c)
{
	return c > 0x1f && c < 0x7f && c != '\\' ? 1 : 4;
}

const char *cm_printable(char *out, size_t size, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0, room = size - 1, need = 0, i;

	for(i = 0; i < len && need <= room; i++)
		need += cm_shown_len(text[i]);
	if(need > room)
		room -= 3; /* for the dots */
	for(i = 0; i < len && used + cm_shown_len(text[i]) <= room; i++) {
		unsigned char c = (unsigned char)text[i];

		if(cm_shown_len(text[i]) == 1) {
			out[used++] = (char)c;
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = digits[c >> 4];
		out[used++] = digits[c & 15];
	}
	if(i < len) {
		memcpy(out + used, "...", 3);
		used += 3;
	}
	out[used] = '\0';
	return out;
}

__attribute__((format(printf, 2, 3))) static void cm_print(
		struct cm_printer *p, const char *format, ...)
{
	char line[CM_LINE_MAX];
	int used = 0;
	va_list ap;

	if(p->step > 0)
		used = snprintf(line, sizeof(line), "%u. ", p->step++);
	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, ap);
	va_end(ap);
	p->line(p->arg, line);
}

static const char *cm_entry_name(const struct cm_entry *e)
{
	/* GENERAL_NAME's numbers, RFC 5280 s4.2.1.6 */
	static const char *const other[] = {"otherName", "rfc822Name", "dNSName",
			"x400Address", "directoryName", "ediPartyName", "URI", "iPAddress",
			"registeredID"};

	switch(e->type) {
		case CM_ENTRY_URI:
			return "URI";
		case CM_ENTRY_DNS:
			return "dNSName";
		case CM_ENTRY_CN:
			return "CN";
		case CM_ENTRY_OTHER:
			break;
	}
	return e->other_type >= 0 && e->other_type <= 8 ? other[e->other_type]
													: "unknown";
}

/* RFC 5280 s4.2.1.6: an iPAddress is four octets or sixteen. */
static int cm_print_address(char *out, socklen_t size, const struct cm_entry *e)
{
	if(e->type != CM_ENTRY_OTHER || e->other_type != CM_TYPE_IP
			|| (e->len != 4 && e->len != 16))
		return 0;
	return inet_ntop(e->len == 4 ? AF_INET : AF_INET6, e->text, out, size)
		   != NULL;
}

static void cm_print_entry(void *arg, const struct cm_entry *e)
{
	char text[CM_SHOWN_MAX];

	if(!cm_print_address(text, sizeof(text), e))
		cm_printable(text, sizeof(text), e->text, e->len);
	if(e->reason == CM_OK)
		cm_print(arg, "accepted %s \"%s\" (%s)", cm_entry_name(e), text,
				cm_reason_clause(e->reason));
	else
		cm_print(arg, "refused %s \"%s\": %s: %s (%s)", cm_entry_name(e), text,
				cm_reason_token(e->reason), cm_reason_words(e->reason),
				cm_reason_clause(e->reason));
}

static const char *cm_date(char *out, size_t size, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if(!gmtime_r(&t, &tm)
			|| strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, size, "?");
	return out;
}

static enum cm_reason cm_time(const struct cm_ident_set *set, int64_t now)
{
	if(now < set->not_before)
		return CM_NOT_YET;
	return now > set->not_after ? CM_EXPIRED : CM_OK;
}

static void cm_print_validity(
		struct cm_printer *p, const struct cm_ident_set *set, int64_t now)
{
	char from[40], to[40];
	enum cm_reason r = cm_time(set, now);
	const char *word = "which is now";

	if(r == CM_NOT_YET)
		word = "which is still to come: a handshake refuses it";
	else if(r == CM_EXPIRED)
		word = "which is past: a handshake refuses it";
	cm_print(p, "valid from %s to %s, %s (RFC 5280 s4.1.2.5)",
			cm_date(from, sizeof(from), set->not_before),
			cm_date(to, sizeof(to), set->not_after), word);
}

static const char *cm_purposes_text(
		char *out, size_t size, const struct cm_cert *cert)
{
	int n = cm_eku_print(cert, out, size);

	if(n < 0)
		snprintf(out, size, "no extendedKeyUsage");
	else if(n == 0)
		snprintf(out, size, "an empty extendedKeyUsage");
	return out;
}

static void cm_print_purposes(
		struct cm_printer *p, const struct cm_cert *cert, enum cm_eku mode)
{
	char list[CM_SHOWN_MAX];

	cm_print(p, "purposes: %s: %s with eku=%s (RFC 5924 s5)",
			cm_purposes_text(list, sizeof(list), cert),
			cm_eku_purposes(cert, mode) == CM_OK ? "accepted" : "refused",
			cm_eku_name(mode));
}

/* A file is on neither side of a connection: what its key may do is told for
 * both. CM_OK if it may do one of them. */
static enum cm_reason cm_print_key(
		struct cm_printer *p, const struct cm_cert *cert)
{
	/* by what it may be: server 2, client 1 */
	static const char *const words[] = {"good for neither side of TLS",
			"good for a TLS client, not for a server",
			"good for a TLS server, not for a client",
			"good for a TLS server and for a client"};
	enum cm_reason server = cm_eku_key(cert, 1), client = cm_eku_key(cert, 0);

	cm_print(p, "key: %s (RFC 5280 s4.2.1.3)",
			words[(server == CM_OK ? 2 : 0) + (client == CM_OK ? 1 : 0)]);
	return server == CM_OK ? CM_OK : client;
}

/* What the certificate says, and CM_OK if its purposes allow any use here. */
static enum cm_reason cm_print_set(struct cm_printer *p,
		const struct cm_cert *cert, const struct cm_ident_set *set,
		enum cm_eku mode, int64_t now)
{
	enum cm_reason key;

	cm_print_validity(p, set, now);
	cm_print_purposes(p, cert, mode);
	key = cm_print_key(p, cert);
	cm_print(p, "%u %s from %u %s, source: %s (RFC 5922 s7.1)", set->count,
			set->count == 1 ? "identity" : "identities", set->entries,
			set->entries == 1 ? "entry" : "entries",
			set->count ? cm_source_name(set->source) : "none");
	return cm_eku_purposes(cert, mode) == CM_OK ? key : CM_PURPOSE;
}

/* Read it as a handshake would: by OpenSSL first, which knows more extensions
 * and refuses what of them it cannot read. */
static void cm_read_whole(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, struct cm_ident_set *set,
		cm_entry_f each, void *arg)
{
	const unsigned char *rest = der;
	X509 *x509 = NULL;

	memset(set, 0, offsetof(struct cm_ident_set, packed));
	set->reason = CM_MALFORMED;
	set->purpose = CM_MALFORMED;
	ERR_set_mark();
	if(len <= LONG_MAX)
		x509 = d2i_X509(NULL, &rest, (long)len);
	if(x509 && rest == der + len)
		cm_ident_from_x509(x509, opts, set, each, arg);
	X509_free(x509);
	ERR_pop_to_mark();
}

enum cm_reason cm_explain_list(const uint8_t *der, size_t len,
		const struct cm_ident_opts *opts, cm_line_f line, void *arg)
{
	struct cm_printer p = {line, arg, 0};
	struct cm_ident_set set;
	struct cm_cert cert;
	char list[CM_SHOWN_MAX];

	cm_read_whole(der, len, opts, &set, cm_print_entry, &p);
	if(set.reason == CM_MALFORMED || cm_cert_parse(der, len, &cert) < 0) {
		cm_print(&p, "refused certificate: %s (%s)",
				cm_reason_words(CM_MALFORMED), cm_reason_clause(CM_MALFORMED));
		return CM_MALFORMED;
	}
	cm_print(&p, "purposes: %s (RFC 5924 s5)",
			cm_purposes_text(list, sizeof(list), &cert));
	cm_print_key(&p, &cert);
	return set.reason;
}

enum cm_reason cm_explain_check(const uint8_t *der, size_t len,
		const char *domain, size_t domain_len,
		const struct cm_ident_opts *ident, const struct cm_match_opts *match,
		int64_t now, cm_line_f line, void *arg)
{
	struct cm_printer p = {line, arg, 1};
	struct cm_ident_set set;
	struct cm_ascii ascii;
	struct cm_cert cert;
	/* the chain is another question: here it is taken as verified */
	struct cm_peer peer = {.has_cert = 1, .verified = 1};
	char text[CM_SHOWN_MAX];
	enum cm_reason r = CM_OK;

	cm_read_whole(der, len, ident, &set, cm_print_entry, &p);
	peer.purpose = set.purpose;
	if(set.reason != CM_MALFORMED && cm_cert_parse(der, len, &cert) == 0) {
		peer.purpose = cm_print_set(&p, &cert, &set, ident->eku, now);
		/* RFC 5922 s7.1: first the validity, then the names */
		r = cm_time(&set, now);
	}
	peer.ident_reason = set.reason;
	peer.names = cm_ident_names(&set);
	cm_domain_ascii(domain, domain_len, &ascii);
	if(r == CM_OK)
		r = cm_decide(&peer, ascii.text, ascii.len, match);
	cm_printable(text, sizeof(text), domain, domain_len);
	cm_print(&p, "%s \"%s\": %s (%s)", r == CM_OK ? "match" : "no match", text,
			r == CM_OK ? "one of the identities is this domain"
					   : cm_reason_words(r),
			r == CM_OK ? "RFC 5922 s7.2" : cm_reason_clause(r));
	return r;
}
