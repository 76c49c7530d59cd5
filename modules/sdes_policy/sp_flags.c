/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_flags answers: what must rtpengine be told? See sp_flags.h.
 */
#include "sp_flags.h"

/* The suites of rtpengine that are none of ours: never registered, or worse
 * than nothing. Excluded always, on offer and answer. */
static const char *const never[] = {
		"F8_128_HMAC_SHA1_32", "NULL_HMAC_SHA1_80", "NULL_HMAC_SHA1_32"};

int sp_version_read(struct sp_text t, struct sp_version *v)
{
	unsigned part[2] = {0, 0};
	size_t i = 0;

	for(int p = 0; p < 2; p++) {
		size_t start = i;

		while(i < t.len && sp_is_digit(t.s[i])) {
			part[p] = part[p] * 10 + (unsigned)(t.s[i++] - '0');
			if(part[p] > 9999)
				return -1;
		}
		if(i == start && (p == 0 || i < t.len || t.s[i - 1] == '.'))
			return -1;
		if(i < t.len && t.s[i] == '.')
			i++;
	}
	v->major = part[0];
	v->minor = part[1];
	return part[0] < 10 ? -1 : 0;
}

static void flag(struct sp_buf *b, const char *prefix, const char *value)
{
	if(b->len > 0)
		sp_buf_str(b, " ");
	sp_buf_str(b, prefix);
	sp_buf_str(b, value);
}

/* Up to 11.1 rtpengine ignores SDES-only and offers every suite it knows. */
static void exclude_suites(const struct sp_rules *rules, struct sp_buf *b)
{
	for(int i = SP_SUITE_NONE + 1; i < SP_SUITES; i++) {
		if(rules->rank[i] == 0)
			flag(b, "SDES-no-", sp_suite_info((enum sp_suite)i)->rtpengine);
	}
	for(size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		flag(b, "SDES-no-", never[i]);
}

static void only_suites(const struct sp_rules *rules, struct sp_buf *b)
{
	for(unsigned rank = 1; rank <= rules->n_suites; rank++)
		flag(b, "SDES-only-",
				sp_suite_info(sp_rules_suite(rules, rank))->rtpengine);
	flag(b, "SDES-order:", "");
	for(unsigned rank = 1; rank <= rules->n_suites; rank++) {
		if(rank > 1)
			sp_buf_str(b, ";");
		sp_buf_str(b, sp_suite_info(sp_rules_suite(rules, rank))->rtpengine);
	}
}

int sp_flags(const struct sp_bridge *bridge, struct sp_buf *b)
{
	const struct sp_version *v = &bridge->version;

	flag(b, "replace-origin", "");
	flag(b, "ICE=", "remove");
	flag(b, "DTLS=", "off"); /* else a fingerprint goes out beside the keys */
	if(!bridge->answer) {
		if(bridge->from->interface[0] != '\0'
				&& bridge->to->interface[0] != '\0') {
			flag(b, "direction=", bridge->from->interface);
			flag(b, "direction=", bridge->to->interface);
		}
		if(bridge->to->mode == SP_MODE_REQUIRE)
			flag(b, "RTP/SAVP", "");
		else
			flag(b, "RTP/AVP", "");
		if(bridge->to->mode == SP_MODE_PREFER)
			flag(b, "OSRTP-offer", ""); /* RFC 8643 */
		if(bridge->from->mode != SP_MODE_FORBID)
			flag(b, "OSRTP-accept", "");
		if(bridge->to->mode == SP_MODE_FORBID)
			flag(b, "rtcp-mux-demux", ""); /* old PBXs know two ports */
	}
	if(v->major > 12 || (v->major == 12 && v->minor >= 1))
		only_suites(bridge->rules, b);
	else
		exclude_suites(bridge->rules, b);
	return b->full ? -1 : 0;
}
