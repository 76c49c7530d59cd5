/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates lie at this path? */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "cm_pemfile.h"
#include "cm_watch.h"

struct cm_watched {
	const struct cm_watch_sink *sink;
	const char *path; /* of the file */
};

static void cm_watch_problem(
		const struct cm_watched *w, const char *why, int unread)
{
	w->sink->problem(w->sink->arg, w->path, why, unread);
}

static int cm_printable(const char *text)
{
	for(; *text; text++)
		if((unsigned char)*text < ' ' || *text == 0x7f)
			return 0;
	return 1;
}

int cm_watch_path_ok(const char *path)
{
	return path[0] == '/' && strnlen(path, CM_DATE_PLACE) < CM_DATE_PLACE
		   && cm_printable(path);
}

static void cm_watch_cert(void *arg, struct cm_date *date)
{
	struct cm_watched *w = arg;

	snprintf(date->place, sizeof(date->place), "%s", w->path);
	w->sink->cert(w->sink->arg, date);
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

/* 0 if there was a certificate, or -1 */
static int cm_judge(const struct cm_watched *w, const struct cm_pemfile *found)
{
	char why[80];

	if(found->further) {
		snprintf(why, sizeof(why),
				"holds %u certificates more than the %d "
				"that are looked at",
				found->further, CM_PEMFILE_CERTS);
		cm_watch_problem(w, why, 0);
	}
	if(found->broken) {
		snprintf(why, sizeof(why), "%u of its certificates cannot be read",
				found->broken);
		cm_watch_problem(w, why, 1);
	} else if(!found->certs) {
		cm_watch_problem(w,
				found->keys ? "holds a private key and no certificate"
							: "holds no certificate",
				0);
	}
	return found->certs ? 0 : -1;
}

static int cm_watch_open(const struct cm_watched *w, int fd, size_t size)
{
	struct cm_pemfile found;
	/* one more octet, to notice that it grew */
	uint8_t *buf = OPENSSL_malloc(size + 1);
	ssize_t n = buf ? cm_read_all(fd, buf, size + 1) : -1;
	int ret = -1;

	if(!buf) {
		cm_watch_problem(w, strerror(ENOMEM), 1);
	} else if(n < 0) {
		cm_watch_problem(w, strerror(errno), 1);
	} else if((size_t)n != size) {
		cm_watch_problem(w, "is being written", 1);
	} else {
		cm_pemfile_read(buf, size, &found, cm_watch_cert, (void *)w);
		ret = cm_judge(w, &found);
	}
	/* there may be a private key in it */
	OPENSSL_clear_free(buf, size + 1);
	return ret;
}

static int cm_watch_file(const struct cm_watch_sink *sink, const char *path)
{
	const struct cm_watched w = {sink, path};
	struct stat st;
	int ret = -1;
	/* a FIFO without a writer does not stop us here */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if(fd < 0 || fstat(fd, &st) < 0)
		cm_watch_problem(&w, strerror(errno), 1);
	else if(!S_ISREG(st.st_mode))
		cm_watch_problem(&w, "is no file", 0);
	else if(st.st_size > CM_WATCH_OCTETS)
		cm_watch_problem(&w, "is larger than 1 MB", 1);
	else
		ret = cm_watch_open(&w, fd, (size_t)st.st_size);
	if(fd >= 0)
		close(fd);
	return ret;
}

static int cm_has_ending(const struct dirent *entry)
{
	static const char *const endings[] = {".pem", ".crt", ".cer"};
	size_t len = strlen(entry->d_name), i;

	if(len <= 4 || entry->d_name[0] == '.' || !cm_printable(entry->d_name))
		return 0;
	for(i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if(strcmp(entry->d_name + len - 4, endings[i]) == 0)
			return 1;
	return 0;
}

static void cm_watch_entry(const struct cm_watched *dir, const char *name)
{
	char path[CM_DATE_PLACE];
	int n = snprintf(path, sizeof(path), "%s/%s", dir->path, name);

	if(n < 0 || (size_t)n >= sizeof(path))
		cm_watch_problem(dir, "the path of a file in it is too long", 0);
	else
		cm_watch_file(dir->sink, path);
}

static int cm_watch_dir(const struct cm_watch_sink *sink, const char *path)
{
	const struct cm_watched w = {sink, path};
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, cm_has_ending, alphasort), i;

	if(n < 0) {
		cm_watch_problem(&w, strerror(errno), 1);
		return -1;
	}
	if(n == 0)
		cm_watch_problem(&w, "no file in it ends in .pem, .crt or .cer", 0);
	if(n > CM_WATCH_FILES)
		cm_watch_problem(&w,
				"holds too many files: only the first 1000, by "
				"name, are looked at",
				0);
	for(i = 0; i < n; i++) {
		if(i < CM_WATCH_FILES)
			cm_watch_entry(&w, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int cm_watch_read(const char *path, const struct cm_watch_sink *sink)
{
	struct stat st;

	if(stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return cm_watch_dir(sink, path);
	return cm_watch_file(sink, path);
}
