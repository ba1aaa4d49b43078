/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/source/stamp.h"
#include "builder/source/unpack.h"
#include "lib/error.h"
#include "lib/strlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char dir[] = "/tmp/ingot-fuzz-XXXXXX";
static char in[64], out[64], victim[64];

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
leave(void)
{
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(dir))
		abort();
	(void)snprintf(in, sizeof(in), "%s/archive", dir);
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	(void)snprintf(victim, sizeof(victim), "%s/victim", dir);
	if (mkdir(victim, 0755) < 0)
		abort();
	atexit(leave);
	return 0;
}

/* What was taken is plain: files, folders, links that stay inside, no set-id bits. */
static int
check(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char target[4096];
	ssize_t n;

	(void)ftw;
	if (type == FTW_NS || type == FTW_DNR)
		abort();
	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			abort();
		target[n] = '\0';
		if (!unpack_link_inside(path + strlen(out) + 1, target))
			abort();
	} else if (S_ISDIR(st->st_mode)
			   ? (st->st_mode & 07777) != 0755
			   : !S_ISREG(st->st_mode) ||
				     ((st->st_mode & 07777) != 0755 &&
					     (st->st_mode & 07777) != 0644)) {
		abort();
	}
	if (st->st_mtim.tv_sec != STAMP_EPOCH)
		abort();
	return 0;
}

/* Only the archive, out and victim stand here, and victim is empty. */
static void
check_outside(void)
{
	DIR *folder = opendir(dir);
	unsigned count = 0;

	if (!folder)
		abort();
	while (readdir(folder))
		count++;
	closedir(folder);
	if (count != 5 || rmdir(victim) < 0 || mkdir(victim, 0755) < 0)
		abort();
}

struct input {
	const uint8_t *at;
	size_t left;
};

/* Takes a length byte and so many bytes into a field of a header. */
static void
take(struct input *input, uint8_t *field, size_t room)
{
	size_t size = input->left ? *input->at++ : 0;

	input->left -= input->left > 0;
	size = size > room ? room : size;
	size = size > input->left ? input->left : size;
	memcpy(field, input->at, size);
	input->at += size;
	input->left -= size;
}

/* A ustar header (POSIX pax, "ustar Interchange Format"): name, type, target and size as
 * told. */
static int
put_entry(FILE *file, struct input *input)
{
	uint8_t block[512] = {0}, text[512] = {0};
	unsigned sum = 0, size = 0;

	block[156] = (uint8_t)('0' + *input->at % 8);
	memcpy(block + 100, *input->at & 8 ? "0004755" : "0000644", 8);
	input->at++;
	input->left--;
	take(input, block, 100);
	take(input, block + 157, 100);
	if (block[156] == '0') {
		take(input, text, sizeof(text));
		size = (unsigned)strlen((char *)text);
	}
	memcpy(block + 257,
		"ustar\0"
		"00",
		8);
	memset(block + 148, ' ', 8);
	(void)snprintf((char *)block + 124, 12, "%011o", size);
	for (int i = 0; i < 512; i++)
		sum += block[i];
	(void)snprintf((char *)block + 148, 8, "%06o", sum);
	return fwrite(block, sizeof(block), 1, file) == 1 &&
	       (size == 0 || fwrite(text, sizeof(text), 1, file) == 1);
}

/* Bytes as they come, or as a description of entries whose headers hold. */
static void
write_archive(struct input input, int described)
{
	FILE *file = fopen(in, "w");

	if (!file)
		abort();
	while (described && input.left)
		if (!put_entry(file, &input))
			abort();
	if (fwrite(input.at, 1, input.left, file) != input.left || fclose(file) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char pattern[] = "?*/a*", *patterns[] = {pattern};
	static const struct strlist only = {patterns, 1};
	struct error e = {.text = ""};
	int r;

	if (size == 0)
		return -1;
	write_archive((struct input){data + 1, size - 1}, data[0] & 2);
	if (mkdir(out, 0755) < 0)
		abort();
	r = unpack_archive(in, out, data[0] & 1, data[0] & 4 ? &only : NULL, &e);
	if (r < 0 ? !*e.text : nftw(out, check, 16, FTW_PHYS) != 0)
		abort();
	check_outside();
	if (nftw(out, drop, 16, FTW_DEPTH | FTW_PHYS) != 0)
		abort();
	return 0;
}
