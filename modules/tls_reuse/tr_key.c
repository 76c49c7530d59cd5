/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the secret that this edge signs its tokens with? */
#include "tr_key.h"

#include "tr_flow.h"

#include "../../core/dprint.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define RANDOM_LEN 32

static int random_key(char out[TR_KEY_MAX])
{
	if(getrandom(out, RANDOM_LEN, 0) != RANDOM_LEN) {
		LM_ERR("no randomness for the flow key: %s\n", strerror(errno));
		return -1;
	}
	LM_INFO("flow_key is not set: using a random one, so registrations and"
			" calls made before a restart cannot be followed after it\n");
	return RANDOM_LEN;
}

static int check_file(int fd, const char *path)
{
	struct stat st;

	if(fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		LM_ERR("flow_key: %s is not a regular file\n", path);
		return -1;
	}
	if((st.st_mode & (S_IROTH | S_IWOTH)) != 0) {
		LM_ERR("flow_key: everybody may read or write %s: whoever knows the"
			   " key can forge tokens; chmod 0640 it and make a new key\n",
				path);
		return -1;
	}
	if(st.st_size > TR_KEY_MAX) {
		LM_ERR("flow_key: %s is over %d octets: is it the right file?\n", path,
				TR_KEY_MAX);
		return -1;
	}
	return 0;
}

static int read_file(const char *path, char out[TR_KEY_MAX])
{
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if(fd < 0) {
		LM_ERR("flow_key: cannot open %s as this user: %s; make one with:"
			   " openssl rand -hex 32 > FILE, readable for the user that"
			   " Kamailio runs as and nobody else\n",
				path, strerror(errno));
		return -1;
	}
	if(check_file(fd, path) == 0) {
		n = read(fd, out, TR_KEY_MAX);
		if(n < 0) {
			LM_ERR("flow_key: cannot read %s: %s\n", path, strerror(errno));
		}
	}
	close(fd);
	while(n > 0 && strchr("\r\n\t ", out[n - 1]) != NULL) {
		n--;
	}
	return (int)n;
}

int tr_key_load(const char *value, char out[TR_KEY_MAX])
{
	int len;

	if(value == NULL || *value == '\0') {
		return random_key(out);
	}
	if(strncmp(value, "file:", 5) == 0) {
		len = read_file(value + 5, out);
	} else if(*value == '/') {
		len = read_file(value, out);
	} else {
		len = (int)strlen(value);
		if(len > TR_KEY_MAX) {
			LM_ERR("flow_key is over %d characters\n", TR_KEY_MAX);
			return -1;
		}
		memcpy(out, value, (size_t)len);
	}
	if(len >= 0 && len < TR_FLOW_SECRET_MIN) {
		LM_ERR("flow_key has %d octets, at least %d are needed; make one"
			   " with: openssl rand -hex 32\n",
				len, TR_FLOW_SECRET_MIN);
		return -1;
	}
	return len;
}
