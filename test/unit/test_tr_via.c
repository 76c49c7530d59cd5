/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do Vias go into the token, and come out of it only when it is ours? */
#include "../../modules/tls_reuse/tr_b64.h"
#include "../../modules/tls_reuse/tr_via.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAIL "Call-ID: 1\r\nContent-Length: 0\r\n\r\n"
#define ROOM (TR_VIA_ROOM + 16384)

static struct tr_via_keys keys;
static const struct tr_via_side_keys *const key = &keys.to[TR_VIA_INSIDE];

static struct tr_view view(const char *text)
{
	return (struct tr_view){text, strlen(text)};
}

/* A request that leaves, and what its reply must look like to the core. */
static const struct {
	const char *about;
	const char *request; /* behind the first line and our own Via */
	const char *vias;    /* below ours in the reply */
} hidden[] = {
		{"RFC 3261 s16.11: one Via comes back as it was",
				"Via: SIP/2.0/TLS "
				"192.168.1.20:5061;branch=z9hG4bK2;rport=4\r\n",
				"SIP/2.0/TLS 192.168.1.20:5061;branch=z9hG4bK2;rport=4"},
		{"RFC 3261 s7.3.1: several headers are one list, in order",
				"Via: SIP/2.0/UDP a;branch=1\r\nVia: SIP/2.0/UDP "
				"b;branch=2\r\n",
				"SIP/2.0/UDP a;branch=1,SIP/2.0/UDP b;branch=2"},
		{"several values in one header stay so",
				"Via: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2\r\n",
				"SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2"},
		{"RFC 3261 s7.3.3: the compact form, any case, blanks",
				"v \t:  SIP/2.0/UDP a;branch=1 \t\r\n",
				"SIP/2.0/UDP a;branch=1"},
		{"other headers between the Vias stay where they are",
				"X-Viatic: no\r\nVIA: SIP/2.0/UDP a;branch=1\r\n",
				"SIP/2.0/UDP a;branch=1"},
};

/* Turns "request line, Vias, TAIL" into the reply of whoever got it. */
static size_t reply_to(const char *request, size_t len, char *reply)
{
	const char *eol = memchr(request, '\n', len);
	size_t head = (size_t)sprintf(reply, "SIP/2.0 200 OK\r\n");
	size_t rest = len - (size_t)(eol + 1 - request);

	memcpy(reply + head, eol + 1, rest);
	return head + rest;
}

static void test_round_trip(void **state)
{
	static const char first[] = "INVITE sip:a@b SIP/2.0\r\n";
	static const char ours[] = "Via: SIP/2.0/UDP e;branch=z9hG4bK1;i=1\r\n";
	static char request[4096], sent[ROOM], reply[ROOM], shown[ROOM];
	char want[4096];
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		snprintf(request, sizeof(request), "%s%s%s%s", first, ours,
				hidden[i].request, TAIL);
		if(tr_via_hide(key, view(request), sent, sizeof(sent), &len)
				!= TR_VIA_DONE) {
			fail_msg("%s: not hidden", hidden[i].about);
		}
		sent[len] = '\0';
		if(strstr(sent, "branch=1") || strstr(sent, "192.168")
				|| strstr(sent, TAIL) == NULL) {
			fail_msg("%s: left as %s", hidden[i].about, sent);
		}
		len = reply_to(sent, len, reply);
		if(tr_via_show(key, (struct tr_view){reply, len}, shown, sizeof(shown),
				   &len)
				!= TR_VIA_DONE) {
			fail_msg("%s: not shown again", hidden[i].about);
		}
		shown[len] = '\0';
		snprintf(want, sizeof(want), "SIP/2.0 200 OK\r\n%sVia: %s\r\n", ours,
				hidden[i].vias);
		if(strncmp(shown, want, strlen(want)) != 0
				|| strstr(shown, TAIL) == NULL) {
			fail_msg("%s:\nwant %s\ngot %s", hidden[i].about, want, shown);
		}
	}
}

/* What is not for us to change. */
static const struct {
	const char *about;
	const char *msg;
} same[] = {
		{"a request of our own has only our Via",
				"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP "
				"e;branch=1\r\n" TAIL},
		{"no Via at all", "OPTIONS sip:a SIP/2.0\r\n" TAIL},
		{"a body that looks like Vias is a body",
				"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP e\r\n\r\n"
				"Via: SIP/2.0/UDP b\r\n"},
		{"nothing", ""},
		{"a line without an end", "Via"},
};

static void test_same(void **state)
{
	static char out[ROOM];
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(same) / sizeof(*same); i++) {
		if(tr_via_hide(key, view(same[i].msg), out, sizeof(out), &len)
				!= TR_VIA_SAME) {
			fail_msg("hide: %s: changed", same[i].about);
		}
		if(tr_via_show(key, view(same[i].msg), out, sizeof(out), &len)
				!= TR_VIA_SAME) {
			fail_msg("show: %s: changed", same[i].about);
		}
	}
}

/* Replies that name a way of their own: only our own Via is left, and not
 * even its branch. */
static const struct {
	const char *about;
	const char *vias;
} forged[] = {
		{"a second Via on the wire",
				"Via: SIP/2.0/UDP e;branch=1\r\nVia: SIP/2.0/UDP x\r\n"},
		{"a second Via in the same header",
				"Via: SIP/2.0/UDP e;branch=1, SIP/2.0/UDP x\r\n"},
		{"a token that is none", "Via: SIP/2.0/UDP e;branch=1;tv=AAAA\r\n"},
		{"an empty token", "Via: SIP/2.0/UDP e;branch=1;tv=\r\n"},
		{"two tokens", "Via: SIP/2.0/UDP e;branch=1;tv=AAAA;tv=AAAA\r\n"},
		{"a quote", "Via: SIP/2.0/UDP e;branch=1;x=\";tv=AAAA\"\r\n"},
		{"two branches", "Via: SIP/2.0/UDP e;branch=1;branch=1\r\n"},
		{"a compact second Via", "v: SIP/2.0/UDP e;branch=1\r\nv: x y\r\n"},
};

static void test_forged(void **state)
{
	static char out[ROOM];
	char msg[1024];
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(forged) / sizeof(*forged); i++) {
		snprintf(msg, sizeof(msg), "SIP/2.0 200 OK\r\n%s%s", forged[i].vias,
				TAIL);
		if(tr_via_show(key, view(msg), out, sizeof(out), &len)
				!= TR_VIA_FORGED) {
			fail_msg("%s: taken", forged[i].about);
		}
		out[len] = '\0';
		if(strstr(out, "UDP x") || strstr(out, "x y") || strchr(out, ',')
				|| strchr(out, ';')
				|| strstr(out, "SIP/2.0/UDP e\r\n") == NULL) {
			fail_msg("%s: left %s", forged[i].about, out);
		}
	}
}

/* No character of a token can be changed, and none left out. */
static void test_altered(void **state)
{
	static const char request[] = "BYE sip:a@b SIP/2.0\r\n"
								  "Via: SIP/2.0/UDP e;branch=1\r\n"
								  "Via: SIP/2.0/TLS p;branch=2\r\n" TAIL;
	static char sent[ROOM], reply[ROOM], out[ROOM];
	size_t len, out_len, at, end;
	enum tr_via result;

	(void)state;
	assert_int_equal(tr_via_hide(key, view(request), sent, sizeof(sent), &len),
			TR_VIA_DONE);
	len = reply_to(sent, len, reply);
	reply[len] = '\0';
	at = (size_t)(strstr(reply, ";tv=") + 4 - reply);
	end = at + strcspn(reply + at, ";\r\n");
	for(; at < end; at++) {
		char keep = reply[at];

		reply[at] = keep == 'A' ? 'B' : 'A';
		result = tr_via_show(
				key, (struct tr_view){reply, len}, out, sizeof(out), &out_len);
		if(result != TR_VIA_FORGED) {
			fail_msg("octet %zu of the token changed: taken", at);
		}
		reply[at] = keep;
	}
}

/* Our own Via in the request, and in the reply: what stays the same and what
 * must not change. */
static const struct {
	const char *about;
	const char *sent;
	const char *back; /* "%s": the token */
	enum tr_via want;
} bound[] = {
		{"the same", "branch=b;i=1;te=oi", "branch=b;i=1;te=oi;tv=%s",
				TR_VIA_DONE},
		{"RFC 3261 s18.2.1: received and rport, another order",
				"branch=b;rport;i=1;te=oi",
				"te=oi;received=192.0.2.9;tv=%s;rport=5;i=1;branch=b",
				TR_VIA_DONE},
		{"neither i nor te, as to a phone", "branch=b", "tv=%s;branch=b",
				TR_VIA_DONE},
		{"replayed under another transaction", "branch=b;i=1",
				"branch=c;i=1;tv=%s", TR_VIA_FORGED},
		{"another connection", "branch=b;i=1", "branch=b;i=2;tv=%s",
				TR_VIA_FORGED},
		{"a connection that there was not", "branch=b", "branch=b;i=2;tv=%s",
				TR_VIA_FORGED},
		{"the connection is left out", "branch=b;i=1", "branch=b;tv=%s",
				TR_VIA_FORGED},
		{"an answer becomes an offer", "branch=b;te=oi", "branch=b;te=n;tv=%s",
				TR_VIA_FORGED},
		{"a second connection", "branch=b;i=1", "branch=b;i=1;I=2;tv=%s",
				TR_VIA_FORGED},
		{"the same one twice", "branch=b;i=1", "branch=b;i=1;i=1;tv=%s",
				TR_VIA_FORGED},
		{"no branch", "branch=b", "tv=%s", TR_VIA_FORGED},
};

static enum tr_via answer(const char *sent, const char *back)
{
	static char msg[4096], out[ROOM], via[2048];
	char token[1024] = "", *at;
	size_t len;

	snprintf(msg, sizeof(msg),
			"BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP e;%s\r\n"
			"Via: SIP/2.0/TLS p;branch=2\r\n" TAIL,
			sent);
	assert_int_equal(
			tr_via_hide(key, view(msg), out, sizeof(out), &len), TR_VIA_DONE);
	out[len] = '\0';
	at = strstr(out, ";tv=");
	assert_non_null(at);
	memcpy(token, at + 4, strcspn(at + 4, "\r"));
	snprintf(via, sizeof(via), back, token);
	snprintf(msg, sizeof(msg), "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP e;%s\r\n%s",
			via, TAIL);
	return tr_via_show(key, view(msg), out, sizeof(out), &len);
}

static void test_bound(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(bound) / sizeof(*bound); i++) {
		enum tr_via got = answer(bound[i].sent, bound[i].back);

		if(got != bound[i].want) {
			fail_msg("%s: want %d, got %d", bound[i].about, bound[i].want, got);
		}
	}
}

/* A token of one side does not open on the other, and shows nothing. */
static void test_sides(void **state)
{
	static const char request[] = "BYE sip:a@b SIP/2.0\r\n"
								  "Via: SIP/2.0/UDP e;branch=1\r\n"
								  "Via: SIP/2.0/TLS p;branch=2\r\n" TAIL;
	static char sent[ROOM], reply[ROOM], out[ROOM];
	uint8_t raw[256];
	size_t len, out_len, n, at;
	char *token;

	(void)state;
	assert_int_equal(tr_via_hide(key, view(request), sent, sizeof(sent), &len),
			TR_VIA_DONE);
	token = strstr(sent, ";tv=") + 4;
	assert_int_equal(
			tr_b64_decode(token, strcspn(token, "\r"), raw, sizeof(raw), &n),
			0);
	for(at = 0; at + 4 <= n; at++) {
		assert_memory_not_equal(raw + at, "SIP/", 4);
	}
	len = reply_to(sent, len, reply);
	assert_int_equal(
			tr_via_show(&keys.to[TR_VIA_OUTSIDE], (struct tr_view){reply, len},
					out, sizeof(out), &out_len),
			TR_VIA_FORGED);
	assert_int_equal(tr_via_show(key, (struct tr_view){reply, len}, out,
							 sizeof(out), &out_len),
			TR_VIA_DONE);
}

static void test_bounds(void **state)
{
	static char msg[TR_VIA_MAX + 1024], out[ROOM];
	size_t len, n;

	(void)state;
	n = (size_t)sprintf(
			msg, "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP e\r\nVia: ");
	memset(msg + n, 'a', TR_VIA_MAX);
	strcpy(msg + n + TR_VIA_MAX, "\r\n" TAIL);
	assert_int_equal(
			tr_via_hide(key, view(msg), out, sizeof(out), &len), TR_VIA_DONE);
	assert_int_equal(tr_via_hide(key, view(msg), out, strlen(msg), &len),
			TR_VIA_NO_ROOM);
	msg[n + TR_VIA_MAX] = 'a';
	strcpy(msg + n + TR_VIA_MAX + 1, "\r\n" TAIL);
	assert_int_equal(tr_via_hide(key, view(msg), out, sizeof(out), &len),
			TR_VIA_TOO_LONG);
}

/* What is sent with one key, and answered when there are others. */
static const struct {
	const char *about;
	const char *sent;
	const char *answered;
	enum tr_via want;
} changes[] = {
		{"nothing changed", "the old one of 16", "the old one of 16",
				TR_VIA_DONE},
		{"the next key is known", "the old one of 16",
				"the old one of 16\nthe new one of 16", TR_VIA_DONE},
		{"the next key is in use", "the old one of 16",
				"the new one of 16\nthe old one of 16", TR_VIA_DONE},
		{"one edge was told later", "the new one of 16\nthe old one of 16",
				"the old one of 16\nthe new one of 16", TR_VIA_DONE},
		{"the last of four", "the old one of 16",
				"a key of 16 octets\nb key of 16 octets\nc key of 16 octets\n"
				"the old one of 16",
				TR_VIA_DONE},
		{"the first is the one that makes tokens",
				"the new one of 16\nthe old one of 16", "the old one of 16",
				TR_VIA_FORGED},
		{"the old key is gone", "the old one of 16", "the new one of 16",
				TR_VIA_FORGED},
};

static void keys_from(struct tr_via_keys *made, const char *text)
{
	struct tr_secrets secrets;
	unsigned line;

	assert_int_equal(tr_keys_read(view(text), &secrets, &line), TR_KEYS_OK);
	tr_via_init(made, &secrets, 1);
}

static void test_keys_change(void **state)
{
	static const char request[] = "BYE sip:a@b SIP/2.0\r\n"
								  "Via: SIP/2.0/UDP e;branch=1\r\n"
								  "Via: SIP/2.0/TLS p;branch=2\r\n" TAIL;
	static char sent[ROOM], reply[ROOM], out[ROOM];
	struct tr_via_keys then, now;
	size_t i, len, out_len;

	(void)state;
	for(i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		enum tr_via got;

		keys_from(&then, changes[i].sent);
		keys_from(&now, changes[i].answered);
		assert_int_equal(tr_via_hide(&then.to[TR_VIA_INSIDE], view(request),
								 sent, sizeof(sent), &len),
				TR_VIA_DONE);
		len = reply_to(sent, len, reply);
		got = tr_via_show(&now.to[TR_VIA_INSIDE], (struct tr_view){reply, len},
				out, sizeof(out) - 1, &out_len);
		out[out_len] = '\0';
		if(got != changes[i].want
				|| (got == TR_VIA_DONE
						&& strstr(out, "SIP/2.0/TLS p;branch=2") == NULL)) {
			fail_msg("%s: want %d, got %d: %.*s", changes[i].about,
					changes[i].want, got, (int)out_len, out);
		}
	}
}

/* Keys that nobody made hide nothing that could be shown, and show nothing. */
static void test_no_keys(void **state)
{
	static const char request[] = "BYE sip:a@b SIP/2.0\r\n"
								  "Via: SIP/2.0/UDP e;branch=1\r\n"
								  "Via: SIP/2.0/TLS p;branch=2\r\n" TAIL;
	static const struct tr_via_keys zero;
	static char sent[ROOM], reply[ROOM], out[ROOM];
	struct tr_via_keys wiped = keys;
	size_t len, out_len;

	(void)state;
	assert_int_equal(tr_via_hide(&zero.to[TR_VIA_INSIDE], view(request), sent,
							 sizeof(sent), &len),
			TR_VIA_TOO_LONG);
	assert_int_equal(tr_via_hide(key, view(request), sent, sizeof(sent), &len),
			TR_VIA_DONE);
	len = reply_to(sent, len, reply);
	assert_int_equal(
			tr_via_show(&zero.to[TR_VIA_INSIDE], (struct tr_view){reply, len},
					out, sizeof(out), &out_len),
			TR_VIA_FORGED);
	tr_via_wipe(&wiped);
	assert_memory_equal(&wiped, &zero, sizeof(zero));
}

/* The connection that a reply from inside goes back on is one of this start; a
 * phone may answer on another one. */
static void test_restart(void **state)
{
	static const char request[] = "BYE sip:a@b SIP/2.0\r\n"
								  "Via: SIP/2.0/UDP e;branch=1\r\n"
								  "Via: SIP/2.0/TLS p;branch=2\r\n" TAIL;
	static char sent[ROOM], out[ROOM];
	static const enum tr_via want[] = {
			[TR_VIA_INSIDE] = TR_VIA_FORGED, [TR_VIA_OUTSIDE] = TR_VIA_DONE};
	struct tr_via_keys later;
	struct tr_secrets secrets;
	size_t side, len, out_len;

	(void)state;
	tr_keys_single(view("0123456789abcdef"), &secrets);
	tr_via_init(&later, &secrets, 2);
	for(side = 0; side < 2; side++) {
		assert_int_equal(tr_via_hide(&keys.to[side], view(request), sent,
								 sizeof(sent), &len),
				TR_VIA_DONE);
		memcpy(sent, "SIP/2.0 200 OK  \r\n", 18);
		assert_int_equal(
				tr_via_show(&later.to[side], (struct tr_view){sent, len}, out,
						sizeof(out), &out_len),
				want[side]);
	}
	tr_via_wipe(&later);
}

static int make_key(void **state)
{
	struct tr_secrets secrets;

	(void)state;
	tr_keys_single(view("0123456789abcdef"), &secrets);
	tr_via_init(&keys, &secrets, 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_round_trip),
			cmocka_unit_test(test_same),
			cmocka_unit_test(test_forged),
			cmocka_unit_test(test_altered),
			cmocka_unit_test(test_bound),
			cmocka_unit_test(test_sides),
			cmocka_unit_test(test_bounds),
			cmocka_unit_test(test_keys_change),
			cmocka_unit_test(test_no_keys),
			cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
