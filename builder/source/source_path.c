/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/sha256.h"
#include "builder/base/copy.h"
#include "builder/base/say.h"
#include "source.h"
#include "source_path.h"
#include "builder/base/xalloc.h"

/*
 * What of a path source counts: the names below it, what they are, whether a file is
 * executable, and the bytes. Left out, here and when it is copied: .git, and names that
 * end in "~".
 */
bool
source_path_counts(const char *name)
{
	size_t length = strlen(name);

	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strcmp(name, ".git") != 0 && (length == 0 || name[length - 1] != '~');
}

static int
pick(const struct dirent *entry)
{
	return source_path_counts(entry->d_name);
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* TYPE NUL NAME NUL VALUE NUL: no name holds a NUL, so no two trees read alike. */
static void
put(struct sha256 *hash, char type, const char *name, const char *value)
{
	sha256_update(hash, &type, 1);
	sha256_update(hash, "", 1);
	sha256_update(hash, name, strlen(name) + 1);
	sha256_update(hash, value, strlen(value) + 1);
}

static int
put_link(struct sha256 *hash, const char *path, const char *name, struct error *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target - 1);

	if (n < 0)
		return error_set(e, errno, "%s: cannot read: %s", path, strerror(errno));
	target[n] = '\0';
	put(hash, 'l', name, target);
	return 0;
}

static int
put_file(struct sha256 *hash, const char *path, const char *name, mode_t mode,
	struct error *e)
{
	char hex[SHA256_HEX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int r = fd < 0 ? -errno : sha256_fd(fd, hex, NULL);

	if (fd >= 0)
		close(fd);
	if (r < 0)
		return error_set(e, -r, "%s: cannot read: %s", path, strerror(-r));
	put(hash, mode & S_IXUSR ? 'x' : 'f', name, hex);
	return 0;
}

static int put_below(
	struct sha256 *hash, const char *path, const char *name, struct error *e);

static int
put_entry(struct sha256 *hash, const char *path, const char *name, struct error *e)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return error_set(e, errno, "%s: cannot read: %s", path, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return put_link(hash, path, name, e);
	if (S_ISREG(st.st_mode))
		return put_file(hash, path, name, st.st_mode, e);
	if (!S_ISDIR(st.st_mode))
		return error_set(e, EINVAL,
			"%s: a source may hold files, folders and links, not this", path);
	put(hash, 'd', name, "");
	return put_below(hash, path, name, e);
}

static int
put_below(struct sha256 *hash, const char *path, const char *name, struct error *e)
{
	struct dirent **entry;
	int count = scandir(path, &entry, pick, by_bytes);
	int r = 0;

	if (count < 0)
		return error_set(e, errno, "%s: cannot read: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char inner[PATH_MAX], label[PATH_MAX];

		if (r == 0 && (snprintf(inner, sizeof inner, "%s/%s", path,
				       entry[i]->d_name) >= (int)sizeof inner ||
				      snprintf(label, sizeof label, "%s/%s", name,
					      entry[i]->d_name) >= (int)sizeof label))
			r = error_set(e, ENAMETOOLONG, "%s: holds too long a name", path);
		if (r == 0)
			r = put_entry(hash, inner, label, e);
		free(entry[i]);
	}
	free(entry);
	return r;
}

int
source_path_identity(const struct recipe *recipe, char hex[SHA256_HEX], struct error *e)
{
	const struct strlist *paths = &recipe->source.paths;
	struct sha256 hash;
	int r = 0;

	sha256_init(&hash);
	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		/* One folder's contents are $SRC; of several each lies under its own
		 * name. */
		const char *name =
			paths->count > 1 ? strrchr(paths->item[i], '/') + 1 : "";

		r = put_entry(&hash, paths->item[i], name, e);
	}
	sha256_final_hex(&hash, hex);
	return r;
}

static void
copy(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		mode & S_IXUSR ? 0755 : 0644);
	int r = in < 0 || out < 0 ? -errno : copy_file(in, out);

	if (r == 0 && close(out) < 0)
		r = -errno;
	if (r < 0)
		die("%s: cannot copy to %s: %s", from, to, strerror(-r));
	close(in);
}

static void
copy_below(const char *from, const char *to)
{
	DIR *dir = opendir(from);
	struct dirent *entry;

	if (!dir)
		die("%s: cannot read: %s", from, strerror(errno));
	if (mkdir(to, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", to, strerror(errno));
	while ((entry = readdir(dir))) {
		char *source, *target;
		char link[PATH_MAX];
		struct stat st;
		ssize_t n;

		if (!source_path_counts(entry->d_name))
			continue;
		source = xasprintf("%s/%s", from, entry->d_name);
		target = xasprintf("%s/%s", to, entry->d_name);
		if (lstat(source, &st) < 0)
			die("%s: cannot read: %s", source, strerror(errno));
		if (S_ISDIR(st.st_mode)) {
			copy_below(source, target);
		} else if (S_ISLNK(st.st_mode)) {
			n = readlink(source, link, sizeof link - 1);
			link[n < 0 ? 0 : n] = '\0';
			if (n < 0 || symlink(link, target) < 0)
				die("%s: cannot copy: %s", source, strerror(errno));
		} else {
			copy(source, target, st.st_mode);
		}
		free(source);
		free(target);
	}
	closedir(dir);
}

/*
 * The person may edit while we build: what was copied must be what the identity was taken
 * of, or the store would name one source's result by another's.
 */
static void
check_copy(const struct recipe *recipe, const struct recipe *copy)
{
	char hex[SHA256_HEX];
	struct error e;

	if (source_path_identity(copy, hex, &e) < 0)
		die("%s: %s", recipe->name, e.text);
	if (strcmp(hex, recipe->source.sha256) != 0)
		die("%s:%u: path: its files changed while they were being built: run the same command again",
			recipe->file, recipe->source.line);
}

void
source_path_copy(const struct recipe *recipe, const char *dir)
{
	const struct strlist *paths = &recipe->source.paths;
	struct recipe copy = {0};

	for (size_t i = 0; i < paths->count; i++) {
		char *to = paths->count > 1
				   ? xasprintf("%s%s", dir, strrchr(paths->item[i], '/'))
				   : xstrdup(dir);

		copy_below(paths->item[i], to);
		if (strlist_add(&copy.source.paths, to) < 0)
			die("out of memory");
		free(to);
	}
	check_copy(recipe, &copy);
	strlist_free(&copy.source.paths);
}
