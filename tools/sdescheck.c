/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdescheck answers: why does the edge take this SDP, or refuse it?
 *
 * Exit status: 0 accepted, 1 refused, 2 usage or a file that cannot be read.
 * No key is printed, except in the SDP of --print.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "../modules/sdes_policy/sp_clean.h"
#include "../modules/sdes_policy/sp_file.h"
#include "../modules/sdes_policy/sp_final.h"
#include "../modules/sdes_policy/sp_flags.h"
#include "../modules/sdes_policy/sp_xml.h"

#define ACCEPTED 0
#define REFUSED 1
#define TROUBLE 2

#define OUT_MAX (2 * SP_BODY_MAX)
#define WORDS_MAX 32768
#define FILE_MAX (16u * 1024u * 1024u)

struct options {
	const char *policy;
	const char *side;
	const char *to;
	const char *offer;
	const char *file;
	enum sp_transport over;
	struct sp_version version;
	int print;
	int flags;
	int final;
};

struct inputs {
	struct sp_rules *rules;
	const struct sp_side *side;
	const struct sp_side *to;
	struct sp_text text;
	struct sp_text offer_text;
	struct sp_sdp sdp;
	struct sp_sdp offer;
};

static void usage(FILE *to)
{
	fputs("usage: sdescheck --policy POLICY.xml --side SIDE [options]"
		  " FILE.sdp\n"
		  "  --transport tls|tcp|udp  what the message came on (tls)\n"
		  "  --user-agent TEXT        of the device (no rule depends on it)\n"
		  "  --answer-to OFFER.sdp    FILE.sdp answers this offer\n"
		  "  --to SIDE                where it goes next (the policy says)\n"
		  "  --rtpengine VERSION      for --flags (10.5)\n"
		  "  --print                  print the SDP as rtpengine gets it\n"
		  "  --flags                  print rtpengine's flags\n"
		  "  --final                  judge a finished SDP that leaves to"
		  " SIDE\n",
			to);
}

static int trouble(const char *words)
{
	fprintf(stderr, "sdescheck: %s\n", words);
	return TROUBLE;
}

static int read_transport(const char *word, enum sp_transport *over)
{
	if(strcmp(word, "tls") == 0)
		*over = SP_OVER_TLS;
	else if(strcmp(word, "tcp") == 0)
		*over = SP_OVER_TCP;
	else if(strcmp(word, "udp") == 0)
		*over = SP_OVER_UDP;
	else
		return -1;
	return 0;
}

static int set_option(struct options *o, int option, char *value)
{
	switch(option) {
		case 'p':
			o->policy = value;
			return 0;
		case 's':
			o->side = value;
			return 0;
		case 't':
			return read_transport(value, &o->over);
		case 'u': /* no rule depends on it */
			return 0;
		case 'a':
			o->offer = value;
			return 0;
		case 'o':
			o->to = value;
			return 0;
		case 'r':
			return sp_version_read(sp_text_of(value), &o->version);
		case 'P':
			o->print = 1;
			return 0;
		case 'F':
			o->flags = 1;
			return 0;
		case 'L':
			o->final = 1;
			return 0;
		default:
			return -1;
	}
}

static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
			{"policy", required_argument, NULL, 'p'},
			{"side", required_argument, NULL, 's'},
			{"transport", required_argument, NULL, 't'},
			{"user-agent", required_argument, NULL, 'u'},
			{"answer-to", required_argument, NULL, 'a'},
			{"to", required_argument, NULL, 'o'},
			{"rtpengine", required_argument, NULL, 'r'},
			{"print", no_argument, NULL, 'P'},
			{"flags", no_argument, NULL, 'F'},
			{"final", no_argument, NULL, 'L'}, {NULL, 0, NULL, 0}};
	int option;

	o->over = SP_OVER_TLS;
	o->version.major = 10;
	o->version.minor = 5;
	while((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if(set_option(o, option, optarg) < 0)
			return -1;
	}
	if(o->policy == NULL || o->side == NULL || argc - optind != 1)
		return -1;
	o->file = argv[optind];
	return o->final && (o->print || o->flags) ? -1 : 0;
}

static int load(const struct options *o, struct inputs *in)
{
	static const struct sp_allocator heap = {malloc, free};
	char words[1024];
	struct sp_buf why;

	sp_buf_init(&why, words, sizeof(words));
	sp_xml_init();
	in->rules = sp_xml_load(o->policy, &heap, &why);
	if(in->rules == NULL)
		return trouble(words);
	in->side = sp_rules_side(in->rules, sp_text_of(o->side));
	if(in->side == NULL)
		return trouble("the policy has no such side: see its <side> elements");
	in->to = o->to != NULL ? sp_rules_side(in->rules, sp_text_of(o->to))
						   : sp_rules_next(in->rules, in->side);
	if(o->to != NULL && in->to == NULL)
		return trouble("the policy has no such side: see its <side> elements");
	if(sp_file_read(o->file, FILE_MAX, "an SDP", &in->text, &why) < 0)
		return trouble(words);
	if(o->offer != NULL
			&& sp_file_read(o->offer, FILE_MAX, "an SDP", &in->offer_text, &why)
					   < 0)
		return trouble(words);
	return 0;
}

static int put_sdp(const struct inputs *in, const struct sp_verdict *v)
{
	static char out[OUT_MAX];
	struct sp_buf b;
	int ret = ACCEPTED;

	sp_buf_init(&b, out, sizeof(out));
	if(sp_clean(&in->sdp, v, in->rules, &b) < 0)
		ret = trouble("the cleaned SDP does not fit");
	else
		fwrite(b.p, 1, b.len, stdout);
	OPENSSL_cleanse(out, sizeof(out));
	return ret;
}

static int put_flags(const struct options *o, const struct inputs *in)
{
	struct sp_bridge bridge = {
			in->rules, in->side, in->to, o->offer != NULL, o->version};
	char flags[1024];
	struct sp_buf b;

	if(in->to == NULL)
		return trouble("where does it go? name the side with --to");
	sp_buf_init(&b, flags, sizeof(flags));
	if(sp_flags(&bridge, &b) < 0)
		return trouble("the flags do not fit");
	puts(flags);
	return ACCEPTED;
}

static void put_verdict(const struct inputs *in, const struct sp_verdict *v)
{
	static char words[WORDS_MAX];
	struct sp_buf b;

	sp_buf_init(&b, words, sizeof(words));
	if(in->sdp.err == SP_SDP_OK)
		sp_verdict_report(v, &in->sdp, &b);
	fputs(words, stderr);
	if(v->code == 200)
		fputs("accepted\n", stderr);
	else if(in->sdp.err != SP_SDP_OK)
		fprintf(stderr, "refused: %d: line %u: %s\n", v->code, in->sdp.err_line,
				v->reason);
	else
		fprintf(stderr, "refused: %d: %s\n", v->code, v->reason);
}

static int judge(const struct options *o, struct inputs *in)
{
	struct sp_reading how = sp_policy_reading(in->rules);
	struct sp_question q = {
			in->rules, in->side, in->to, o->over, o->offer != NULL, NULL};
	struct sp_verdict v;
	int ret = ACCEPTED;

	sp_sdp_read(in->text, &how, &in->sdp);
	if(o->offer != NULL) {
		if(sp_sdp_read(in->offer_text, &how, &in->offer) != SP_SDP_OK)
			return trouble("the offer is no SDP that can be read");
		q.offer = &in->offer;
	}
	sp_policy_judge(&q, &in->sdp, &v);
	put_verdict(in, &v);
	if(v.code != 200)
		return REFUSED;
	if(o->print)
		ret = put_sdp(in, &v);
	if(o->flags && ret == ACCEPTED)
		ret = put_flags(o, in);
	return ret;
}

static int judge_final(const struct options *o, struct inputs *in)
{
	struct sp_reading how = sp_policy_reading(in->rules);
	struct sp_leg leg = {in->rules, in->side, o->over,
			o->offer != NULL ? SP_ROLE_ANSWER : SP_ROLE_UNKNOWN};
	struct sp_verdict v;

	sp_sdp_read(in->text, &how, &in->sdp);
	sp_final_judge(&leg, &in->sdp, &v);
	fprintf(stderr, v.code == 200 ? "may leave: %s\n" : "held back: %s\n",
			v.reason);
	return v.code == 200 ? ACCEPTED : REFUSED;
}

int main(int argc, char **argv)
{
	static struct inputs in;
	struct options o = {0};
	int ret;

	if(argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	if(read_options(&o, argc, argv) < 0) {
		usage(stderr);
		return TROUBLE;
	}
	ret = load(&o, &in);
	if(ret == 0)
		ret = o.final ? judge_final(&o, &in) : judge(&o, &in);
	sp_sdp_wipe(&in.sdp);
	sp_sdp_wipe(&in.offer);
	if(in.text.s != NULL)
		OPENSSL_cleanse((void *)(uintptr_t)in.text.s, in.text.len);
	if(in.offer_text.s != NULL)
		OPENSSL_cleanse((void *)(uintptr_t)in.offer_text.s, in.offer_text.len);
	free((void *)(uintptr_t)in.text.s);
	free((void *)(uintptr_t)in.offer_text.s);
	free(in.rules);
	return ret;
}
