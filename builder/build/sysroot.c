/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/strlist.h"
#include "build_env.h"
#include "builder/base/say.h"
#include "sysroot.h"
#include "builder/base/xalloc.h"

static void
list_names(struct strlist *names, const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	if (!stream && errno == ENOENT)
		return;
	if (!stream)
		die("%s: cannot read: %s", dir, strerror(errno));
	while ((entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			!strlist_has(names, entry->d_name) &&
			strlist_add(names, entry->d_name) < 0)
			die("out of memory");
	closedir(stream);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Two recipes may come to one tree; it counts once. */
static bool
same_tree(const struct sysroot_part *part, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(part[i].root, part[at].root) == 0)
			return true;
	return false;
}

/* The parts that have `path` (relative); *first is the first of them. */
static size_t
holders(const struct sysroot_part *part, size_t count, const char *path,
	bool *all_folders, size_t *first)
{
	size_t found = 0;

	*all_folders = true;
	for (size_t i = 0; i < count; i++) {
		char *full = xasprintf("%s%s", part[i].root, path);
		struct stat st;

		if (!same_tree(part, i) && lstat(full, &st) == 0) {
			if (found++ == 0)
				*first = i;
			*all_folders = *all_folders && is_folder(full);
		}
		free(full);
	}
	return found;
}

static void
merge(const char *dir, const struct sysroot_part *part, size_t count, const char *below)
{
	struct strlist names = {0};

	for (size_t i = 0; i < count; i++) {
		char *full = xasprintf("%s%s", part[i].root, below);

		if (is_folder(full))
			list_names(&names, full);
		free(full);
	}
	strlist_sort(&names);
	for (size_t i = 0; i < names.count; i++) {
		char *path = xasprintf("%s/%s", below, names.item[i]);
		char *made = xasprintf("%s%s", dir, path);
		bool folders;
		size_t first = 0;
		size_t found = holders(part, count, path, &folders, &first);

		if (found > 1 && !folders)
			die("%s is in two of the build dependencies (%s and another): a sysroot can hold one",
				path, part[first].name);
		if (found > 1) {
			if (mkdir(made, 0755) < 0)
				die("%s: cannot create: %s", made, strerror(errno));
			merge(dir, part, count, path);
		} else {
			char *target =
				xasprintf(BUILD_DEPENDS "/%s%s", part[first].name, path);

			if (symlink(target, made) < 0)
				die("%s: cannot create: %s", made, strerror(errno));
			free(target);
		}
		free(made);
		free(path);
	}
	strlist_free(&names);
}

bool
sysroot_make(const char *dir, const struct sysroot_part *part, size_t count)
{
	bool own_libc = false;

	merge(dir, part, count, "");
	for (size_t i = 0; i < count; i++) {
		char *specs = xasprintf("%s/lib/gcc.specs", part[i].root);

		own_libc = own_libc || access(specs, R_OK) == 0;
		free(specs);
	}
	return own_libc;
}
