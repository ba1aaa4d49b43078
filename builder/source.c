/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/error.h"
#include "apt.h"
#include "fetch.h"
#include "options.h"
#include "patch.h"
#include "process.h"
#include "say.h"
#include "source.h"
#include "source_path.h"
#include "stamp.h"
#include "store.h"
#include "unpack.h"
#include "xalloc.h"

static void
add(struct strlist *list, char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
	free(text);
}

/*
 * The archive dropped that version: the snapshot service keeps every one, by hash.
 * debsnap (devscripts) knows its way there; without it the pin has to move.
 */
static int
fetch_snapshot(const struct recipe *recipe, const char *file, const char *sha256)
{
	const struct source *source = &recipe->source;
	char *dir = store_work("debsnap");
	const char *argv[] = {"debsnap", "--force", "--destdir", dir, source->package,
		source->version, NULL};
	char *path = xasprintf("%s/%s", dir, file);
	struct error e;
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int r = process_run(argv, NULL, null_fd, null_fd, &e);

	close(null_fd);
	r = r == 0 ? fetch_file(
			     recipe->name, file, sha256, path, "the snapshot service", &e)
		   : -ENOENT;
	if (r == -EBADMSG)
		die("%s", e.text);
	free(path);
	free(dir);
	return r;
}

static void
fetch_debian(const struct recipe *recipe, const char *file, const char *sha256)
{
	const struct source *source = &recipe->source;
	struct strlist urls = {0};
	struct error e;
	char *there, *pool;
	int r;

	if (store_blob(sha256, &there)) {
		free(there);
		return;
	}
	pool = apt_pool_path(source->package, file);
	if (!options.offline) {
		char *mirror = apt_mirror();

		add(&urls, apt_uri(mirror, pool));
		free(mirror);
	}
	r = fetch_blob(recipe->name, file, sha256, &urls, &e);
	if (r == -ENOENT && fetch_snapshot(recipe, file, sha256) < 0)
		die("%s:%u: debian: %s %s vanished from the archive (%s): run `ingot lock %s` to move the pin",
			recipe->file, source->line, source->package, source->version,
			e.text, recipe->name);
	if (r < 0 && r != -ENOENT)
		die("%s", e.text);
	strlist_free(&urls);
	free(pool);
}

void
source_fetch(const struct recipe *recipe)
{
	const struct source *source = &recipe->source;
	struct strlist urls = {0};
	struct error e;

	switch (source->kind) {
	case SOURCE_NONE:
	case SOURCE_PATH:
		break;
	case SOURCE_DEBIAN:
		fetch_debian(recipe, source->file, source->sha256);
		if (source->debian_patches)
			fetch_debian(recipe, source->debian_file, source->debian_sha256);
		break;
	case SOURCE_URL:
		add(&urls, xstrdup(source->url));
		if (fetch_blob(recipe->name, source->file, source->sha256, &urls, &e) < 0)
			die("%s:%u: url: %s", recipe->file, source->line, e.text);
		strlist_free(&urls);
		break;
	}
}

static char *
blob(const struct recipe *recipe, const char *file, const char *sha256)
{
	char *path;

	if (!store_blob(sha256, &path))
		die("%s: %s is not in the store: run `ingot fetch %s`", recipe->name,
			file, recipe->name);
	return path;
}

/* A release archive has one top folder, which is left out; an archive without one is
 * taken whole. */
static void
unpack(const struct recipe *recipe, const char *file, const char *sha256, const char *dir,
	bool strip)
{
	char *path = blob(recipe, file, sha256);
	struct error e;

	if (unpack_archive(path, dir, strip, &e) < 0)
		die("%s: %s: %s", recipe->name, file, e.text);
	free(path);
}

static void
copy_file(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		mode & S_IXUSR ? 0755 : 0644);
	ssize_t n = in < 0 || out < 0 ? -1 : 1;

	while (n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	if (n < 0 || close(out) < 0)
		die("%s: cannot copy to %s: %s", from, to, strerror(errno));
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
			copy_file(source, target, st.st_mode);
		}
		free(source);
		free(target);
	}
	closedir(dir);
}

static void
unpack_paths(const struct recipe *recipe, const char *dir)
{
	const struct strlist *paths = &recipe->source.paths;

	for (size_t i = 0; i < paths->count; i++) {
		char *to = paths->count > 1
				   ? xasprintf("%s%s", dir, strrchr(paths->item[i], '/'))
				   : xstrdup(dir);

		copy_below(paths->item[i], to);
		free(to);
	}
}

void
source_unpack(const struct recipe *recipe, const char *dir)
{
	const struct source *source = &recipe->source;
	struct error e;

	switch (source->kind) {
	case SOURCE_NONE:
		break;
	case SOURCE_DEBIAN:
	case SOURCE_URL:
		unpack(recipe, source->file, source->sha256, dir, true);
		break;
	case SOURCE_PATH:
		unpack_paths(recipe, dir);
		break;
	}
	if (source->debian_patches) {
		char *debian = store_work("debian");

		unpack(recipe, source->debian_file, source->debian_sha256, debian, false);
		patch_series(recipe, dir, debian);
		free(debian);
	}
	patch_files(recipe, dir);
	if (stamp_tree(dir, &e) < 0)
		die("%s: %s", recipe->name, e.text);
}
