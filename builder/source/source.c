/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "apt.h"
#include "fetch.h"
#include "builder/base/folder.h"
#include "lock.h"
#include "builder/base/options.h"
#include "part.h"
#include "patch.h"
#include "builder/base/process.h"
#include "builder/base/say.h"
#include "source.h"
#include "source_path.h"
#include "stamp.h"
#include "builder/store/store.h"
#include "unpack.h"
#include "builder/base/xalloc.h"

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

/* Where the archive has it: the proof says so, whatever the component; else by the rule.
 */
static char *
pool_path(const struct recipe *recipe, const char *file)
{
	char *path = lock_path(recipe), *pool = NULL;
	struct lock lock;
	struct error e;

	if (lock_read(&lock, path, &e) == 0 && lock_find(&lock, file))
		pool = xasprintf("%s/%s", lock.directory, file);
	lock_free(&lock);
	free(path);
	return pool ? pool : apt_pool_path(recipe->source.package, file);
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
	pool = pool_path(recipe, file);
	if (!options.offline) {
		char *mirror = apt_mirror();
		char *host = options.mirror ? apt_host_mirror() : NULL;

		add(&urls, apt_uri(mirror, pool));
		if (host && strcmp(host, mirror) != 0)
			add(&urls, apt_uri(host, pool));
		free(mirror);
		free(host);
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

/*
 * A release archive has one top folder, which is left out; an archive without one is
 * taken whole, after what was written until that came to light is gone.
 */
static void
unpack(const struct recipe *recipe, const char *file, const char *sha256, const char *dir,
	bool strip, const struct strlist *only)
{
	char *path = blob(recipe, file, sha256);
	struct error e;
	int r = unpack_archive(path, dir, strip, only, &e);

	if (r == -EXDEV) {
		if (folder_remove(dir) < 0 || mkdir(dir, 0755) < 0)
			die("%s: %s: cannot empty: %s", recipe->name, dir,
				strerror(errno));
		r = unpack_archive(path, dir, false, only, &e);
	}
	if (r == -ENODATA)
		die("%s:%u: only: %s", recipe->file, recipe->source.only_line, e.text);
	if (r < 0)
		die("%s: %s: %s", recipe->name, file, e.text);
	free(path);
}

/* The archive, or the part of it that the recipe wants; what others want of it is kept. */
static void
unpack_archives(
	const struct recipe *recipe, const char *dir, const struct recipe *const *parts)
{
	const struct source *source = &recipe->source;

	if (!part_wanted(recipe) || !part_take(recipe, dir)) {
		unpack(recipe, source->file, source->sha256, dir, true, &source->only);
		if (part_wanted(recipe))
			part_keep(recipe, dir);
		for (; parts && *parts; parts++)
			part_keep(*parts, dir);
	}
	if (source->debian_patches) {
		char *debian = store_work("debian");

		unpack(recipe, source->debian_file, source->debian_sha256, debian, false,
			NULL);
		patch_series(recipe, dir, debian);
		free(debian);
	}
}

void
source_unpack(
	const struct recipe *recipe, const char *dir, const struct recipe *const *parts)
{
	const struct source *source = &recipe->source;
	struct error e;

	switch (source->kind) {
	case SOURCE_NONE:
		break;
	case SOURCE_DEBIAN:
	case SOURCE_URL:
		unpack_archives(recipe, dir, parts);
		/* An archive was stamped while it was written. */
		if (!part_wanted(recipe) && !source->debian_patches &&
			!recipe->patches.count)
			return;
		break;
	case SOURCE_PATH:
		source_path_copy(recipe, dir);
		break;
	}
	patch_files(recipe, dir);
	if (stamp_tree(dir, &e) < 0)
		die("%s: %s", recipe->name, e.text);
}
