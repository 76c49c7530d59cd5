/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_file answers: what is in this file? See sp_file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sp_file.h"

static int complain(struct sp_buf *why, const char *path, const char *words,
		const char *what)
{
	sp_buf_str(why, path);
	sp_buf_str(why, ": ");
	sp_buf_str(why, words);
	sp_buf_str(why, "; expected ");
	sp_buf_str(why, what);
	return -1;
}

static int read_all(int fd, char *p, size_t size)
{
	size_t n = 0;

	while(n < size) {
		ssize_t got = read(fd, p + n, size - n);

		if(got < 0 && errno == EINTR)
			continue;
		if(got <= 0)
			return -1;
		n += (size_t)got;
	}
	return 0;
}

/* Why a file of this kind and size is not read, or NULL. */
static const char *fault(const struct stat *st, size_t max)
{
	if(!S_ISREG(st->st_mode))
		return "not a regular file";
	return (uint64_t)st->st_size > max ? "too large" : NULL;
}

static int read_open(int fd, const char *path, size_t max, const char *what,
		struct sp_text *text, struct sp_buf *why)
{
	const char *wrong;
	struct stat st;
	char *p;

	if(fstat(fd, &st) < 0)
		return complain(why, path, strerror(errno), what);
	wrong = fault(&st, max);
	if(wrong != NULL)
		return complain(why, path, wrong, what);
	p = malloc((size_t)st.st_size + 1);
	if(p == NULL || read_all(fd, p, (size_t)st.st_size) < 0) {
		free(p);
		return complain(why, path, "cannot be read to its end", what);
	}
	text->s = p;
	text->len = (size_t)st.st_size;
	return 0;
}

int sp_file_read(const char *path, size_t max, const char *what,
		struct sp_text *text, struct sp_buf *why)
{
	/* O_NONBLOCK: a FIFO in the file's place must not hang the server. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int ret;

	if(fd < 0)
		return complain(why, path, strerror(errno), what);
	ret = read_open(fd, path, max, what, text, why);
	close(fd);
	return ret;
}
