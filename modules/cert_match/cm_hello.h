/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What did the peer's first bytes offer?
 *
 * Pure: works on pointer and length, allocates nothing, keeps no pointer. The
 * bytes are hostile: what does not add up ends the reading, never the process.
 */
#ifndef CM_HELLO_H
#define CM_HELLO_H

#include <stddef.h>
#include <stdint.h>

#define CM_SNI_MAX 255

/* What the first bytes on the connection look like. */
enum cm_opening {
	CM_OPENING_NOTHING = 0, /* no byte came */
	CM_OPENING_TLS,         /* a TLS record */
	CM_OPENING_SSL2,        /* a hello in SSL 2.0 format (RFC 5246 app. E.2) */
	CM_OPENING_SIP,         /* a SIP message in clear */
	CM_OPENING_HTTP,        /* an HTTP message in clear */
	CM_OPENING_CRLF,        /* blank lines: a SIP keep-alive in clear */
	CM_OPENING_OTHER
};

struct cm_hello {
	enum cm_opening opening;
	int seen;         /* 1: a whole ClientHello was read; the rest counts */
	int malformed;    /* 1: its lengths do not add up; what was read counts */
	uint16_t version; /* the highest offered: 0x0304 is TLS 1.3; SSL 2.0: 2 */
	uint16_t ciphers; /* how many cipher suites (no SCSV, no GREASE) */
	uint16_t sni_len; /* RFC 6066 s3 host_name; 0: none */
	char sni[CM_SNI_MAX]; /* as sent, not terminated, may hold any byte */
};

/* Judge the first bytes, 64 of them are enough, fewer are judged as far as
 * they go. Only looks at the start: no hello is parsed. */
enum cm_opening cm_hello_opening(const uint8_t *bytes, size_t len);

/* Read a ClientHello handshake message (RFC 8446 s4.1.2), from its type octet
 * on, without record headers. hello->opening is left alone; everything else is
 * filled in. */
void cm_hello_parse(const uint8_t *bytes, size_t len, struct cm_hello *hello);

/* The same for a ClientHello in SSL 2.0 format, from its type octet on, without
 * the two octets of record length. */
void cm_hello_parse_ssl2(
		const uint8_t *bytes, size_t len, struct cm_hello *hello);

/* "TLS 1.3", "SSL 3.0", ... or "unknown"; a constant string. */
const char *cm_hello_version(uint16_t version);

/* "TLS", "SSL 2.0", "plain SIP", "plain HTTP", ...; a constant string. */
const char *cm_opening_name(enum cm_opening opening);

#endif
