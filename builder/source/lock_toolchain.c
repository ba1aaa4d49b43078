/* SPDX-License-Identifier: ISC */
#include "lock_toolchain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "apt.h"
#include "builder/base/options.h"
#include "package_lock.h"
#include "prove.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "suite.h"
#include "toolchain.h"
#include "builder/base/xalloc.h"

#define WISHES "packages.ini"

/* Makes the folders above path. */
static void
make_parents(const char *path)
{
	char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			die("%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	free(copy);
}

static void
place(const char *file, char *to)
{
	make_parents(to);
	if (symlink(file, to) < 0)
		die("%s: %s", to, strerror(errno));
	free(to);
}

/*
 * An archive of just the two files that were proven, so that apt resolves against the
 * very bytes that the lock names.
 */
static char *
small_archive(const struct suite *suite, const char *entry, const char *index)
{
	char *dir = store_work("archive");

	place(suite->inrelease, xasprintf("%s/dists/%s/InRelease", dir, suite->name));
	place(index, xasprintf("%s/dists/%s/%s", dir, suite->name, entry));
	return dir;
}

struct collection {
	const struct strlist *files; /* names in the pool, sorted */
	struct package_lock *lock;
};

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes the stanza into the lock if its file is one of the closure's. */
static int
collect(void *context, const char *text, size_t size)
{
	struct collection *c = context;
	char *path = stanza_field(text, size, "Filename", "the index of packages");
	char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct package *p;
	char *bytes, *hash;

	if (!bsearch(&base, c->files->item, c->files->count, sizeof(char *),
		    compare_text)) {
		free(path);
		return 0;
	}
	c->lock->package = xrealloc(c->lock->package, c->lock->count + 1, sizeof *p);
	p = &c->lock->package[c->lock->count++];
	p->path = path;
	p->name = stanza_field(text, size, "Package", base);
	p->version = stanza_field(text, size, "Version", base);
	p->arch = stanza_field(text, size, "Architecture", base);
	bytes = stanza_field(text, size, "Size", base);
	hash = stanza_field(text, size, "SHA256", base);
	if (sha256_check_hex(hash) < 0)
		die("%s: SHA256: \"%s\" is none", base, hash);
	memcpy(p->sha256, hash, SHA256_HEX);
	p->size = strtoull(bytes, NULL, 10);
	free(bytes);
	free(hash);
	return 0;
}

static void
collect_packages(struct package_lock *lock, const char *index, struct strlist *files)
{
	struct collection collection = {files, lock};

	strlist_sort(files);
	suite_each(index, collect, &collection);
	if (lock->count != files->count)
		die("%s: apt wants %zu packages, the index has %zu of them", lock->name,
			files->count, lock->count);
}

/* The wanted packages of a suite, and with `closure` all they depend on. */
static void
resolve(struct package_lock *lock, const char *suite_name, const char *debian_arch,
	const struct strlist *wanted, bool closure, const char *archive_keyring)
{
	const struct suite *suite = suite_open(suite_name, archive_keyring);
	char *name = xasprintf("main/binary-%s/Packages", debian_arch);
	char hash[SHA256_HEX], *entry, *index = suite_index(suite, name, &entry, hash);
	struct strlist files = {0};
	struct error e;

	prove_archive(suite, entry, hash, &lock->archive);
	if (closure) {
		char *archive = small_archive(suite, entry, index);

		if (apt_closure(archive, suite->name, debian_arch, suite->keyring, wanted,
			    &files, &e) < 0)
			die("%s: %s", toolchain_file(WISHES), e.text);
		free(archive);
	} else {
		struct stanza stanza;
		char *path;

		if (!suite_find(index, wanted->item[0], NULL, &stanza))
			die("%s: %s has no package %s", toolchain_file(WISHES),
				suite->name, wanted->item[0]);
		path = stanza_field(
			stanza.text, stanza.size, "Filename", wanted->item[0]);
		if (strlist_add(&files,
			    strrchr(path, '/') ? strrchr(path, '/') + 1 : path) < 0)
			die("out of memory");
		free(path);
	}
	collect_packages(lock, index, &files);
	strlist_free(&files);
	free(name);
	free(entry);
	free(index);
}

static const struct package *
find(const struct package_lock *lock, const char *name)
{
	for (size_t i = 0; i < lock->count; i++)
		if (strcmp(lock->package[i].name, name) == 0)
			return &lock->package[i];
	return NULL;
}

static void
show_changes(const struct package_lock *old, const struct package_lock *new)
{
	if (options.json)
		return;
	for (size_t i = 0; i < new->count; i++) {
		const struct package *now = &new->package[i], *was = find(old, now->name);

		if (!was || strcmp(was->sha256, now->sha256) != 0)
			printf("%s: %s: %s -> %s\n", new->name, now->name,
				was ? was->version : "(nothing)", now->version);
	}
	for (size_t i = 0; i < old->count; i++)
		if (!find(new, old->package[i].name))
			printf("%s: %s: %s -> (nothing)\n", new->name,
				old->package[i].name, old->package[i].version);
}

/* Writes the lock, unless what is there says the same; true if it was written. */
static bool
write_lock(struct package_lock *lock)
{
	char *name = xasprintf("%s.lock", lock->name), *path = toolchain_file(name);
	char *text = package_lock_text(lock);
	struct package_lock old;
	char was[SHA256_HEX] = "", now[SHA256_HEX];
	struct error e;
	bool differs;

	if (!text)
		die("out of memory");
	if (package_lock_read(&old, path, &e) == 0)
		package_lock_identity(&old, was);
	package_lock_identity(lock, now);
	/* A newer InRelease alone proves nothing new. */
	differs = strcmp(was, now) != 0;
	if (differs) {
		show_changes(&old, lock);
		if (io_replace_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
			die("%s", e.text);
	}
	package_lock_free(&old);
	free(name);
	free(path);
	free(text);
	return differs;
}

static void
read_wishes(struct package_wishes *wishes, const char *arch)
{
	char *path = toolchain_file(WISHES);
	struct error e;

	if (package_wishes_read(wishes, path, arch, &e) < 0)
		die("%s", e.text);
	free(path);
}

bool
lock_toolchain(const char *arch, const char *archive_keyring)
{
	const char *debian = toolchain_debian_arch(arch);
	struct package_wishes wishes;
	struct package_lock tools = {.name = xstrdup(arch)};
	struct package_lock keyring = {.name = xstrdup("keyring")};
	struct strlist one = {0};
	bool differs;

	read_wishes(&wishes, arch);
	resolve(&tools, wishes.suite, debian, &wishes.packages, true, archive_keyring);
	tools.link = wishes.link;
	tools.link_count = wishes.link_count;
	if (strlist_add(&one, wishes.keyring) < 0)
		die("out of memory");
	resolve(&keyring, wishes.keyring_suite, debian, &one, false, archive_keyring);
	differs = write_lock(&tools);
	return write_lock(&keyring) || differs;
}

static bool
read_lock(struct package_lock *lock, const char *name)
{
	char *file = xasprintf("%s.lock", name), *path = toolchain_file(file);
	bool there = access(path, F_OK) == 0;
	struct error e;

	if (there && package_lock_read(lock, path, &e) < 0)
		die("%s", e.text);
	free(file);
	free(path);
	return there;
}

bool
lock_toolchain_is_stale(const char *arch)
{
	struct package_wishes wishes;
	struct package_lock tools, keyring;

	read_wishes(&wishes, arch);
	if (!read_lock(&tools, arch) || !read_lock(&keyring, "keyring"))
		return true;
	for (size_t i = 0; i < wishes.packages.count; i++)
		if (!find(&tools, wishes.packages.item[i]))
			return true;
	if (wishes.link_count != tools.link_count)
		return true;
	return strcmp(wishes.suite, tools.archive.suite) != 0 ||
	       !find(&keyring, wishes.keyring);
}
