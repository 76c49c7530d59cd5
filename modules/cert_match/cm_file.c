/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in this file? */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "cm_file.h"

static int cm_fail(struct cm_file *file, int ret, const char *why)
{
	file->bytes = NULL;
	file->len = 0;
	file->why = why;
	return ret;
}

/* Read up to size octets. How many, or -1 with errno. */
static ssize_t cm_read_all(int fd, uint8_t *buf, size_t size)
{
	size_t used = 0;
	ssize_t n = 1;

	while(used < size && n != 0) {
		n = read(fd, buf + used, size - used);
		if(n < 0 && errno != EINTR)
			return -1;
		if(n > 0)
			used += (size_t)n;
	}
	return (ssize_t)used;
}

static int cm_read_file(int fd, size_t len, struct cm_file *file)
{
	/* one more octet, to notice that it grew */
	size_t size = len + 1;
	uint8_t *buf = OPENSSL_malloc(size);
	ssize_t n = buf ? cm_read_all(fd, buf, size) : -1;

	if(!buf)
		return cm_fail(file, -1, strerror(ENOMEM));
	if(n >= 0 && (size_t)n == len) {
		file->bytes = buf;
		file->len = len;
		file->why = "";
		return 0;
	}
	cm_fail(file, -1, n < 0 ? strerror(errno) : "being written");
	OPENSSL_clear_free(buf, size);
	return -1;
}

static int cm_read_fd(int fd, struct cm_file *file)
{
	struct stat st;

	if(fstat(fd, &st) < 0)
		return cm_fail(file, -1, strerror(errno));
	if(!S_ISREG(st.st_mode))
		return cm_fail(file, -2, "no regular file");
	if(st.st_size > CM_FILE_MAX)
		return cm_fail(file, -1, "larger than 1 MB");
	return cm_read_file(fd, (size_t)st.st_size, file);
}

int cm_file_read(const char *path, struct cm_file *file)
{
	/* a FIFO without a writer does not stop us here */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), ret;

	if(fd < 0)
		return cm_fail(file, -1, strerror(errno));
	ret = cm_read_fd(fd, file);
	close(fd);
	return ret;
}

void cm_file_wipe(struct cm_file *file)
{
	OPENSSL_clear_free(file->bytes, file->len + 1);
	file->bytes = NULL;
	file->len = 0;
}
