/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a failure read? The words of its cause, and what is special. */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "cm_explain.h"
#include "cm_match.h"
#include "cm_name.h"
#include "cm_tell.h"

/* --- addresses and times --------------------------------------------------- */

const char *cm_tell_address(char *out, const struct cm_address *a)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	int v6 = a->len == sizeof(a->ip);

	inet_ntop(v6 ? AF_INET6 : AF_INET, a->ip, ip, sizeof(ip));
	if(a->port == 0)
		snprintf(out, CM_TOLD_ADDRESS, "%s", ip);
	else
		snprintf(out, CM_TOLD_ADDRESS, v6 ? "[%s]:%u" : "%s:%u", ip,
				(unsigned)a->port);
	return out;
}

int cm_tell_parse(const char *text, struct cm_address *a)
{
	char ip[INET6_ADDRSTRLEN];
	size_t len = strlen(text);

	memset(a, 0, sizeof(*a));
	if(len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if(len >= sizeof(ip))
		return -1;
	memcpy(ip, text, len);
	ip[len] = '\0';
	if(inet_pton(AF_INET, ip, a->ip) == 1)
		a->len = 4;
	else if(inet_pton(AF_INET6, ip, a->ip) == 1)
		a->len = sizeof(a->ip);
	else
		return -1;
	return 0;
}

const char *cm_tell_when(char *out, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if(!gmtime_r(&t, &tm) || strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(out, "?", 2);
	return out;
}

/* --- the reason ------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void cm_say(
		struct cm_told *t, const char *format, ...)
{
	size_t used = strlen(t->reason);
	va_list ap;

	va_start(ap, format);
	vsnprintf(t->reason + used, sizeof(t->reason) - used, format, ap);
	va_end(ap);
}

/* Both sides' names: the operator sees at once which of them is wrong. */
static void cm_say_name(struct cm_told *t, const struct cm_failure *f)
{
	const char *meant = *t->expected ? t->expected : "the peer's IP address";

	cm_say(t, ": expected %s, the certificate names %s", meant,
			*t->names ? t->names : "nobody");
	if(f->shake.name_reason != CM_NO_MATCH && f->shake.name_reason != CM_OK
			&& f->shake.name_reason != CM_REFUSED)
		cm_say(t, " (%s)", cm_reason_words(f->shake.name_reason));
}

/* OpenSSL's words, where they say more than the cause's own. */
static void cm_say_chain(struct cm_told *t, const struct cm_failure *f)
{
	int error = f->shake.verify_error;

	if(f->cause == CM_CAUSE_PEER_UNKNOWN_CA || f->cause == CM_CAUSE_PEER_CRL
			|| f->cause == CM_CAUSE_PEER_CHAIN)
		cm_say(t, " (%s)", X509_verify_cert_error_string(error));
	if(f->shake.verify_depth > 0)
		cm_say(t, "; it is the one %d above the peer's own",
				f->shake.verify_depth);
	if(*t->names)
		cm_say(t, "; the peer's own is for %s", t->names);
}

static void cm_say_hello(struct cm_told *t, const struct cm_failure *f)
{
	const struct cm_hello *h = &f->shake.hello;

	if(h->seen)
		cm_say(t, "; it offers %s at most, cipher suites: %u",
				cm_hello_version(h->version), (unsigned)h->ciphers);
}

static void cm_say_alert(struct cm_told *t, const struct cm_failure *f)
{
	int alert = cm_cause_alert(&f->shake);

	if(alert != CM_NO_ALERT)
		cm_say(t, ": its alert is %s (%d)", cm_alert_name(alert), alert);
}

static void cm_say_openssl(struct cm_told *t, const struct cm_failure *f)
{
	const char *words = ERR_reason_error_string(
			ERR_PACK(ERR_LIB_SSL, 0, f->shake.ssl_reason));

	if(words)
		cm_say(t, ": %s", words);
	else
		cm_say(t, ": its reason is number %d", f->shake.ssl_reason);
}

static void cm_say_reason(struct cm_told *t, const struct cm_failure *f)
{
	if(f->cause == CM_CAUSE_WRONG_NAME && !*t->expected)
		/* default_expect=address: no domain was meant */
		cm_say(t, "the peer's certificate is not for the address that we "
				  "connected to");
	else
		cm_say(t, "%s", cm_cause_words(f->cause));
	switch(f->cause) {
		case CM_CAUSE_WRONG_NAME:
			cm_say_name(t, f);
			break;
		case CM_CAUSE_PEER_EXPIRED:
		case CM_CAUSE_PEER_NOT_YET:
		case CM_CAUSE_PEER_UNKNOWN_CA:
		case CM_CAUSE_PEER_PURPOSE:
		case CM_CAUSE_PEER_REVOKED:
		case CM_CAUSE_PEER_CRL:
		case CM_CAUSE_PEER_CHAIN:
			cm_say_chain(t, f);
			break;
		case CM_CAUSE_OLD_TLS:
		case CM_CAUSE_SSL2_HELLO:
			cm_say_hello(t, f);
			break;
		case CM_CAUSE_NO_COMMON_CIPHER:
			cm_say_alert(t, f);
			cm_say_hello(t, f);
			break;
		case CM_CAUSE_OWN_CERT_REFUSED:
		case CM_CAUSE_OWN_CERT_MISSING:
		case CM_CAUSE_VERSION_REFUSED:
		case CM_CAUSE_PEER_ALERT:
			cm_say_alert(t, f);
			break;
		case CM_CAUSE_PROTOCOL:
			cm_say_openssl(t, f);
			break;
		default:
			break;
	}
}

/* RFC 8446 s6.2: a peer that refuses our certificate may say why. */
static const char *cm_advice_alert(const struct cm_failure *f)
{
	switch(cm_cause_alert(&f->shake)) {
		case 42: /* bad_certificate: what RFC 5922 s7.3 leads to, too */
			return "the peer may have meant another domain: compare the name "
				   "that it asks for with sipcert list of our certificate";
		case 43: /* unsupported_certificate */
			return "check the purposes (extendedKeyUsage) and the kind of key "
				   "of our certificate with sipcert list";
		case 44: /* certificate_revoked */
			return "replace our certificate: its CA has revoked it";
		case 45: /* certificate_expired */
			return "renew our certificate; compare the clocks of both sides";
		case 48: /* unknown_ca */
			return "give the peer the CA of our certificate; check that our "
				   "certificate file holds the intermediate certificates, too";
	}
	return cm_cause_advice(f->cause);
}

/* Is one of these names, as they were told, the one that was meant, if only a
 * star counted? */
static int cm_has_star_for(const char *names, const struct cm_name *meant)
{
	const struct cm_match_opts opts = {.wildcard = 1};
	uint8_t packed[1 + CM_NAME_MAX];
	struct cm_names one = {packed, 0, CM_SOURCE_DNS};
	const char *at = names;

	while(*at) {
		size_t len = strcspn(at, ",");

		if(len > 0 && len <= CM_NAME_MAX) {
			packed[0] = (uint8_t)len;
			memcpy(packed + 1, at, len);
			one.len = len + 1;
			if(cm_match(&one, meant, &opts) == CM_OK)
				return 1;
		}
		at += len + (at[len] == ',');
	}
	return 0;
}

/* Nothing else than this name is there, and it is no identity: a CN. */
static int cm_is_cn_for(const char *names, const struct cm_name *meant)
{
	struct cm_name cn;

	return cm_name_parse(names, strlen(names), 0, &cn) == CM_OK
		   && cn.len == meant->len && memcmp(cn.text, meant->text, cn.len) == 0;
}

/* A name that a person would take for the right one: by which rule it is not,
 * and that the rule can be changed. */
static const char *cm_advice_name(
		const struct cm_failure *f, const struct cm_told *t)
{
	struct cm_name meant;

	if(!*t->expected)
		return "the peer needs a certificate with that address as an iPAddress "
			   "entry; or say which domain it is with tls_reuse_to(), or set "
			   "default_expect";
	if(cm_name_parse(t->expected, strlen(t->expected), 0, &meant) != CM_OK)
		return cm_cause_advice(f->cause);
	if(f->shake.name_reason == CM_NO_MATCH && cm_has_star_for(t->names, &meant))
		return "a star in a certificate counts only with wildcard=1 (RFC 5922 "
			   "s7.2): the peer needs a certificate that names that domain, or "
			   "set wildcard";
	if(f->shake.name_reason == CM_NO_IDENTITY && cm_is_cn_for(t->names, &meant))
		return "a CN counts only with common_name=1 (RFC 5922 s7.1): the peer "
			   "needs a certificate with that domain in its subjectAltName, or "
			   "set common_name";
	return cm_cause_advice(f->cause);
}

static const char *cm_advice(
		const struct cm_failure *f, const struct cm_told *t)
{
	if(f->cause == CM_CAUSE_OWN_CERT_REFUSED)
		return cm_advice_alert(f);
	if(f->cause == CM_CAUSE_WRONG_NAME)
		return cm_advice_name(f, t);
	return cm_cause_advice(f->cause);
}

/* --- all of it ------------------------------------------------------------- */

/* The highest version offered, or the one agreed on. */
static const char *cm_version(const struct cm_shake *s)
{
	if(!s->outgoing && s->hello.seen)
		return cm_hello_version(s->hello.version);
	return s->version ? cm_hello_version(s->version) : "";
}

/* Our hello may be written before TCP has failed; a peer that connects and says
 * nothing is one whose hello is awaited. */
static enum cm_stage cm_stage(const struct cm_failure *f)
{
	if(f->cause == CM_CAUSE_NO_TCP || f->cause == CM_CAUSE_NO_EXPECTATION)
		return CM_STAGE_TCP;
	return f->shake.stage > CM_STAGE_HELLO ? f->shake.stage : CM_STAGE_HELLO;
}

static int cm_ending_alert(const struct cm_shake *s)
{
	int alert = cm_cause_alert(s);

	return alert != CM_NO_ALERT ? alert : s->alert_out;
}

void cm_tell(const struct cm_failure *f, struct cm_told *t)
{
	const struct cm_shake *s = &f->shake;

	memset(t, 0, sizeof(*t));
	cm_tell_when(t->when, f->when);
	cm_tell_address(t->peer, &f->peer);
	cm_tell_address(t->local, &f->local);
	t->direction = s->outgoing ? "out" : "in";
	t->stage = cm_stage_name(cm_stage(f));
	t->hello = cm_opening_name(s->hello.opening);
	t->version = cm_version(s);
	t->alert_in = cm_alert_name(s->alert_in);
	t->alert_out = cm_alert_name(s->alert_out);
	t->alert = cm_alert_name(cm_ending_alert(s));
	t->cause = cm_cause_token(f->cause);
	snprintf(
			t->count, sizeof(t->count), "%llu", (unsigned long long)f->of_peer);
	cm_printable(t->sni, sizeof(t->sni), s->hello.sni, s->hello.sni_len);
	cm_printable(t->expected, sizeof(t->expected), f->expected,
			strnlen(f->expected, sizeof(f->expected)));
	cm_printable(t->names, sizeof(t->names), s->names,
			strnlen(s->names, sizeof(s->names)));
	t->advice = cm_advice(f, t);
	cm_say_reason(t, f);
}
