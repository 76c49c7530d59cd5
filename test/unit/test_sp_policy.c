/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the policy decide as promised about what real devices send, and is the
 * SDP that goes on clean?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../modules/sdes_policy/sp_clean.h"
#include "../../modules/sdes_policy/sp_final.h"

#define HEAD                                                                   \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 "     \
	"0\r\n"
#define AVP "m=audio 4000 RTP/AVP 0 8\r\n"
#define SAVP "m=audio 4000 RTP/SAVP 0 8\r\n"
#define VIDEO "m=video 4002 RTP/SAVP 96\r\n"
#define C "a=crypto:"
#define S80 " AES_CM_128_HMAC_SHA1_80 inline:"
#define S32 " AES_CM_128_HMAC_SHA1_32 inline:"
#define K1 "WpjkRMJa2SxB/MF0MKkdLG5R/VRHWLr7NgD6C7dy"
#define K2 "jIq5uMZ262ZEPprnKjijtOK5h+PwahwiEtecu14h"
#define K3 "+5lNkkVkqwSDDnLjXTna+Ut8n901ZlLrU3VtcSYR"
#define AASTRA "cUYqLlpLMDtefkpjW1F4ZjdMS08lMz0sM191RGNQ"
#define RFC_KEY "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEX "NGY5YTJjN2UxYjNkNWY4MDkxYTJiM2M0ZDVlNmY3"
#define GCM256 "wTAEg2YzlMg+VHBRvzOcw8KIYy74ufPr5YI+slU+u+hkWXZwZfPJI/ziGjM"
#define CM256 "06Og0CVpWiEdebD+Bt7NIlycxdmybGw0dZylCXy2BIZJ22ZzCzry0kF9vE3uew"
#define CM256_CUT "06Og0CVpWiEdebD+Bt7NIlycxdmybGw0dZylCXy2"
#define E "\r\n"

/* One letter a stream: S secure, P plain, X refused, 0 off, T plain twin. */
struct row {
	const char *sentence;
	const char *side; /* phones, soft (prefer) or pbx */
	enum sp_transport over;
	const char *body; /* behind HEAD */
	int code;
	const char *streams;
	int kept;          /* crypto lines that go on */
	const char *offer; /* NULL: body is an offer; "": an unknown one */
};

static const struct row rows[] = {
		/* the devices of INTEROP s2 */
		{"snom 360: RTP/AVP with one _32 line", "phones", SP_OVER_TLS,
				AVP C "1" S32 K2 E, 200, "S", 1, NULL},
		{"the same over UDP: the key is burnt, SRTP required", "phones",
				SP_OVER_UDP, AVP C "1" S32 K2 E, 488, "X", 0, NULL},
		{"the same over TCP", "phones", SP_OVER_TCP, AVP C "1" S32 K2 E, 488,
				"X", 0, NULL},
		{"the same over UDP where SRTP is preferred: plain, no key", "soft",
				SP_OVER_UDP, AVP C "1" S32 K2 E, 200, "P", 0, NULL},
		{"Aastra 57i: a printable key is weak, not refused", "phones",
				SP_OVER_TLS, AVP C "1" S80 AASTRA E, 200, "S", 1, NULL},
		{"Cisco SPA525G: one key for _32 and _80, the first stays", "phones",
				SP_OVER_TLS, SAVP C "1" S32 K3 E C "2" S80 K3 E, 200, "S", 1,
				NULL},
		{"Grandstream: lifetime 2^32", "phones", SP_OVER_TLS,
				SAVP C "1" S80
					   "Pzmx5L5pxXG9szCR2UYcEDkBL5SvejE8FZJY/QXv|2^32" E,
				200, "S", 1, NULL},
		{"Zoiper: draft name, one key cut to fit, padded", "phones",
				SP_OVER_TLS,
				SAVP C "5 AES_CM_256_HMAC_SHA1_80 inline:" CM256 "==" E C
					   "9" S80 CM256_CUT E C "3" S32 CM256_CUT E,
				200, "S", 1, NULL},
		{"Blink: two lines, two keys", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 E C "2" S32 K2 E, 200, "S", 2, NULL},
		{"Bria 'prefer', second try: no SRTP where it is required", "phones",
				SP_OVER_TLS, AVP, 488, "X", 0, NULL},
		{"the same where it is preferred", "soft", SP_OVER_TLS, AVP, 200, "P",
				0, NULL},
		{"Acrobits answers SAVP without a key", "phones", SP_OVER_TLS, SAVP,
				488, "X", 0, ""},
		{"Linphone: weak before strong", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 E C "2 AEAD_AES_256_GCM inline:" GCM256 E,
				200, "S", 2, NULL},
		{"Yealink: hex digits are weak, F8 is not in the policy", "phones",
				SP_OVER_TLS,
				SAVP C "1" S80 HEX E C "3 F8_128_HMAC_SHA1_80 inline:" K1 E,
				200, "S", 1, NULL},
		{"Polycom VVX: SAVP and AVP on one port, keys on both", "phones",
				SP_OVER_TLS, SAVP C "1" S80 K1 E AVP C "1" S80 K1 E, 200, "ST",
				1, NULL},
		{"BroadWorks: AVP first, SAVP second", "phones", SP_OVER_TLS,
				AVP "m=audio 4010 RTP/SAVP 0\r\n" C "1" S80 K1 E, 200, "TS", 1,
				NULL},
		{"the same where SRTP is preferred", "soft", SP_OVER_TLS,
				AVP "m=audio 4010 RTP/SAVP 0\r\n" C "1" S80 K1 E, 200, "TS", 1,
				NULL},
		{"FreeSWITCH: padded GCM", "phones", SP_OVER_TLS,
				SAVP C "1 AEAD_AES_256_GCM inline:" GCM256 "=" E, 200, "S", 1,
				NULL},
		{"Teams: lifetime and MKI", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 "|2^31|1:1" E, 200, "S", 1, NULL},
		/* lines, RFC 4568 */
		{"a bad line beside a good one is dropped", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 " KDR=1" E C "2" S80 K2 E, 200, "S", 1, NULL},
		{"RFC 4568 s5.1.2: no valid line, the stream is rejected", "phones",
				SP_OVER_TLS, SAVP C "1" S80 K1 " UNENCRYPTED_SRTP" E, 488, "X",
				0, NULL},
		{"NULL cipher alone", "phones", SP_OVER_TLS,
				SAVP C "1 NULL_HMAC_SHA1_80 inline:" K1 E, 488, "X", 0, NULL},
		{"RFC 4568 s4.1: duplicate tags", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 E C "1" S32 K2 E, 488, "X", 0, NULL},
		{"a duplicate tag on a line that is bad otherwise", "phones",
				SP_OVER_TLS, SAVP C "1" S80 K1 E C "1 FOO inline:" K2 E, 488,
				"X", 0, NULL},
		{"the same tag in two streams is fine", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 E VIDEO C "1" S80 K2 E, 200, "SS", 2, NULL},
		{"RFC 4568 s6.1: one key in two streams", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 E VIDEO C "1" S80 K1 E, 200, "SX", 1, NULL},
		{"all zeros", "phones", SP_OVER_TLS, SAVP C "1" S80 ZERO E, 488, "X", 0,
				NULL},
		{"an example of RFC 4568", "phones", SP_OVER_TLS,
				SAVP C "1" S80 RFC_KEY E, 488, "X", 0, NULL},
		{"RFC 4568 s4: crypto at session level only", "phones", SP_OVER_TLS,
				C "1" S80 K1 E SAVP, 488, "X", 0, NULL},
		{"a TAB after a=crypto", "phones", SP_OVER_TLS,
				SAVP "a=crypto\t:1" S80 K1 E, 488, "X", 0, NULL},
		{"a=CRYPTO:", "phones", SP_OVER_TLS, SAVP "a=CRYPTO:1" S80 K1 E, 488,
				"X", 0, NULL},
		{"SAVP without a key", "phones", SP_OVER_TLS, SAVP, 488, "X", 0, NULL},
		{"SAVP over UDP where SRTP is preferred", "soft", SP_OVER_UDP,
				SAVP C "1" S80 K1 E, 488, "X", 0, NULL},
		{"SAVP without a key where SRTP is preferred", "soft", SP_OVER_TLS,
				SAVP, 488, "X", 0, NULL},
		/* streams */
		{"one refused stream gets port 0, the rest goes on", "phones",
				SP_OVER_TLS, SAVP C "1" S80 K1 E "m=video 4002 RTP/AVP 96\r\n",
				200, "SX", 1, NULL},
		{"a stream that was off stays off, without its key", "phones",
				SP_OVER_TLS,
				SAVP C "1" S80 K1 E "m=video 0 RTP/SAVP 96\r\n" C "1" S80 K2 E,
				200, "S0", 1, NULL},
		{"all streams off", "phones", SP_OVER_TLS, "m=audio 0 RTP/SAVP 0\r\n",
				200, "0", 0, NULL},
		{"T.38 to a side that requires SRTP", "pbx", SP_OVER_UDP,
				"m=image 4000 udptl t38\r\n", 488, "X", 0, NULL},
		{"DTLS-SRTP", "phones", SP_OVER_TLS,
				"m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\n", 488,
				"X", 0, NULL},
		/* the PBX */
		{"PBX: plain", "pbx", SP_OVER_UDP, AVP, 200, "P", 0, NULL},
		{"PBX: SAVP is refused", "pbx", SP_OVER_UDP, SAVP C "1" S80 K1 E, 488,
				"X", 0, NULL},
		{"PBX: SAVP is refused over TLS, too", "pbx", SP_OVER_TLS,
				SAVP C "1" S80 K1 E, 488, "X", 0, NULL},
		{"PBX: stray keys on AVP are removed", "pbx", SP_OVER_UDP,
				AVP C "1" S80 K1 E "k=clear:x\r\n", 200, "P", 0, NULL},
		{"PBX: AVP and SAVP, the plain one stays", "pbx", SP_OVER_UDP,
				AVP SAVP C "1" S80 K1 E, 200, "PX", 0, NULL},
		/* answers without the offer at hand */
		{"an answer with one line", "phones", SP_OVER_TLS, SAVP C "1" S80 K1 E,
				200, "S", 1, ""},
		{"RFC 4568 s5.1.2: an answer with two lines", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K1 E C "2" S32 K2 E, 488, "X", 0, ""},
		{"an answer without SRTP where it is required", "phones", SP_OVER_TLS,
				AVP, 488, "X", 0, ""},
		{"a refused stream in an answer refuses the call", "phones",
				SP_OVER_TLS, SAVP C "1" S80 K1 E VIDEO, 488, "SX", 1, ""},
		{"PBX answers plain", "pbx", SP_OVER_UDP, AVP, 200, "P", 0, ""},
		/* answers to a known offer */
		{"RFC 4568 s5.1.3: tag and suite were offered", "phones", SP_OVER_TLS,
				SAVP C "2" S32 K2 E, 200, "S", 1,
				SAVP C "1" S80 K1 E C "2" S32 K3 E},
		{"a tag that was not offered", "phones", SP_OVER_TLS,
				SAVP C "3" S80 K2 E, 488, "X", 0, SAVP C "1" S80 K1 E},
		{"the right tag with another suite", "phones", SP_OVER_TLS,
				SAVP C "1" S32 K2 E, 488, "X", 0, SAVP C "1" S80 K1 E},
		{"RFC 4568 s7.1.2: the offer's own key comes back", "phones",
				SP_OVER_TLS, SAVP C "1" S80 K1 E, 488, "X", 0,
				SAVP C "1" S80 K1 E},
		{"SAVP offered, AVP answered", "soft", SP_OVER_TLS, AVP, 488, "X", 0,
				SAVP C "1" S80 K1 E},
		{"SAVP offered, AVP with a key answered", "phones", SP_OVER_TLS,
				AVP C "1" S80 K2 E, 488, "X", 0, SAVP C "1" S80 K1 E},
		{"RFC 8643: AVP with keys both ways", "phones", SP_OVER_TLS,
				AVP C "1" S80 K2 E, 200, "S", 1, AVP C "1" S80 K1 E},
		{"another number of m-lines", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K2 E, 488, "S", 1,
				SAVP C "1" S80 K1 E VIDEO C "1" S80 K3 E},
		{"a stream that was offered off comes back", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K2 E, 488, "X", 0, "m=audio 0 RTP/SAVP 0\r\n"},
		{"the answerer switches a stream off", "phones", SP_OVER_TLS,
				SAVP C "1" S80 K2 E "m=video 0 RTP/SAVP 96\r\n", 200, "S0", 1,
				SAVP C "1" S80 K1 E VIDEO C "1" S80 K3 E},
};

static struct sp_rules rules(void)
{
	struct sp_rules r = {.n_suites = 5, .n_sides = 3, .n_aliases = 1};

	r.rank[SP_AEAD_AES_256_GCM] = 1;
	r.rank[SP_AEAD_AES_128_GCM] = 2;
	r.rank[SP_AES_256_CM_HMAC_SHA1_80] = 3;
	r.rank[SP_AES_CM_128_HMAC_SHA1_80] = 4;
	r.rank[SP_AES_CM_128_HMAC_SHA1_32] = 5;
	r.quality[SP_QUALITY_ASCII_HEX] = SP_ACT_WARN;
	r.quality[SP_QUALITY_PRINTABLE] = SP_ACT_WARN;
	strcpy(r.sides[0].name, "phones");
	strcpy(r.sides[0].to, "pbx");
	strcpy(r.sides[1].name, "pbx");
	strcpy(r.sides[1].to, "phones");
	r.sides[1].mode = SP_MODE_FORBID;
	strcpy(r.sides[2].name, "soft");
	strcpy(r.sides[2].to, "pbx");
	r.sides[2].mode = SP_MODE_PREFER;
	strcpy(r.aliases[0].name, "AES_CM_256_HMAC_SHA1_80");
	r.aliases[0].suite = SP_AES_256_CM_HMAC_SHA1_80;
	return r;
}

static char letter(enum sp_state state)
{
	static const char letters[] = {[SP_STATE_REFUSED] = 'X',
			[SP_STATE_SECURE] = 'S',
			[SP_STATE_PLAIN] = 'P',
			[SP_STATE_OFF] = '0',
			[SP_STATE_SPARE] = 'T'};
	return letters[state];
}

static void read_body(const char *body, const struct sp_rules *r, char *text,
		size_t size, struct sp_sdp *sdp)
{
	struct sp_reading how = sp_policy_reading(r);
	struct sp_buf b;

	sp_buf_init(&b, text, size);
	sp_buf_str(&b, HEAD);
	sp_buf_str(&b, body);
	sp_sdp_read(sp_text_of(text), &how, sdp);
}

static void check_verdict(const struct row *row, const struct sp_sdp *sdp,
		const struct sp_verdict *v)
{
	char streams[SP_STREAMS_MAX + 1] = "";
	int kept = 0;

	for(unsigned i = 0; i < sdp->n_streams; i++)
		streams[i] = letter(v->state[i]);
	for(unsigned i = 0; i < sdp->n_cryptos; i++)
		kept += sp_why_stays(v->crypto_why[i]);
	if(v->code != row->code || strcmp(streams, row->streams) != 0
			|| kept != row->kept)
		fail_msg("%s: want %d %s %d, got %d %s %d: %s", row->sentence,
				row->code, row->streams, row->kept, v->code, streams, kept,
				v->reason);
	if(strchr(v->reason, '"') != NULL || strstr(v->reason, "inline") != NULL
			|| v->reason[0] == '\0')
		fail_msg("%s: bad words: %s", row->sentence, v->reason);
}

/* What goes on is judged the same again, and a side that takes no keys gets
 * none. */
static void check_clean(const struct row *row, const struct sp_question *q,
		const struct sp_sdp *sdp, const struct sp_verdict *v)
{
	static char out[8192];
	struct sp_reading how = sp_policy_reading(q->rules);
	struct sp_text text = {out, 0};
	struct sp_verdict again;
	struct sp_sdp clean;
	struct sp_buf b;

	sp_buf_init(&b, out, sizeof(out));
	assert_int_equal(sp_clean(sdp, v, q->rules, &b), 0);
	text.len = b.len;
	assert_int_equal(sp_sdp_read(text, &how, &clean), SP_SDP_OK);
	assert_int_equal(clean.n_streams, sdp->n_streams);
	if(v->secure == 0 && sp_text_has_key_word(text))
		fail_msg("%s: key material goes on:\n%s", row->sentence, out);
	if(v->code != 200)
		return;
	sp_policy_judge(q, &clean, &again);
	if(again.code != 200 || again.dropped > 0 || again.removed > 0
			|| again.secure != v->secure || again.plain != v->plain)
		fail_msg("%s: not accepted again: %s\n%s", row->sentence, again.reason,
				out);
}

static void streams_are_judged(void **state)
{
	struct sp_rules r = rules();

	(void)state;
	for(size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		static char text[8192], offer_text[8192];
		static struct sp_sdp sdp, offer;
		struct sp_question q = {&r, sp_rules_side(&r, sp_text_of(row->side)),
				NULL, row->over, row->offer != NULL, NULL};
		struct sp_verdict v;

		q.to = sp_rules_next(&r, q.from);
		if(row->offer != NULL && row->offer[0] != '\0') {
			read_body(row->offer, &r, offer_text, sizeof(offer_text), &offer);
			assert_int_equal(offer.err, SP_SDP_OK);
			q.offer = &offer;
		}
		read_body(row->body, &r, text, sizeof(text), &sdp);
		assert_int_equal(sdp.err, SP_SDP_OK);
		sp_policy_judge(&q, &sdp, &v);
		check_verdict(row, &sdp, &v);
		check_clean(row, &q, &sdp, &v);
	}
}

static void our_order_of_suites_can_win(void **state)
{
	static char text[8192], out[8192];
	struct sp_rules r = rules();
	struct sp_question q = {&r, &r.sides[0], &r.sides[1], SP_OVER_TLS, 0, NULL};
	struct sp_verdict v;
	struct sp_sdp sdp;
	struct sp_buf b;

	(void)state;
	r.order_policy = 1;
	read_body(SAVP C "1" S80 K1 E C "2 AEAD_AES_256_GCM inline:" GCM256 E, &r,
			text, sizeof(text), &sdp);
	sp_policy_judge(&q, &sdp, &v);
	sp_buf_init(&b, out, sizeof(out));
	assert_int_equal(sp_clean(&sdp, &v, &r, &b), 0);
	assert_true(strstr(out, "crypto:2 ") < strstr(out, "crypto:1 "));
}

static void a_small_buffer_is_noticed(void **state)
{
	static char text[8192], out[8192];
	struct sp_rules r = rules();
	struct sp_question q = {&r, &r.sides[0], &r.sides[1], SP_OVER_TLS, 0, NULL};
	struct sp_verdict v;
	struct sp_sdp sdp;
	struct sp_buf b;

	(void)state;
	read_body(SAVP C "1" S80 K1 E, &r, text, sizeof(text), &sdp);
	sp_policy_judge(&q, &sdp, &v);
	sp_buf_init(&b, out, sizeof(out));
	assert_int_equal(sp_clean(&sdp, &v, &r, &b), 0);
	for(size_t size = 0, need = b.len + 1; size <= need; size++) {
		sp_buf_init(&b, out, size);
		assert_int_equal(sp_clean(&sdp, &v, &r, &b), size < need ? -1 : 0);
	}
}

/* The last look at a finished SDP. */
static void nothing_leaves_that_must_not(void **state)
{
	static const struct {
		const char *sentence;
		const char *side; /* "" when nobody said */
		enum sp_transport over;
		enum sp_role role;
		const char *body;
		int code;
	} finals[] = {
			{"plain to the PBX", "pbx", SP_OVER_UDP, SP_ROLE_OFFER, AVP, 200},
			{"a key to the PBX", "pbx", SP_OVER_UDP, SP_ROLE_OFFER,
					AVP C "1" S80 K1 E, 488},
			{"a key to the PBX over TLS", "pbx", SP_OVER_TLS, SP_ROLE_OFFER,
					AVP C "1" S80 K1 E, 488},
			{"a session name of key words to the PBX", "pbx", SP_OVER_UDP,
					SP_ROLE_OFFER, AVP "a=tool:inline:" K1 E, 488},
			{"k= to the PBX", "pbx", SP_OVER_UDP, SP_ROLE_OFFER,
					AVP "k=clear:x\r\n", 488},
			{"SAVP to the PBX", "pbx", SP_OVER_UDP, SP_ROLE_OFFER, SAVP, 488},
			{"a key to phones", "phones", SP_OVER_TLS, SP_ROLE_OFFER,
					SAVP C "1" S80 K1 E, 200},
			{"a key to phones over UDP", "phones", SP_OVER_UDP, SP_ROLE_OFFER,
					SAVP C "1" S80 K1 E, 488},
			{"a key to nobody knows whom", "", SP_OVER_TLS, SP_ROLE_OFFER,
					SAVP C "1" S80 K1 E, 488},
			{"an answer with two keys", "phones", SP_OVER_TLS, SP_ROLE_ANSWER,
					SAVP C "1" S80 K1 E C "2" S32 K2 E, 488},
			{"an offer with two keys", "phones", SP_OVER_TLS, SP_ROLE_OFFER,
					SAVP C "1" S80 K1 E C "2" S32 K2 E, 200},
			{"SAVP without a key", "phones", SP_OVER_TLS, SP_ROLE_OFFER, SAVP,
					488},
			{"plain where SRTP is required", "phones", SP_OVER_TLS,
					SP_ROLE_OFFER, AVP, 488},
			{"plain where SRTP is preferred", "soft", SP_OVER_TLS,
					SP_ROLE_OFFER, AVP, 200},
			{"a suite outside of the policy", "phones", SP_OVER_TLS,
					SP_ROLE_OFFER, SAVP C "1 F8_128_HMAC_SHA1_80 inline:" K1 E,
					488},
			{"NULL cipher", "phones", SP_OVER_TLS, SP_ROLE_OFFER,
					SAVP C "1 NULL_HMAC_SHA1_80 inline:" K1 E, 488},
			{"DTLS beside SDES", "phones", SP_OVER_TLS, SP_ROLE_OFFER,
					"m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n", 488},
			{"a stream that is off", "phones", SP_OVER_TLS, SP_ROLE_OFFER,
					"m=audio 0 RTP/SAVP 0\r\n", 200},
	};
	struct sp_rules r = rules();

	(void)state;
	for(size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
		struct sp_leg leg = {&r, sp_rules_side(&r, sp_text_of(finals[i].side)),
				finals[i].over, finals[i].role};
		static char text[8192];
		struct sp_verdict v;
		struct sp_sdp sdp;

		read_body(finals[i].body, &r, text, sizeof(text), &sdp);
		sp_final_judge(&leg, &sdp, &v);
		if(v.code != finals[i].code)
			fail_msg("%s: want %d, got %d: %s", finals[i].sentence,
					finals[i].code, v.code, v.reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(streams_are_judged),
			cmocka_unit_test(our_order_of_suites_can_win),
			cmocka_unit_test(a_small_buffer_is_noticed),
			cmocka_unit_test(nothing_leaves_that_must_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
