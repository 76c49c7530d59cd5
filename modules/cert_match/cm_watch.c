/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates lie at this path? */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cm_file.h"
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

static int cm_is_printable(const char *text)
{
	for(; *text; text++)
		if((unsigned char)*text < ' ' || *text == 0x7f)
			return 0;
	return 1;
}

int cm_watch_path_ok(const char *path)
{
	return path[0] == '/' && strnlen(path, CM_DATE_PLACE) < CM_DATE_PLACE
		   && cm_is_printable(path);
}

static void cm_watch_cert(void *arg, struct cm_date *date)
{
	struct cm_watched *w = arg;

	snprintf(date->place, sizeof(date->place), "%s", w->path);
	w->sink->cert(w->sink->arg, date);
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

static int cm_watch_file(const struct cm_watch_sink *sink, const char *path)
{
	const struct cm_watched w = {sink, path};
	struct cm_pemfile found;
	struct cm_file file;
	int ret = cm_file_read(path, &file);

	if(ret < 0) {
		cm_watch_problem(&w, file.why, ret == -1);
		return -1;
	}
	cm_pemfile_read(file.bytes, file.len, &found, cm_watch_cert, (void *)&w);
	cm_file_wipe(&file);
	return cm_judge(&w, &found);
}

static int cm_has_ending(const struct dirent *entry)
{
	static const char *const endings[] = {".pem", ".crt", ".cer"};
	size_t len = strlen(entry->d_name), i;

	if(len <= 4 || entry->d_name[0] == '.' || !cm_is_printable(entry->d_name))
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
