/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>

#include "builder/source/deb.h"

/* One entry of a package's data.tar. */
struct item {
	const char *path;
	mode_t type, mode;
	const char *data; /* or the link's target */
	bool hard;
};

static void
add_entry(struct archive *a, const struct item *item)
{
	struct archive_entry *entry = archive_entry_new();
	size_t size = item->type == AE_IFREG && !item->hard ? strlen(item->data) : 0;

	archive_entry_set_pathname(entry, item->path);
	archive_entry_set_filetype(entry, item->type);
	archive_entry_set_perm(entry, item->mode);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (item->hard)
		archive_entry_set_hardlink(entry, item->data);
	else if (item->type == AE_IFLNK)
		archive_entry_set_symlink(entry, item->data);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	if (size)
		assert_int_equal(
			archive_write_data(a, item->data, size), (la_ssize_t)size);
	archive_entry_free(entry);
}

static size_t
make_tar(char *buffer, size_t room, const struct item *item, size_t count)
{
	struct archive *a = archive_write_new();
	size_t used;

	archive_write_set_format_gnutar(a);
	archive_write_add_filter_gzip(a);
	assert_int_equal(archive_write_open_memory(a, buffer, room, &used), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++)
		add_entry(a, &item[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return used;
}

/* package.deb with one member of that name holding the items. */
static void
make_deb(const char *member, const struct item *item, size_t count)
{
	static char tar[1 << 16];
	size_t size = make_tar(tar, sizeof tar, item, count);
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_ar_bsd(a);
	assert_int_equal(archive_write_open_filename(a, "package.deb"), ARCHIVE_OK);
	archive_entry_set_pathname(entry, member);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)size);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, tar, size), (la_ssize_t)size);
	archive_entry_free(entry);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static int
unpack(const struct item *item, size_t count, struct error *e)
{
	int rc;

	e->text[0] = '\0';
	make_deb("data.tar.gz", item, count);
	assert_int_equal(system("rm -rf root && mkdir root"), 0);
	assert_int_equal(chdir("root"), 0);
	rc = deb_unpack("../package.deb", e);
	assert_int_equal(chdir(".."), 0);
	return rc;
}

static void
test_deb_unpacked_merged_without_owners_and_setuid(void **state)
{
	static const struct item items[] = {
		{"./", AE_IFDIR, 0755, NULL, false},
		{"./bin/", AE_IFDIR, 0700, NULL, false},
		{"./bin/su", AE_IFREG, 04755, "su", false},
		{"./bin/data", AE_IFREG, 0600, "data", false},
		{"./bin/also", AE_IFREG, 04755, "./bin/su", true},
		{"./usr/bin/link", AE_IFLNK, 0777, "/etc/alternatives/x", false},
		{"./usr/share/doc/x/copyright", AE_IFREG, 0644, "text", false},
		{"./var/lib/x", AE_IFREG, 0644, "x", false},
	};
	struct stat st, other;
	struct error e;
	char target[64] = "";

	(void)state;
	assert_int_equal(unpack(items, sizeof items / sizeof items[0], &e), 0);
	assert_int_equal(stat("root/usr/bin", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat("root/usr/bin/su", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat("root/usr/bin/also", &other), 0);
	assert_int_equal(st.st_ino, other.st_ino);
	assert_int_equal(stat("root/usr/bin/data", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(readlink("root/usr/bin/link", target, sizeof target - 1), 19);
	assert_string_equal(target, "/etc/alternatives/x");
	assert_int_equal(access("root/usr/share", F_OK), -1);
	assert_int_equal(access("root/var", F_OK), -1);
	assert_int_equal(access("root/bin", F_OK), -1);
}

static void
test_deb_hostile_entry_refused(void **state)
{
	static const struct {
		struct item item;
		const char *why;
	} cases[] = {
		{{"./usr/null", AE_IFCHR, 0666, NULL, false},
			"../package.deb: ./usr/null is neither file, folder nor link"},
		{{"./usr/fifo", AE_IFIFO, 0666, NULL, false},
			"../package.deb: ./usr/fifo is neither file, folder nor link"},
		{{"./usr/hard", AE_IFREG, 0644, "./root/.ssh/id", true},
			"../package.deb: ./usr/hard is a link to what is left out"},
		{{"./usr/../../out", AE_IFREG, 0644, "x", false},
			"../package.deb: usr/../../out: Path contains '..'"},
	};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(unpack(&cases[i].item, 1, &e) < 0);
		assert_string_equal(e.text, cases[i].why);
	}
	assert_int_equal(access("out", F_OK), -1);
}

static void
test_deb_link_as_folder_never_left(void **state)
{
	static const struct item items[] = {
		{"./usr/away", AE_IFLNK, 0777, "../..", false},
		{"./usr/away/escaped", AE_IFREG, 0644, "x", false},
	};
	struct error e;

	(void)state;
	/* Refused, or the link gives way to a folder: nothing appears outside. */
	(void)unpack(items, 2, &e);
	assert_int_equal(access("escaped", F_OK), -1);
	assert_int_equal(access("../escaped", F_OK), -1);
}

static void
test_deb_broken_package_refused(void **state)
{
	static const struct item item = {"./usr/x", AE_IFREG, 0644, "x", false};
	struct error e = {""};
	int fd;

	(void)state;
	make_deb("control.tar.gz", &item, 1);
	assert_true(deb_unpack("package.deb", &e) < 0);
	assert_string_equal(
		e.text, "package.deb: not a Debian package: no data.tar in it");
	make_deb("data.tar.gz", &item, 1);
	fd = open("package.deb", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 120), 0);
	close(fd);
	assert_true(deb_unpack("package.deb", &e) < 0);
	assert_true(strncmp(e.text, "package.deb: ", 13) == 0);
	assert_true(deb_unpack("missing.deb", &e) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deb_unpacked_merged_without_owners_and_setuid),
		cmocka_unit_test(test_deb_hostile_entry_refused),
		cmocka_unit_test(test_deb_link_as_folder_never_left),
		cmocka_unit_test(test_deb_broken_package_refused),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
