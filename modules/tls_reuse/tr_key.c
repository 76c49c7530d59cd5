/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which keys does this edge make its tokens with? See the header. */
#include "tr_key.h"

#include "tr_key_store.h"

#include "../../core/dprint.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define RANDOM_LEN 32

/* A key file in memory, to be wiped; one octet more shows that it is longer. */
struct text {
	char s[TR_KEY_FILE_MAX + 1];
	size_t len;
};

static struct {
	char path[256]; /* of the key file; empty: there is none */
} source;           /* written in mod_init, then only read */

static int check_file(int fd, char *why)
{
	struct stat st;

	if(fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(why, TR_KEY_WHY_MAX, "%s is not a regular file", source.path);
		return -1;
	}
	if((st.st_mode & (S_IROTH | S_IWOTH)) != 0) {
		snprintf(why, TR_KEY_WHY_MAX,
				"everybody may read or write %s: whoever knows the key can"
				" forge tokens; chmod 0640 it and make a new key",
				source.path);
		return -1;
	}
	return 0;
}

static int read_all(int fd, struct text *text, char *why)
{
	ssize_t n;

	do {
		n = read(fd, text->s + text->len, sizeof(text->s) - text->len);
		text->len += n > 0 ? (size_t)n : 0;
	} while((n < 0 && errno == EINTR)
			|| (n > 0 && text->len < sizeof(text->s)));
	if(n < 0) {
		snprintf(why, TR_KEY_WHY_MAX, "cannot read %s: %s", source.path,
				strerror(errno));
		return -1;
	}
	if(text->len > TR_KEY_FILE_MAX) {
		snprintf(why, TR_KEY_WHY_MAX,
				"%s is over %d octets: is it the right file?", source.path,
				TR_KEY_FILE_MAX);
		return -1;
	}
	return 0;
}

static int read_file(struct text *text, char *why)
{
	int fd = open(source.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if(fd < 0) {
		snprintf(why, TR_KEY_WHY_MAX,
				"cannot open %s as this user: %s; make one with: openssl rand"
				" -hex 32 > FILE, readable for the user that Kamailio runs as"
				" and nobody else",
				source.path, strerror(errno));
		return -1;
	}
	rc = check_file(fd, why);
	if(rc == 0) {
		rc = read_all(fd, text, why);
	}
	close(fd);
	return rc;
}

/* The keys in the file; secrets are views into text. 0 or -1. */
static int load_file(struct text *text, struct tr_secrets *secrets, char *why)
{
	enum tr_keys result;
	unsigned line;

	if(read_file(text, why) != 0) {
		return -1;
	}
	result = tr_keys_read((struct tr_view){text->s, text->len}, secrets, &line);
	if(result == TR_KEYS_OK) {
		return 0;
	}
	if(line > 0) {
		snprintf(why, TR_KEY_WHY_MAX, "%s, line %u: %s", source.path, line,
				tr_keys_words(result));
	} else {
		snprintf(why, TR_KEY_WHY_MAX, "%s: %s", source.path,
				tr_keys_words(result));
	}
	return -1;
}

/* No file: the key itself, or a random one. */
static int load_value(const char *value, struct text *text,
		struct tr_secrets *secrets, char *why)
{
	enum tr_keys result;

	if(value == NULL || *value == '\0') {
		if(getrandom(text->s, RANDOM_LEN, 0) != RANDOM_LEN) {
			snprintf(why, TR_KEY_WHY_MAX, "no randomness: %s", strerror(errno));
			return -1;
		}
		text->len = RANDOM_LEN;
		LM_INFO("flow_key is not set: using a random one, so registrations and"
				" calls made before a restart cannot be followed after it\n");
	} else {
		text->len = strlen(value);
		if(text->len > TR_KEY_FILE_MAX) {
			snprintf(why, TR_KEY_WHY_MAX, "it is over %d characters",
					TR_KEY_FILE_MAX);
			return -1;
		}
		memcpy(text->s, value, text->len);
	}
	result = tr_keys_single((struct tr_view){text->s, text->len}, secrets);
	snprintf(why, TR_KEY_WHY_MAX, "%s", tr_keys_words(result));
	return result == TR_KEYS_OK ? 0 : -1;
}

/* Remembers the file's path. 1: it is a file, 0: it is none, -1: too long. */
static int find_file(const char *value, char *why)
{
	if(value != NULL && strncmp(value, "file:", 5) == 0) {
		value += 5;
	} else if(value == NULL || *value != '/') {
		return 0;
	}
	if(*value == '\0' || strlen(value) >= sizeof(source.path)) {
		snprintf(why, TR_KEY_WHY_MAX, "the file's name is empty or too long");
		return -1;
	}
	memcpy(source.path, value, strlen(value) + 1);
	return 1;
}

/* before: the keys until now, or NULL. 0 or -1. */
static int derive(struct tr_key_set *set, const struct tr_secrets *secrets,
		const struct tr_flow_keys *flow, const struct tr_callid_keys *before)
{
	if(tr_flow_init(
			   &set->flow, secrets, &flow->edge, flow->epoch, flow->lifetime)
			!= 0) {
		return -1;
	}
	tr_via_init(&set->via, secrets, flow->epoch);
	tr_callid_init(&set->callid, secrets, before);
	return 0;
}

static void facts_of(const struct tr_key_set *set, struct tr_key_facts *facts)
{
	facts->keys = set->flow.n;
	facts->making = set->flow.id[0];
	facts->call_ids = set->callid.id[set->callid.making];
}

int tr_key_init(char *value, const struct tr_edge_addr *edge, uint32_t lifetime)
{
	struct tr_flow_keys flow = {.edge = *edge, .lifetime = lifetime};
	struct text text = {.len = 0};
	struct tr_secrets secrets;
	struct tr_key_set set;
	char why[TR_KEY_WHY_MAX] = "no randomness for the epoch";
	int file = find_file(value, why);
	int rc = -1;

	if(file >= 0
			&& getrandom(&flow.epoch, sizeof(flow.epoch), 0)
					   == sizeof(flow.epoch)) {
		rc = file ? load_file(&text, &secrets, why)
				  : load_value(value, &text, &secrets, why);
	}
	if(rc != 0) {
		LM_ERR("flow_key: %s\n", why);
	} else if((rc = derive(&set, &secrets, &flow, NULL)) == 0) {
		rc = tr_key_store_init(&set);
	}
	OPENSSL_cleanse(&text, sizeof(text));
	OPENSSL_cleanse(&set, sizeof(set));
	if(value != NULL && file == 0) {
		OPENSSL_cleanse(value, strlen(value));
	}
	return rc;
}

int tr_key_again(struct tr_key_facts *facts, char why[TR_KEY_WHY_MAX])
{
	const struct tr_key_set *now = tr_key_now();
	struct text text = {.len = 0};
	struct tr_secrets secrets;
	struct tr_key_set set;
	int rc;

	if(source.path[0] == '\0') {
		return -2;
	}
	rc = load_file(&text, &secrets, why);
	if(rc == 0) {
		rc = derive(&set, &secrets, &now->flow, &now->callid);
	}
	if(rc == 0) {
		tr_key_store_put(&set);
		facts_of(&set, facts);
		LM_NOTICE("flow_key was read again: key %04x of %u makes tokens\n",
				facts->making, facts->keys);
	}
	OPENSSL_cleanse(&text, sizeof(text));
	OPENSSL_cleanse(&set, sizeof(set));
	return rc;
}

void tr_key_destroy(void)
{
	tr_key_store_destroy();
}
