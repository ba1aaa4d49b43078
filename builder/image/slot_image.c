/* SPDX-License-Identifier: ISC */
#include "slot_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/process.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "fat.h"
#include "lib/error.h"
#include "lib/io.h"

/* Of a PE program (Microsoft's PE format), what a signature changes: the checksum, and place
 * and size of the signatures, which stand behind everything else. */
#define PE_AT	     0x3c /* u32: where the head is */
#define PE_CHECKSUM  (24 + 64)
#define PE_SIGNATURE (24 + 112 + 4 * 8) /* of PE32+: the fifth directory, 8 bytes */
#define PE_HEAD	     (PE_SIGNATURE + 8)

struct bytes {
	char *data;
	size_t size;
};

static struct bytes
read_all(const char *path, uint64_t most)
{
	struct bytes bytes;
	struct error e;

	if (io_read_file(AT_FDCWD, path, most, &bytes.data, &bytes.size, &e) < 0)
		die("%s", e.text);
	return bytes;
}

static uint32_t
load32(const char *at)
{
	uint32_t value = 0;

	for (unsigned i = 4; i-- > 0;)
		value = value << 8 | (unsigned char)at[i];
	return value;
}

/* Where the head of the PE program is; 0 if it is none of 64 bits. */
static size_t
find_head(const struct bytes *program)
{
	size_t at;

	if (program->size < PE_AT + 4)
		return 0;
	at = load32(program->data + PE_AT);
	if (at > program->size || program->size - at < PE_HEAD ||
		memcmp(program->data + at, "PE\0\0", 4) != 0 ||
		memcmp(program->data + at + 24, "\x0b\x02", 2) != 0)
		return 0;
	return at;
}

/* The same program, but for signatures. */
static bool
is_same(struct bytes *one, struct bytes *other)
{
	size_t at = find_head(one);
	struct bytes *both[] = {one, other};

	if (one->size < other->size)
		return is_same(other, one);
	if (other->size == 0)
		return false;
	if (at != 0 && find_head(other) == at)
		for (size_t i = 0; i < 2; i++) {
			memset(both[i]->data + at + PE_CHECKSUM, 0, 4);
			memset(both[i]->data + at + PE_SIGNATURE, 0, 8);
		}
	else if (one->size != other->size)
		return false;
	return memcmp(one->data, other->data, other->size) == 0;
}

/* The file in the file system, which fat_write() made: false if it is none of those. */
static bool
read_file_of(
	const char *path, enum fat_place place, struct fat_plan *plan, struct bytes *file)
{
	struct bytes whole = read_all(path, RELEASE_IMAGE_MOST);
	const char *entry;

	/* Its size stands in its folder, right before the file. */
	for (uint64_t at = 4096; at < whole.size && at < whole.size / 2; at += 4096) {
		entry = whole.data + at - 512 + (place == FAT_SLOT ? 32 : 64);
		if (memcmp(entry, place == FAT_SLOT ? "INGOT   EFI" : "BOOTX64 EFI",
			    11) != 0)
			continue;
		fat_plan(plan, place, load32(entry + 28));
		if (plan->file_at != at || plan->size != whole.size)
			break;
		file->size = load32(entry + 28);
		file->data = xmalloc(file->size);
		memcpy(file->data, whole.data + at, file->size);
		free(whole.data);
		return true;
	}
	free(whole.data);
	return false;
}

static void
run(const char *const *argv)
{
	struct error e;
	int status = process_run(argv, NULL, STDERR_FILENO, -1, &e);

	if (status < 0)
		die("%s: apt-get install sbsigntool", e.text);
	if (status > 0)
		die("%s: exited with %d", argv[0], status);
}

/* True if the signer has signed the program in that file. */
static bool
is_signed(const char *file, const struct slot_image_signer *signer)
{
	const char *const argv[] = {
		"sbverify", "--cert", signer->certificate, file, NULL};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
	struct error e;

	status = process_run(argv, NULL, null, null, &e);
	if (status < 0)
		die("%s: apt-get install sbsigntool", e.text);
	close(null);
	return status == 0;
}

/* What is there may stay. */
static bool
is_made(const char *path, const char *kernel, enum fat_place place,
	const struct slot_image_signer *signer)
{
	struct bytes want, have = {0};
	struct fat_plan plan;
	char *file;
	bool good;

	if (access(path, F_OK) < 0 || !read_file_of(path, place, &plan, &have))
		return false;
	file = xasprintf("%s.efi", path);
	if (signer->key) {
		struct error e;

		if (io_replace_file(AT_FDCWD, file, have.data, have.size, 0600, &e) < 0)
			die("%s", e.text);
	}
	good = !signer->key || is_signed(file, signer);
	unlink(file);
	want = read_all(kernel, FAT_FILE_MOST);
	good = good && is_same(&have, &want);
	free(want.data);
	free(have.data);
	free(file);
	return good;
}

/* A file with the kernel as the firmware is to see it: that itself, or a signed copy. */
static char *
sign_kernel(const char *path, const char *kernel, const struct slot_image_signer *signer)
{
	char *file = xasprintf("%s.efi", path);
	const char *const argv[] = {"sbsign", "--key", signer->key, "--cert",
		signer->certificate, "--output", file, kernel, NULL};

	if (!signer->key) {
		free(file);
		return xstrdup(kernel);
	}
	run(argv);
	return file;
}

/* Appears as a whole. */
static void
make(const char *path, const char *kernel, enum fat_place place,
	const struct slot_image_signer *signer)
{
	char *fresh = xasprintf("%s.new", path),
	     *file = sign_kernel(path, kernel, signer);
	int in = open(file, O_RDONLY | O_CLOEXEC), out;
	struct fat_plan plan;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		die("%s: cannot read: %s", file, strerror(errno));
	if (st.st_size < 1 || (uint64_t)st.st_size > FAT_FILE_MOST / 2)
		die("%s: want a kernel of 1 byte to 512 MiB", file);
	out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (out < 0)
		die("%s: cannot create: %s", fresh, strerror(errno));
	fat_plan(&plan, place, (uint64_t)st.st_size);
	fat_write(&plan, out, fresh, in, (uint64_t)st.st_size);
	if (fsync(out) < 0 || close(out) < 0 || rename(fresh, path) < 0)
		die("%s: cannot write: %s", path, strerror(errno));
	close(in);
	if (signer->key)
		unlink(file);
	free(file);
	free(fresh);
}

void
slot_image_make(const char *path, const char *kernel, enum fat_place place,
	const struct slot_image_signer *signer)
{
	if (!is_made(path, kernel, place, signer))
		make(path, kernel, place, signer);
}

void
slot_image_read(const char *path, const char *kernel, enum fat_place place,
	struct release *release)
{
	struct bytes have, want = read_all(kernel, FAT_FILE_MOST);
	struct fat_plan plan;

	if (access(path, F_OK) < 0)
		die("%s: there is none: run `ingot sign`", path);
	if (!read_file_of(path, place, &plan, &have))
		die("%s: is no image of ours for an EFI slot: run `ingot sign`", path);
	if (!is_same(&have, &want))
		die("%s: holds another kernel than %s: run `ingot sign`", path, kernel);
	release->size = plan.size;
	release->kernel_offset = plan.file_at;
	release->kernel_size = have.size;
	free(have.data);
	free(want.data);
}
