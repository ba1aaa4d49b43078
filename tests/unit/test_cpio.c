/* SPDX-License-Identifier: ISC */
#include "roots.h"

#include <fcntl.h>

#include "builder/image/cpio.h"

#define EPOCH 1767225600u /* 2026-01-01T00:00:00Z */

static uint64_t
write_archive(const struct rootfs *rootfs, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct error e = {.text = ""};
	struct stat st;
	uint64_t size;

	assert_true(fd >= 0);
	if (cpio_write(fd, rootfs, EPOCH, &size, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(close(fd), 0);
	return size;
}

static char *
read_all(const char *name, size_t *size)
{
	struct stat st;
	FILE *file = fopen(name, "r");
	char *data;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	data = malloc((size_t)st.st_size + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)st.st_size, file), st.st_size);
	assert_int_equal(fclose(file), 0);
	data[st.st_size] = '\0';
	*size = (size_t)st.st_size;
	return data;
}

static void
run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s: failed", command);
}

/* Bytes that differ from file to file and from page to page. */
static void
write_noise(const char *path, size_t size, unsigned seed)
{
	char *data = malloc(size + 1);

	assert_non_null(data);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)(seed >> 16);
	}
	scratch_bytes(path, data, size);
	free(data);
}

/* Sizes around the packer's buffer, names people use, links of both kinds. */
static void
make_root(struct rootfs *rootfs)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 4095, 4096, 262033, 262034, 262143,
		262144, 262145, 524288, 700001};

	rootfs_init(rootfs);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char source[64], path[64];

		snprintf(source, sizeof(source), "host/%zu", sizes[i]);
		snprintf(path, sizeof(path), "/data/size-%zu", sizes[i]);
		write_noise(source, sizes[i], (unsigned)i + 1);
		roots_source(rootfs, path, 0640, source);
	}
	roots_text(rootfs, "/bin/app", 0755, "the same bytes");
	roots_text(rootfs, "/bin/other", 0755, "the same bytes");
	roots_text(rootfs, "/sbin/app", 0755, "the same bytes");
	roots_text(rootfs, "/etc/app.conf", 0644, "the same bytes"); /* another mode */
	roots_text(rootfs, "/etc/empty", 0644, "");
	roots_text(rootfs, "/etc/empty-too", 0644, "");
	roots_bytes(rootfs, "/etc/nul", S_IFREG | 0600, "a\0b", 3);
	roots_text(rootfs, "/with blank/\xc3\xa4 \xe2\x82\xac", 0644, "UTF-8");
	roots_bytes(rootfs, "/var/empty", S_IFDIR | 0700, "", 0);
	roots_link(rootfs, "/bin/sh", "app");
	roots_link(rootfs, "/lib64", "/with blank/\xc3\xa4 \xe2\x82\xac");
	roots_finish(rootfs);
}

/* The file of an extracted tree is what the entry says. */
static void
check_extracted(const struct rootfs_entry *entry, const char *dir)
{
	char path[512], target[512], hash[SHA256_HEX];
	struct stat st;
	size_t size;
	char *data;

	snprintf(path, sizeof(path), "%s%s", dir, entry->path);
	if (lstat(path, &st) < 0)
		fail_msg("%s: not extracted", path);
	assert_int_equal(st.st_mode & S_IFMT, entry->mode & S_IFMT);
	if (S_ISLNK(entry->mode)) {
		assert_int_equal(readlink(path, target, sizeof(target)), entry->size);
		assert_memory_equal(target, entry->data, entry->size);
		return;
	}
	if (st.st_mode != entry->mode)
		fail_msg("%s: mode %o, want %o", path, st.st_mode, entry->mode);
	if (!S_ISREG(entry->mode))
		return;
	assert_int_equal(st.st_size, entry->size);
	assert_int_equal(st.st_mtime, EPOCH);
	data = read_all(path, &size);
	sha256_hex(data, size, hash);
	assert_string_equal(hash, entry->sha256);
	free(data);
}

static ino_t
inode(const char *dir, const char *path, nlink_t links)
{
	char name[512];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", dir, path);
	assert_int_equal(lstat(name, &st), 0);
	assert_int_equal(st.st_nlink, links);
	return st.st_ino;
}

static void
check_tree(const struct rootfs *rootfs, const char *dir)
{
	char command[128], line[64];
	size_t devices = 0;
	FILE *count;
	ino_t app;

	for (size_t i = 0; i < rootfs->count; i++) {
		if (S_ISCHR(rootfs->entry[i].mode))
			devices++; /* only root may make one: see the listings below */
		else
			check_extracted(&rootfs->entry[i], dir);
	}
	snprintf(command, sizeof(command), "find %s -mindepth 1 | wc -l", dir);
	count = popen(command, "r");
	assert_non_null(count);
	assert_non_null(fgets(line, sizeof(line), count));
	pclose(count);
	assert_int_equal(atoi(line), rootfs->count - devices);
	app = inode(dir, "/bin/app", 3);
	assert_true(inode(dir, "/bin/other", 3) == app);
	assert_true(inode(dir, "/sbin/app", 3) == app);
	assert_true(inode(dir, "/etc/app.conf", 1) != app);
	assert_true(inode(dir, "/etc/empty", 1) != inode(dir, "/etc/empty-too", 1));
}

static void
test_write_is_extracted_alike_by_gnu_cpio_and_bsdcpio(void **state)
{
	struct rootfs rootfs;

	(void)state;
	make_root(&rootfs);
	write_archive(&rootfs, "a.cpio");
	run("mkdir gnu && cd gnu && cpio --quiet -i -d -m --no-preserve-owner -f dev/console <../a.cpio");
	check_tree(&rootfs, "gnu");
	run("mkdir bsd && cd bsd && bsdcpio --quiet -i -d -m -R \"$(id -u):$(id -g)\" -f dev/console <../a.cpio");
	check_tree(&rootfs, "bsd");
	rootfs_free(&rootfs);
}

static void
expect_line(const char *command, const char *pattern)
{
	char *whole;
	size_t size;
	char full[512];

	snprintf(full, sizeof(full), "%s <a.cpio >listing", command);
	run(full);
	snprintf(full, sizeof(full), "grep -Eq '%s' listing", pattern);
	if (system(full) != 0) {
		whole = read_all("listing", &size);
		fail_msg("%s: no line %s in:\n%s", command, pattern, whole);
	}
}

static void
test_write_owner_and_device_are_listed_alike(void **state)
{
	char path[] = "/home/u", data[] = "mine";
	struct rootfs_entry owned = {.path = path,
		.mode = S_IFREG | 0600,
		.uid = 1000,
		.gid = 70000,
		.data = data,
		.size = 4};
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	assert_int_equal(rootfs_add(&rootfs, &owned, &e), 0);
	roots_finish(&rootfs);
	write_archive(&rootfs, "a.cpio");
	expect_line("cpio --quiet -itvn",
		"^-rw------- +1 1000 +70000 +4 Jan +1 +2026 home/u$");
	expect_line("cpio --quiet -itvn", "^crw------- +1 0 +0 +5, +1 .* dev/console$");
	expect_line("cpio --quiet -itvn", "^drwxrwxrwt +2 0 +0 +0 .* tmp$");
	expect_line("bsdcpio --quiet -itvn",
		"^-rw------- +1 1000 +70000 +4 Jan +1 +2026 home/u$");
	expect_line("bsdcpio --quiet -itvn", "^crw------- +1 0 +0 +5,1 .* dev/console$");
	rootfs_free(&rootfs);
}

/* The n-th number of a header. */
static unsigned long
word(const char *header, size_t n)
{
	char digits[9] = "";

	memcpy(digits, header + 6 + 8 * n, 8);
	return strtoul(digits, NULL, 16);
}

/* What init/initramfs.c goes by: alignment, inodes, and the bytes with the last name. */
static void
test_write_layout_is_what_the_kernel_reads(void **state)
{
	const char *name = "";
	struct rootfs rootfs;
	size_t size, at = 0, count = 0, bodies = 0;
	char *data;

	(void)state;
	make_root(&rootfs);
	write_archive(&rootfs, "a.cpio");
	data = read_all("a.cpio", &size);
	while (strcmp(name, "TRAILER!!!") != 0) {
		unsigned long body, length, links;

		assert_true(at % 4 == 0 && at + 110 < size);
		assert_memory_equal(data + at, "070701", 6);
		body = word(data + at, 6);
		length = word(data + at, 11);
		links = word(data + at, 4);
		name = data + at + 110;
		assert_int_equal(length, strlen(name) + 1);
		assert_int_equal(word(data + at, 12), 0); /* no checksum */
		if (count < rootfs.count) {
			assert_string_equal(name, rootfs.entry[count].path + 1);
			assert_int_equal(word(data + at, 1), rootfs.entry[count].mode);
			assert_int_equal(word(data + at, 5), EPOCH);
		}
		if (links == 3) {
			bool last = strcmp(name, "sbin/app") == 0;

			assert_int_equal(body, last ? strlen("the same bytes") : 0);
			bodies += body > 0;
		} else if (count < rootfs.count) {
			assert_int_equal(word(data + at, 0), count + 1);
		}
		at += (110 + length + 3) / 4 * 4;
		at += (body + 3) / 4 * 4;
		count++;
	}
	assert_int_equal(count, rootfs.count + 1);
	assert_int_equal(bodies, 1);
	assert_int_equal(at, size); /* nothing behind the trailer */
	free(data);
	rootfs_free(&rootfs);
}

static void
test_write_twice_gives_equal_bytes_whatever_the_order(void **state)
{
	static const char *const paths[] = {"/b", "/a", "/c/d", "/c/b"};
	struct rootfs rootfs;
	size_t size[2];
	char *data[2];

	(void)state;
	for (size_t pass = 0; pass < 2; pass++) {
		rootfs_init(&rootfs);
		for (size_t i = 0; i < 4; i++) {
			const char *path = paths[pass == 0 ? i : 3 - i];

			roots_text(&rootfs, path, 0644, path + (path[1] == 'c'));
		}
		roots_finish(&rootfs);
		write_archive(&rootfs, "a.cpio");
		data[pass] = read_all("a.cpio", &size[pass]);
		rootfs_free(&rootfs);
	}
	assert_int_equal(size[0], size[1]);
	assert_memory_equal(data[0], data[1], size[0]);
	free(data[0]);
	free(data[1]);
}

static void
test_write_four_thousand_files_all_come_back(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	for (unsigned i = 0; i < 4000; i++) {
		char path[64], text[64];

		snprintf(path, sizeof(path), "/d%u/e%u/file%u", i % 7, i % 40, i);
		snprintf(text, sizeof(text), "%u", i / 2); /* pairs */
		roots_text(&rootfs, path, 0644, text);
	}
	roots_finish(&rootfs);
	write_archive(&rootfs, "a.cpio");
	for (size_t i = 0; i < 2; i++) {
		char command[512];

		snprintf(command, sizeof(command),
			"rm -rf many && mkdir many && cd many && "
			"%s --quiet -i -d -f dev/console <../a.cpio && "
			"test $(find . -type f -links 2 | wc -l) = 4000 && "
			"test $(find . -type f -printf '%%i\\n' | sort -u | wc -l) = 2000 && "
			"test $(cat d0/e0/file0) = 0 && test $(cat d1/e39/file3319) = 1659",
			i == 0 ? "cpio" : "bsdcpio");
		run(command);
	}
	rootfs_free(&rootfs);
}

static void
refused(const struct rootfs *rootfs, const char *to, int code, const char *message)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	struct error e = {.text = ""};
	uint64_t size;

	assert_true(fd >= 0);
	assert_int_equal(cpio_write(fd, rootfs, EPOCH, &size, &e), -code);
	assert_string_equal(e.text, message);
	close(fd);
}

static void
test_write_source_that_changed_is_refused(void **state)
{
	struct rootfs rootfs;

	(void)state;
	scratch_write("changing", "12345678");
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/x", 0644, "changing");
	roots_finish(&rootfs);
	scratch_write("changing", "1234567");
	refused(&rootfs, "b.cpio", ESTALE,
		"/x: changing is no longer 8 bytes: it changed during the build, run it again");
	scratch_write("changing", "123456789");
	refused(&rootfs, "b.cpio", ESTALE,
		"/x: changing is no longer 8 bytes: it changed during the build, run it again");
	assert_int_equal(unlink("changing"), 0);
	refused(&rootfs, "b.cpio", ENOENT,
		"/x: reading changing: No such file or directory");
	rootfs_free(&rootfs);
}

static void
test_write_file_over_4_gib_is_refused(void **state)
{
	char path[] = "/huge", source[] = "huge";
	struct rootfs_entry huge = {.path = path,
		.mode = S_IFREG | 0644,
		.source = source,
		.size = 1ull << 32};
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	memset(huge.sha256, 'a', SHA256_HEX - 1);
	scratch_write("huge", "");
	rootfs_init(&rootfs);
	assert_int_equal(rootfs_add(&rootfs, &huge, &e), 0);
	roots_finish(&rootfs);
	refused(&rootfs, "b.cpio", EFBIG,
		"/huge: 4294967296 bytes: a newc archive holds no file over 4 GiB");
	rootfs_free(&rootfs);
}

static void
test_write_full_disk_is_reported(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_finish(&rootfs);
	refused(&rootfs, "/dev/full", ENOSPC,
		"writing the cpio: No space left on device");
	rootfs_free(&rootfs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_is_extracted_alike_by_gnu_cpio_and_bsdcpio),
		cmocka_unit_test(test_write_owner_and_device_are_listed_alike),
		cmocka_unit_test(test_write_layout_is_what_the_kernel_reads),
		cmocka_unit_test(test_write_twice_gives_equal_bytes_whatever_the_order),
		cmocka_unit_test(test_write_four_thousand_files_all_come_back),
		cmocka_unit_test(test_write_source_that_changed_is_refused),
		cmocka_unit_test(test_write_file_over_4_gib_is_refused),
		cmocka_unit_test(test_write_full_disk_is_reported),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
