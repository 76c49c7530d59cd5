/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did the peer's first bytes offer? */

#include <string.h>

#include "cm_hello.h"

#define CM_CLIENT_HELLO 1
#define CM_EXT_SERVER_NAME 0         /* RFC 6066 s3 */
#define CM_EXT_SUPPORTED_VERSIONS 43 /* RFC 8446 s4.2.1 */
#define CM_SCSV_RENEGOTIATION 0x00ff /* RFC 5746 s3.3 */
#define CM_SCSV_FALLBACK 0x5600      /* RFC 7507 s2 */
#define CM_SSL2_CIPHER 3             /* octets of one, RFC 5246 app. E.2 */

/* What is left to read. Reading beyond the end gives zeroes and sets bad. */
struct cm_bytes {
	const uint8_t *at;
	size_t left;
	int bad;
};

static struct cm_bytes cm_take(struct cm_bytes *b, size_t len)
{
	struct cm_bytes part = {b->at, len, 0};

	if(len > b->left) {
		b->bad = 1;
		part.left = b->left;
	}
	b->at += part.left;
	b->left -= part.left;
	return part;
}

static unsigned cm_number(struct cm_bytes *b, size_t octets)
{
	struct cm_bytes part = cm_take(b, octets);
	unsigned n = 0;

	if(part.left < octets)
		return 0;
	while(part.left-- > 0)
		n = n << 8 | *part.at++;
	return n;
}

/* A vector with its length in front (RFC 8446 s3.4). */
static struct cm_bytes cm_vector(struct cm_bytes *b, size_t octets)
{
	return cm_take(b, cm_number(b, octets));
}

/* RFC 8701 s2: 0x0a0a, 0x1a1a, ... 0xfafa mean nothing. */
static int cm_is_grease(unsigned value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static int cm_is_cipher(unsigned value)
{
	return !cm_is_grease(value) && value != CM_SCSV_RENEGOTIATION
		   && value != CM_SCSV_FALLBACK;
}

static void cm_read_ciphers(struct cm_bytes list, struct cm_hello *hello)
{
	while(list.left >= 2)
		if(cm_is_cipher(cm_number(&list, 2)))
			hello->ciphers++;
	if(list.left > 0)
		hello->malformed = 1;
}

/* RFC 8446 s4.2.1: where this extension is, the version in front of the hello
 * says nothing. Drafts and GREASE are no versions. */
static void cm_read_versions(struct cm_bytes ext, struct cm_hello *hello)
{
	struct cm_bytes list = cm_vector(&ext, 1);

	hello->version = 0;
	while(list.left >= 2) {
		unsigned version = cm_number(&list, 2);

		if(version >> 8 == 3 && version > hello->version)
			hello->version = (uint16_t)version;
	}
	if(list.left > 0 || ext.left > 0 || ext.bad)
		hello->malformed = 1;
}

/* RFC 6066 s3: one name of each type. A name that is too long to be one is
 * left out, not cut. */
static void cm_read_sni(struct cm_bytes ext, struct cm_hello *hello)
{
	struct cm_bytes list = cm_vector(&ext, 2);

	while(list.left > 0) {
		unsigned type = cm_number(&list, 1);
		struct cm_bytes name = cm_vector(&list, 2);

		if(type != 0 || list.bad)
			continue;
		if(name.left == 0 || name.left > CM_SNI_MAX || hello->sni_len > 0) {
			hello->malformed = 1;
			continue;
		}
		memcpy(hello->sni, name.at, name.left);
		hello->sni_len = (uint16_t)name.left;
	}
	if(list.bad || ext.left > 0 || ext.bad)
		hello->malformed = 1;
}

static void cm_read_extensions(struct cm_bytes list, struct cm_hello *hello)
{
	int versions = 0, names = 0;

	while(list.left > 0 && !list.bad) {
		unsigned type = cm_number(&list, 2);
		struct cm_bytes ext = cm_vector(&list, 2);

		if(list.bad)
			break;
		/* RFC 8446 s4.2: no extension comes twice; the first counts */
		if(type == CM_EXT_SUPPORTED_VERSIONS && versions++ == 0)
			cm_read_versions(ext, hello);
		if(type == CM_EXT_SERVER_NAME && names++ == 0)
			cm_read_sni(ext, hello);
	}
	if(list.bad || versions > 1 || names > 1)
		hello->malformed = 1;
}

static void cm_clear(struct cm_hello *hello)
{
	enum cm_opening opening = hello->opening;

	memset(hello, 0, sizeof(*hello));
	hello->opening = opening;
}

void cm_hello_parse(const uint8_t *bytes, size_t len, struct cm_hello *hello)
{
	struct cm_bytes all = {bytes, len, 0}, b, extensions;

	cm_clear(hello);
	if(cm_number(&all, 1) != CM_CLIENT_HELLO) {
		hello->malformed = 1;
		return;
	}
	b = cm_vector(&all, 3);
	hello->seen = !all.bad;
	hello->version = (uint16_t)cm_number(&b, 2);
	cm_take(&b, 32); /* random */
	hello->malformed = b.bad || all.left > 0 || all.bad;
	if(cm_vector(&b, 1).left > 32) /* legacy_session_id */
		hello->malformed = 1;
	cm_read_ciphers(cm_vector(&b, 2), hello);
	cm_vector(&b, 1); /* legacy_compression_methods */
	/* RFC 5246 s7.4.1.2: a hello may end here */
	if(b.left > 0 && !b.bad) {
		extensions = cm_vector(&b, 2);
		cm_read_extensions(extensions, hello);
	}
	if(b.bad || b.left > 0)
		hello->malformed = 1;
}

void cm_hello_parse_ssl2(
		const uint8_t *bytes, size_t len, struct cm_hello *hello)
{
	struct cm_bytes b = {bytes, len, 0}, list;
	size_t ciphers, session, challenge;

	cm_clear(hello);
	if(cm_number(&b, 1) != CM_CLIENT_HELLO) {
		hello->malformed = 1;
		return;
	}
	hello->version = (uint16_t)cm_number(&b, 2);
	ciphers = cm_number(&b, 2);
	session = cm_number(&b, 2);
	challenge = cm_number(&b, 2);
	list = cm_take(&b, ciphers);
	cm_take(&b, session);
	cm_take(&b, challenge);
	hello->seen = !b.bad;
	/* RFC 5246 app. E.2: TLS's own have a zero in front; SSL 2.0's have not,
	 * and count as what the peer offered, too */
	while(list.left >= CM_SSL2_CIPHER)
		if(cm_is_cipher(cm_number(&list, CM_SSL2_CIPHER)))
			hello->ciphers++;
	hello->malformed = b.bad || b.left > 0 || list.left > 0;
}

const char *cm_hello_version(uint16_t version)
{
	switch(version) {
		case 0x0002:
			return "SSL 2.0";
		case 0x0300:
			return "SSL 3.0";
		case 0x0301:
			return "TLS 1.0";
		case 0x0302:
			return "TLS 1.1";
		case 0x0303:
			return "TLS 1.2";
		case 0x0304:
			return "TLS 1.3";
	}
	return "unknown";
}
