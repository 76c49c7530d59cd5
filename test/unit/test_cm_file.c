/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in this file, and what is left of it in memory? The files are in
 * memory themselves, and named as /proc has them; all but a FIFO. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "../../modules/cert_match/cm_file.h"
#include "../../modules/cert_match/cm_pem.h"
#include "../../modules/cert_match/cm_watch.h"
#include "test_cm_cert.h"

/* --- OpenSSL's memory, watched ---------------------------------------------- */

#define SECRET "SECRETSECRET"
#define SECRET_BASE64 "U0VDUkVUU0VDUkVU"

struct memory {
	unsigned left; /* blocks that were freed with the secret in them */
	size_t most;   /* 0: whatever is asked for, else no larger block */
};

static struct memory memory;

static void *get(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory.most && size > memory.most ? NULL : malloc(size);
}

static void put(void *block, const char *file, int line)
{
	size_t size = block ? malloc_usable_size(block) : 0;

	(void)file;
	(void)line;
	if(size > 0
			&& (memmem(block, size, SECRET, strlen(SECRET))
					|| memmem(
							block, size, SECRET_BASE64, strlen(SECRET_BASE64))))
		memory.left++;
	free(block);
}

static void *get_more(void *block, size_t size, const char *file, int line)
{
	size_t had = block ? malloc_usable_size(block) : 0;
	void *more = get(size, file, line);

	if(!more)
		return NULL;
	if(had > 0)
		memcpy(more, block, had < size ? had : size);
	put(block, file, line);
	return more;
}

/* --- files ------------------------------------------------------------------ */

struct place {
	int fd;
	char path[40];
};

static struct place file_of(const void *bytes, size_t len)
{
	struct place p = {.fd = memfd_create("test", MFD_CLOEXEC)};

	assert_true(p.fd >= 0);
	assert_int_equal(write(p.fd, bytes, len), len);
	snprintf(p.path, sizeof(p.path), "/proc/self/fd/%d", p.fd);
	return p;
}

/* Nothing but zeros. */
static struct place file_of_size(size_t len)
{
	struct place p = file_of("", 0);

	assert_int_equal(ftruncate(p.fd, (off_t)len), 0);
	return p;
}

/* A FIFO, and nobody will ever write to it: whoever opens it waits, and is
 * ended. It lies in a directory of its own. */
struct fifo {
	char dir[24], path[32];
};

static struct fifo fifo(void)
{
	struct fifo f = {"/tmp/cm_file.XXXXXX", ""};

	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/fifo", f.dir);
	assert_int_equal(mkfifo(f.path, 0600), 0);
	alarm(10);
	return f;
}

static void fifo_end(const struct fifo *f)
{
	alarm(0);
	unlink(f->path);
	rmdir(f->dir);
}

/* A key, a certificate, a key. */
static struct place file_with_key(X509 *cert)
{
	static const char key[] =
			"-----BEGIN PRIVATE KEY-----\n" SECRET_BASE64 SECRET_BASE64
					SECRET_BASE64 SECRET_BASE64 "\n" SECRET_BASE64
			"\n-----END PRIVATE KEY-----\n";
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, all[4096];
	long len;
	int n;

	PEM_write_bio_X509(bio, cert);
	len = BIO_get_mem_data(bio, &text);
	n = snprintf(all, sizeof(all), "%s%.*s%s", key, (int)len, text, key);
	BIO_free(bio);
	return file_of(all, (size_t)n);
}

/* --- reading ---------------------------------------------------------------- */

static void test_whole(void **state)
{
	static const size_t sizes[] = {0, 1, 4096, CM_FILE_MAX};
	struct cm_file file;
	struct place p;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = file_of_size(sizes[i]);
		assert_int_equal(cm_file_read(p.path, &file), 0);
		assert_int_equal(file.len, sizes[i]);
		assert_non_null(file.bytes);
		cm_file_wipe(&file);
		assert_null(file.bytes);
		close(p.fd);
	}
	p = file_of("a\0b\n", 4);
	assert_int_equal(cm_file_read(p.path, &file), 0);
	assert_memory_equal(file.bytes, "a\0b\n", 4);
	cm_file_wipe(&file);
	close(p.fd);
}

static int refuses(
		const char *says, const char *path, int want, const char *why)
{
	struct cm_file file = {.bytes = (uint8_t *)"x", .len = 1};
	int got = cm_file_read(path, &file);

	if(got == want && strcmp(file.why, why) == 0 && !file.bytes
			&& file.len == 0)
		return 0;
	print_error("%s: want %d \"%s\", got %d \"%s\"\n", says, want, why, got,
			file.why);
	return 1;
}

static void test_refused(void **state)
{
	struct fifo queue = fifo();
	struct place large = file_of_size(CM_FILE_MAX + 1);
	struct place some = file_of_size(200000);
	const struct {
		const char *says, *path;
		int want;
		const char *why;
	} rows[] = {
			{"nothing is there", "/nonexistent", -1,
					"No such file or directory"},
			{"a FIFO without a writer", queue.path, -2, "no regular file"},
			{"a directory", "/proc", -2, "no regular file"},
			{"a device that never ends", "/dev/zero", -2, "no regular file"},
			{"one octet more than is read", large.path, -1, "larger than 1 MB"},
			{"more is in it than it said", "/proc/self/status", -1,
					"being written"},
			{"it cannot be read", "/proc/self/mem", -1, "Input/output error"},
	};
	size_t i;
	int bad = 0;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad += refuses(rows[i].says, rows[i].path, rows[i].want, rows[i].why);
	memory.most = 100000;
	bad += refuses("no memory", some.path, -1, "Cannot allocate memory");
	memory.most = 0;
	fifo_end(&queue);
	assert_int_equal(bad, 0);
	close(large.fd);
	close(some.fd);
}

/* --- what is left ----------------------------------------------------------- */

static void test_wiped(void **state)
{
	struct place p = file_of(SECRET, strlen(SECRET));
	struct cm_file file;

	(void)state;
	memory.left = 0;
	assert_int_equal(cm_file_read(p.path, &file), 0);
	cm_file_wipe(&file);
	assert_int_equal(memory.left, 0);
	close(p.fd);
}

static void count(void *arg, struct cm_date *date)
{
	(void)date;
	++*(unsigned *)arg;
}

static void no_problem(void *arg, const char *path, const char *why, int unread)
{
	(void)arg;
	(void)unread;
	fail_msg("%s: %s", path, why);
}

/* The file holds a key beside the certificate: not a line of it is left, nor
 * what the lines say. */
static void test_no_key_is_left(void **state)
{
	X509 *cert = test_cert(NULL, NULL);
	struct place p = file_with_key(cert);
	unsigned found = 0;
	const struct cm_watch_sink sink = {count, no_problem, &found};
	const char *why = "";
	uint8_t *der = NULL;
	size_t len = 0;

	(void)state;
	memory.left = 0;
	assert_int_equal(cm_pem_load(p.path, &der, &len, &why), 0);
	assert_int_equal(len, i2d_X509(cert, NULL));
	assert_int_equal(memory.left, 0);
	assert_int_equal(cm_watch_read(p.path, &sink), 0);
	assert_int_equal(found, 1);
	assert_int_equal(memory.left, 0);
	OPENSSL_free(der);
	X509_free(cert);
	close(p.fd);
}

static void test_no_certificate(void **state)
{
	struct place p = file_of("no certificate\n", 15);
	struct fifo queue = fifo();
	const char *why = "";
	uint8_t *der = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(cm_pem_load(p.path, &der, &len, &why), -2);
	assert_null(der);
	assert_int_equal(cm_pem_load(queue.path, &der, &len, &why), -1);
	fifo_end(&queue);
	assert_string_equal(why, "no regular file");
	close(p.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_whole),
			cmocka_unit_test(test_refused),
			cmocka_unit_test(test_wiped),
			cmocka_unit_test(test_no_key_is_left),
			cmocka_unit_test(test_no_certificate),
	};

	/* before OpenSSL has any memory */
	if(CRYPTO_set_mem_functions(get, get_more, put) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
