/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target over the files named on the command line: does any
 * input that once was interesting break it today? */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;
	int ok;

	if(file == NULL || fseek(file, 0, SEEK_END) != 0
			|| (size = ftell(file)) < 0) {
		perror(path);
		return -1;
	}
	rewind(file);
	/* exactly as large as the input, so that a read past it is seen */
	data = malloc(size > 0 ? (size_t)size : 1);
	ok = data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size;
	if(ok)
		LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	fclose(file);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	int i;

	if(argc < 2) {
		fprintf(stderr, "usage: %s FILE...\n", argv[0]);
		return 2;
	}
	for(i = 1; i < argc; i++) {
		if(replay(argv[i]) != 0)
			return 1;
	}
	printf("%d inputs replayed\n", argc - 1);
	return 0;
}
