/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did the peer's first bytes offer? A row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/cert_match/cm_hello.h"

/* --- openings --------------------------------------------------------------- */

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *says;
	const char *bytes;
	size_t len;
	enum cm_opening want;
} openings[] = {
		{"no byte", TEXT(""), CM_OPENING_NOTHING},
		{"RFC 8446 s5.1: a handshake record", TEXT("\x16\x03\x01\x02\x00\x01"),
				CM_OPENING_TLS},
		{"its first octet alone", TEXT("\x16"), CM_OPENING_TLS},
		{"RFC 8446 s5.1: an alert record", TEXT("\x15\x03\x03\x00\x02"),
				CM_OPENING_TLS},
		{"a record of no TLS version", TEXT("\x16\x04\x01\x02\x00"),
				CM_OPENING_OTHER},
		{"a record type that there is not", TEXT("\x19\x03\x01\x02\x00"),
				CM_OPENING_OTHER},
		{"RFC 5246 app. E.2: SSL 2.0 format, version 3.1",
				TEXT("\x80\x2e\x01\x03\x01\x00\x15"), CM_OPENING_SSL2},
		{"SSL 2.0 itself", TEXT("\x80\x2e\x01\x00\x02\x00\x15"),
				CM_OPENING_SSL2},
		{"as far as it goes", TEXT("\x80\x2e\x01"), CM_OPENING_SSL2},
		{"two octets may be anything", TEXT("\x80\x2e"), CM_OPENING_OTHER},
		{"no CLIENT-HELLO", TEXT("\x80\x2e\x02\x03\x01"), CM_OPENING_OTHER},
		{"UTF-8", TEXT("\xc3\xbc\x01text"), CM_OPENING_OTHER},
		{"a SIP request", TEXT("REGISTER sip:a.example SIP/2.0\r\n"),
				CM_OPENING_SIP},
		{"RFC 3261 s7.1: a method that we do not know",
				TEXT("SERVICE sips:a.example SIP/2.0\r\n"), CM_OPENING_SIP},
		{"RFC 3986 s3.1: a scheme in capitals",
				TEXT("OPTIONS SIP:a.example SIP/2.0\r\n"), CM_OPENING_SIP},
		{"a tel: URI", TEXT("INVITE tel:+4930 SIP/2.0\r\n"), CM_OPENING_SIP},
		{"a SIP reply", TEXT("SIP/2.0 400 Bad Request\r\n"), CM_OPENING_SIP},
		{"three letters of INVITE", TEXT("INV"), CM_OPENING_SIP},
		{"two letters are no sign", TEXT("IN"), CM_OPENING_OTHER},
		{"PRI or PRACK or what", TEXT("PR"), CM_OPENING_OTHER},
		{"INVITE in other letters", TEXT("invite"), CM_OPENING_OTHER},
		{"RFC 3261 s7.5: blank lines before a message",
				TEXT("\r\n\r\nOPTIONS sip:a.example SIP/2.0\r\n"),
				CM_OPENING_SIP},
		{"RFC 5626 s4.4.1: a ping", TEXT("\r\n\r\n"), CM_OPENING_CRLF},
		{"blank lines before what is nothing", TEXT("\r\n\r\n\x01\x02"),
				CM_OPENING_OTHER},
		{"an HTTP request", TEXT("GET / HTTP/1.1\r\n"), CM_OPENING_HTTP},
		{"OPTIONS of HTTP", TEXT("OPTIONS / HTTP/1.1\r\n"), CM_OPENING_HTTP},
		{"RFC 9112 s3.2.4: OPTIONS *", TEXT("OPTIONS * HTTP/1.1\r\n"),
				CM_OPENING_HTTP},
		{"RFC 9112 s3.2.2: to a proxy",
				TEXT("FETCH http://a.example/ HTTP/1.1\r\n"), CM_OPENING_HTTP},
		{"CONNECT to a proxy", TEXT("CONNECT a.example:443 HTTP/1.1\r\n"),
				CM_OPENING_HTTP},
		{"RFC 9113 s3.4: HTTP/2", TEXT("PRI * HTTP/2.0\r\n"), CM_OPENING_HTTP},
		{"an HTTP reply", TEXT("HTTP/1.1 400 Bad Request\r\n"),
				CM_OPENING_HTTP},
		{"OPTIONS of whom", TEXT("OPTIONS "), CM_OPENING_OTHER},
		{"RTSP has OPTIONS, too", TEXT("OPTIONS rtsp://a.example RTSP/1.0"),
				CM_OPENING_OTHER},
		{"SSH", TEXT("SSH-2.0-OpenSSH_9.2\r\n"), CM_OPENING_OTHER},
		{"SMTP", TEXT("220 mail.example ESMTP\r\n"), CM_OPENING_OTHER},
		{"a zero", TEXT("\0\0\0\0"), CM_OPENING_OTHER},
};

static void test_openings(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		/* a block of its own, so that a read past its end is seen */
		uint8_t *bytes = malloc(openings[i].len + !openings[i].len);
		enum cm_opening got;

		memcpy(bytes, openings[i].bytes, openings[i].len);
		got = cm_hello_opening(bytes, openings[i].len);
		if(got != openings[i].want)
			fail_msg("%s: want %s, got %s", openings[i].says,
					cm_opening_name(openings[i].want), cm_opening_name(got));
		free(bytes);
	}
}

/* --- hellos ------------------------------------------------------------------ */

/* Hex, blanks left out. Returns the number of octets. */
static size_t unhex(uint8_t *to, const char *hex)
{
	size_t n = 0;
	int read;

	for(; *hex; hex += 2) {
		unsigned octet;

		hex += strspn(hex, " ");
		if(!*hex)
			break;
		assert_int_equal(sscanf(hex, "%2x%n", &octet, &read), 1);
		assert_int_equal(read, 2);
		to[n++] = (uint8_t)octet;
	}
	return n;
}

static size_t put(uint8_t *to, size_t octets, size_t value)
{
	size_t i;

	for(i = octets; i > 0; i--, value >>= 8)
		to[i - 1] = (uint8_t)value;
	return octets;
}

struct row {
	const char *says;
	const char *version; /* legacy_version */
	const char *ciphers;
	const char *extensions; /* NULL: the hello ends before them */
	int seen;
	int malformed;
	uint16_t want_version;
	unsigned want_ciphers;
	const char *want_sni;
};

/* server_name a.example */
#define SNI "0000 000e 000c 00 0009 612e6578616d706c65"

static const struct row rows[] = {
		{"RFC 5246 s7.4.1.2: no extensions at all", "0303", "c02f c030", NULL,
				1, 0, 0x0303, 2, ""},
		{"no extension in the list", "0301", "002f", "", 1, 0, 0x0301, 1, ""},
		{"RFC 8446 s4.2.1: supported_versions decides", "0303", "1301",
				"002b 0005 04 0304 0303", 1, 0, 0x0304, 1, ""},
		{"RFC 8446 s4.2.1: even below legacy_version", "0303", "c02f",
				"002b 0003 02 0302", 1, 0, 0x0302, 1, ""},
		{"RFC 8701 s2: GREASE is no version and no cipher suite", "0303",
				"0a0a 1301 fafa", "002b 0005 04 7a7a 0304", 1, 0, 0x0304, 1,
				""},
		{"a GREASE extension", "0303", "1301", "dada 0001 00 " SNI, 1, 0,
				0x0303, 1, "a.example"},
		{"two like octets that are not GREASE", "0303", "0b0b 1a0a", NULL, 1, 0,
				0x0303, 2, ""},
		{"only GREASE in supported_versions", "0303", "1301",
				"002b 0003 02 3a3a", 1, 0, 0, 1, ""},
		{"a draft of TLS 1.3 is no version", "0303", "1301",
				"002b 0005 04 7f1c 0303", 1, 0, 0x0303, 1, ""},
		{"RFC 5746 s3.3, RFC 7507 s2: SCSVs are no cipher suites", "0303",
				"c02f 00ff 5600", NULL, 1, 0, 0x0303, 1, ""},
		{"RFC 6066 s3: a server name", "0303", "1301", SNI, 1, 0, 0x0303, 1,
				"a.example"},
		{"a name of another type before it", "0303", "1301",
				"0000 0013 0011 07 0002 6162 00 0009 612e6578616d706c65", 1, 0,
				0x0303, 1, "a.example"},
		{"RFC 6066 s3: two names of one type", "0303", "1301",
				"0000 000a 0008 00 0001 61 00 0001 62", 1, 1, 0x0303, 1, "a"},
		{"RFC 6066 s3: an empty name", "0303", "1301", "0000 0005 0003 00 0000",
				1, 1, 0x0303, 1, ""},
		{"RFC 8446 s4.2: an extension twice: the first counts", "0303", "1301",
				"002b 0003 02 0304 002b 0003 02 0302", 1, 1, 0x0304, 1, ""},
		{"half a cipher suite", "0303", "1301 13", NULL, 1, 1, 0x0303, 1, ""},
		{"half a version", "0303", "1301", "002b 0004 03 0304 03", 1, 1, 0x0304,
				1, ""},
		{"an extension longer than the list", "0303", "1301",
				"002b 0099 02 0304", 1, 1, 0x0303, 1, ""},
		{"a name longer than its extension", "0303", "1301",
				"0000 0006 0004 00 0009 61", 1, 1, 0x0303, 1, ""},
		{"an octet behind the names", "0303", "1301",
				"0000 0007 0004 00 0001 61 00", 1, 1, 0x0303, 1, "a"},
		{"an octet behind the versions", "0303", "1301", "002b 0004 02 0304 00",
				1, 1, 0x0304, 1, ""},
		{"no cipher suite", "0303", "", NULL, 1, 0, 0x0303, 0, ""},
};

/* A hello with these parts; returns its length. */
static size_t build(uint8_t *to, const struct row *r)
{
	uint8_t part[512];
	size_t n = 4, len;

	n += unhex(to + n, r->version);
	memset(to + n, 0x55, 32);
	n += 32;
	n += put(to + n, 1, 0); /* session id */
	len = unhex(part, r->ciphers);
	n += put(to + n, 2, len);
	memcpy(to + n, part, len);
	n += len;
	n += put(to + n, 1, 1); /* compression: none */
	n += put(to + n, 1, 0);
	if(r->extensions) {
		len = unhex(part, r->extensions);
		n += put(to + n, 2, len);
		memcpy(to + n, part, len);
		n += len;
	}
	put(to, 1, 1);
	put(to + 1, 3, n - 4);
	return n;
}

static void check(const struct row *r, const struct cm_hello *h)
{
	if(h->seen != r->seen || h->malformed != r->malformed
			|| h->version != r->want_version || h->ciphers != r->want_ciphers
			|| h->sni_len != strlen(r->want_sni)
			|| memcmp(h->sni, r->want_sni, h->sni_len) != 0)
		fail_msg("%s: want seen %d malformed %d %04x %u '%s', got %d %d %04x "
				 "%u '%.*s'",
				r->says, r->seen, r->malformed, r->want_version,
				r->want_ciphers, r->want_sni, h->seen, h->malformed, h->version,
				h->ciphers, (int)h->sni_len, h->sni);
}

static void test_hellos(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t built[1024], *bytes;
		size_t len = build(built, &rows[i]);
		struct cm_hello h;

		bytes = malloc(len);
		memcpy(bytes, built, len);
		memset(&h, 0xff, sizeof(h));
		h.opening = CM_OPENING_TLS;
		cm_hello_parse(bytes, len, &h);
		assert_int_equal(h.opening, CM_OPENING_TLS);
		check(&rows[i], &h);
		free(bytes);
	}
}

/* Cut short anywhere it is no whole hello; an octet more is one too many. */
static void test_lengths(void **state)
{
	const struct row *r = &rows[10];
	uint8_t built[1024];
	size_t len = build(built, r), n;
	struct cm_hello h = {0};

	(void)state;
	for(n = 0; n < len; n++) {
		uint8_t *bytes = malloc(n + !n);

		memcpy(bytes, built, n);
		cm_hello_parse(bytes, n, &h);
		if(h.seen || !h.malformed)
			fail_msg("%zu of %zu octets: seen %d, malformed %d", n, len, h.seen,
					h.malformed);
		free(bytes);
	}
	built[len] = 0;
	cm_hello_parse(built, len + 1, &h);
	assert_true(h.malformed);
	built[0] = 2; /* a ServerHello */
	cm_hello_parse(built, len, &h);
	assert_false(h.seen);
	assert_true(h.malformed);
}

/* RFC 6066 s3: what is longer than a name can be is left out, not cut. */
static void test_long_name(void **state)
{
	struct row r = {"", "0303", "1301", NULL, 1, 0, 0x0303, 1, ""};
	char hex[1200], *at;
	uint8_t bytes[1024];
	struct cm_hello h = {0};
	size_t len;

	(void)state;
	for(len = CM_SNI_MAX; len <= CM_SNI_MAX + 1; len++) {
		at = hex
			 + sprintf(
					 hex, "0000 %04zx %04zx 00 %04zx ", len + 5, len + 3, len);
		memset(at, '6', 2 * len);
		at[2 * len] = '\0';
		r.extensions = hex;
		cm_hello_parse(bytes, build(bytes, &r), &h);
		assert_int_equal(h.sni_len, len <= CM_SNI_MAX ? len : 0);
		assert_int_equal(h.malformed, len > CM_SNI_MAX);
	}
}

/* --- SSL 2.0 format ---------------------------------------------------------- */

static const struct {
	const char *says;
	const char *hex;
	int seen;
	int malformed;
	uint16_t version;
	unsigned ciphers;
} ssl2_rows[] = {
		{"RFC 5246 app. E.2: TLS 1.0, one suite, an SCSV, one of SSL 2.0's own",
				"01 0301 0009 0000 0004 00002f 0000ff 010080 01020304", 1, 0,
				0x0301, 2},
		{"SSL 2.0 and no more", "01 0002 0003 0000 0004 010080 01020304", 1, 0,
				0x0002, 1},
		{"a session to resume", "01 0301 0003 0002 0004 00002f abcd 01020304",
				1, 0, 0x0301, 1},
		{"a challenge that is cut off", "01 0301 0003 0000 0004 00002f 0102", 0,
				1, 0x0301, 1},
		{"half a cipher", "01 0301 0004 0000 0004 00002f00 01020304", 1, 1,
				0x0301, 1},
		{"an octet too many", "01 0301 0003 0000 0004 00002f 0102030405", 1, 1,
				0x0301, 1},
		{"only its type", "01", 0, 1, 0, 0},
		{"nothing", "", 0, 1, 0, 0},
		{"another message", "04 0301 0003 0000 0004 00002f 01020304", 0, 1, 0,
				0},
};

static void test_ssl2(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(ssl2_rows) / sizeof(ssl2_rows[0]); i++) {
		uint8_t built[256], *bytes;
		size_t len = unhex(built, ssl2_rows[i].hex);
		struct cm_hello h = {0};

		bytes = malloc(len + !len);
		memcpy(bytes, built, len);
		cm_hello_parse_ssl2(bytes, len, &h);
		if(h.seen != ssl2_rows[i].seen || h.malformed != ssl2_rows[i].malformed
				|| h.version != ssl2_rows[i].version
				|| h.ciphers != ssl2_rows[i].ciphers)
			fail_msg("%s: got seen %d malformed %d %04x %u", ssl2_rows[i].says,
					h.seen, h.malformed, h.version, h.ciphers);
		free(bytes);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(cm_hello_version(0x0304), "TLS 1.3");
	assert_string_equal(cm_hello_version(0x0002), "SSL 2.0");
	assert_string_equal(cm_hello_version(0x0305), "unknown");
	assert_string_equal(cm_opening_name(CM_OPENING_SSL2), "SSL 2.0");
	assert_string_equal(cm_opening_name((enum cm_opening)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_openings),
			cmocka_unit_test(test_hellos),
			cmocka_unit_test(test_lengths),
			cmocka_unit_test(test_long_name),
			cmocka_unit_test(test_ssl2),
			cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
