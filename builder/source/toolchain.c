/* SPDX-License-Identifier: ISC */
#include "toolchain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "apt.h"
#include "deb.h"
#include "builder/base/options.h"
#include "package_lock.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"

/* So many packages a call of apt: what a broken connection loses is no more than that. */
#define BATCH 24

static const struct target {
	const char *arch, *debian, *triplet, *kernel;
} targets[] = {
	{"x86_64", "amd64", "x86_64-linux-gnu", "x86"},
};

static const struct target *
find_target(const char *arch)
{
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
		if (strcmp(targets[i].arch, arch) == 0)
			return &targets[i];
	die("arch %s: there is no toolchain for it, only for x86_64", arch);
}

const char *
toolchain_target(const char *arch)
{
	return find_target(arch)->triplet;
}

const char *
toolchain_kernel_arch(const char *arch)
{
	return find_target(arch)->kernel;
}

const char *
toolchain_debian_arch(const char *arch)
{
	return find_target(arch)->debian;
}

char *
toolchain_file(const char *name)
{
	return xasprintf("%s/recipes/toolchain/%s", tree_builtin(), name);
}

const struct package_lock *
toolchain_lock(const char *name)
{
	static struct package_lock **read;
	static size_t count;
	struct package_lock *lock;
	struct error e;
	char *file, *path;

	for (size_t i = 0; i < count; i++)
		if (strcmp(read[i]->name, name) == 0)
			return read[i];
	file = xasprintf("%s.lock", name);
	path = toolchain_file(file);
	lock = xcalloc(1, sizeof *lock);
	if (package_lock_read(lock, path, &e) < 0)
		die("%s: `ingot lock toolchain` makes it", e.text);
	if (strcmp(lock->name, name) != 0)
		die("%s: name: is the lock of \"%s\"", path, lock->name);
	read = xrealloc(read, count + 1, sizeof(struct package_lock *));
	read[count++] = lock;
	free(file);
	free(path);
	return lock;
}

void
toolchain_identity(const char *arch, char identity[SHA256_HEX])
{
	package_lock_identity(toolchain_lock(find_target(arch)->arch), identity);
}

/* Downloads a few packages and makes blobs of them. */
static void
fetch_batch(struct package *const *package, size_t count)
{
	struct apt_file file[BATCH];
	char *mirror = apt_mirror(), *dir = store_work("packages");
	struct error e;
	int rc;

	for (size_t i = 0; i < count; i++) {
		file[i].uri = apt_uri(mirror, package[i]->path);
		file[i].path = xasprintf("%s/%s.deb", dir, package[i]->name);
		file[i].sha256 = package[i]->sha256;
	}
	rc = apt_download(file, count, &e);
	if (rc == -ENETUNREACH)
		die("%s", e.text);
	if (rc < 0)
		die("%s: see that the network and the mirror are there, or give --mirror URI; where the pin is gone, `ingot lock toolchain` moves it",
			e.text);
	for (size_t i = 0; i < count; i++) {
		store_add_blob(file[i].path, package[i]->sha256);
		free(file[i].uri);
		free(file[i].path);
	}
	rmdir(dir);
	free(dir);
	free(mirror);
}

void
toolchain_fetch(const struct package_lock *lock)
{
	struct package **missing = xcalloc(lock->count, sizeof *missing);
	size_t count = 0;
	uint64_t bytes = 0;
	char *path;

	for (size_t i = 0; i < lock->count; i++)
		if (store_blob(lock->package[i].sha256, &path)) {
			free(path);
		} else {
			missing[count++] = &lock->package[i];
			bytes += lock->package[i].size;
		}
	if (count)
		say("%s: fetching %zu packages, %" PRIu64 " MB", lock->name, count,
			(bytes + 500000) / 1000000);
	for (size_t i = 0; i < count; i += BATCH)
		fetch_batch(missing + i, count - i < BATCH ? count - i : BATCH);
	free(missing);
}

static void
make_folder(const char *root, const char *name)
{
	char *path = xasprintf("%s/%s", root, name);

	if (mkdir(path, 0755) < 0)
		die("%s: %s", path, strerror(errno));
	free(path);
}

static void
make_link(const char *root, const char *path, const char *target)
{
	char *link = xasprintf("%s/%s", root, path);

	if (unlink(link) < 0 && errno != ENOENT)
		die("%s: %s", link, strerror(errno));
	if (symlink(target, link) < 0)
		die("%s: %s", link, strerror(errno));
	free(link);
}

static int
by_size(const void *a, const void *b)
{
	const struct package *left = *(struct package *const *)a;
	const struct package *right = *(struct package *const *)b;

	if (left->size != right->size)
		return left->size < right->size ? 1 : -1;
	return strcmp(left->name, right->name);
}

/* The blobs, the largest first, so that the processes end at about the same time. */
static char **
blobs_by_size(const struct package_lock *lock)
{
	struct package **package = xcalloc(lock->count, sizeof *package);
	char **blob = xcalloc(lock->count, sizeof *blob);

	for (size_t i = 0; i < lock->count; i++)
		package[i] = &lock->package[i];
	qsort(package, lock->count, sizeof *package, by_size);
	for (size_t i = 0; i < lock->count; i++)
		if (!store_blob(package[i]->sha256, &blob[i]))
			die("%s: %s %s is not in the store", lock->name, package[i]->name,
				package[i]->version);
	free(package);
	return blob;
}

/* The root as the sandbox mounts it: usr and etc, and links for the merged folders. */
static void
unpack(const struct package_lock *lock, const char *root)
{
	static const char *const folders[] = {
		"etc", "usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64"};
	static const char *const merged[] = {"bin", "sbin", "lib", "lib64"};
	char **blob = blobs_by_size(lock);

	if (chmod(root, 0755) < 0)
		die("%s: %s", root, strerror(errno));
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		make_folder(root, folders[i]);
	deb_unpack_all(blob, lock->count, root, options.jobs ? options.jobs : 1);
	for (size_t i = 0; i < sizeof merged / sizeof merged[0]; i++) {
		char *target = xasprintf("usr/%s", merged[i]);

		make_link(root, merged[i], target);
		free(target);
	}
	for (size_t i = 0; i < lock->link_count; i++)
		make_link(root, lock->link[i].path, lock->link[i].target);
	for (size_t i = 0; i < lock->count; i++)
		free(blob[i]);
	free(blob);
}

char *
toolchain_unpacked(const struct package_lock *lock)
{
	char identity[SHA256_HEX], tree[SHA256_HEX];
	char *root, *dir;

	package_lock_identity(lock, identity);
	if (store_lookup(identity, tree) && store_tree(tree, &root))
		return root;
	toolchain_fetch(lock);
	say("%s: unpacking %zu packages", lock->name, lock->count);
	dir = store_work(lock->name);
	unpack(lock, dir);
	store_publish(dir, tree);
	store_record(identity, tree);
	if (!store_tree(tree, &root))
		die("%s: the unpacked packages are not in the store", lock->name);
	free(dir);
	return root;
}

char *
toolchain_root(const char *arch)
{
	return toolchain_unpacked(toolchain_lock(find_target(arch)->arch));
}
