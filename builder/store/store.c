/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/base/folder.h"
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "store_parts.h"
#include "builder/base/xalloc.h"

#define RECORD_MAX  4096
#define NEARLY_FULL (16u << 20)

/* Set by store_open() and not changed after: every job that is forked has the same. */
static char *opened;
static pid_t opener;
static bool full_told;

const char *
store_path(void)
{
	if (!opened)
		die("the store is not open");
	return opened;
}

char *
store_file_path(const char *format, ...)
{
	char name[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(name, sizeof name, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof name)
		die("%s: a name in the store is too long", store_path());
	return xasprintf("%s/%s", store_path(), name);
}

uint64_t
store_free(void)
{
	struct statvfs fs;

	if (statvfs(store_path(), &fs) < 0)
		return 0;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

void
store_warn_full(void)
{
	struct statvfs fs;

	if (full_told || statvfs(store_path(), &fs) < 0)
		return;
	if ((uint64_t)fs.f_bavail * fs.f_frsize < NEARLY_FULL)
		warn("%s: the file system of the store has only %" PRIu64
		     " KiB free: free some, or set INGOT_STORE to a folder on a larger one",
			store_path(), (uint64_t)fs.f_bavail * fs.f_frsize / 1024);
	else if (fs.f_files && fs.f_favail < 100)
		warn("%s: the file system of the store has no inodes free: remove files, or set INGOT_STORE to a folder on another one",
			store_path());
}

_Noreturn void
store_die(const char *name, const char *what, int code)
{
	full_told = code == ENOSPC || code == EDQUOT;
	if (full_told)
		die("%s/%s: %s: %s: the store's file system has %" PRIu64
		    " MiB free: free some, or set INGOT_STORE to a folder on a larger one",
			store_path(), name, what, strerror(code), store_free() >> 20);
	die("%s/%s: %s: %s", store_path(), name, what, strerror(code));
}

char *
store_default_path(void)
{
	const char *store = options.store, *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (!store || !*store)
		store = getenv("INGOT_STORE");
	if (store && *store) {
		char *here;

		if (*store == '/')
			return xstrdup(store);
		here = getcwd(NULL, 0);
		if (!here)
			die("%s: the current folder is gone: %s", store, strerror(errno));
		return xasprintf("%s/%s", here, store);
	}
	if (cache && *cache == '/')
		return xasprintf("%s/ingot", cache);
	if (!home || *home != '/') {
		user = getpwuid(geteuid());
		home = user ? user->pw_dir : NULL;
	}
	if (!home || *home != '/')
		die("no home folder for the store: set INGOT_STORE to a folder of your own");
	return xasprintf("%s/.cache/ingot", home);
}

static void
make_folders(const char *path)
{
	char *copy = xstrdup(path);

	for (char *at = strchr(copy + 1, '/');; at = strchr(at + 1, '/')) {
		if (at)
			*at = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST && errno != EROFS)
			die("%s: cannot create the store: %s: set INGOT_STORE to a folder of your own",
				copy, strerror(errno));
		if (!at)
			break;
		*at = '/';
	}
	free(copy);
}

static void
check_ours(const char *path)
{
	const struct passwd *user;
	struct stat st;

	if (stat(path, &st) < 0)
		die("%s: the store: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		die("%s: the store must be a folder: set INGOT_STORE to one", path);
	user = getpwuid(st.st_uid);
	if (st.st_uid != geteuid())
		die("%s: this store belongs to %s (uid %u): run as that user, or set INGOT_STORE to a folder of your own",
			path, user ? user->pw_name : "another user", st.st_uid);
	if (access(path, W_OK | X_OK) < 0)
		die("%s: the store cannot be written: %s: set INGOT_STORE to another folder",
			path, strerror(errno));
}

/* The store ends with its opener; jobs forked from that leave the sweeping to it. */
static void
close_store(void)
{
	if (getpid() == opener)
		store_sweep();
}

void
store_open(void)
{
	static const char *const parts[] = {
		"blob", "tree", "action", "work", "log", "time"};
	char *path = store_default_path();

	make_folders(path);
	check_ours(path);
	free(opened);
	opened = realpath(path, NULL);
	if (!opened)
		die("%s: the store: %s", path, strerror(errno));
	free(path);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		char *part = store_file_path("%s", parts[i]);

		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			store_die(parts[i], "cannot create", errno);
		free(part);
	}
	store_sweep();
	if (!opener && atexit(close_store) != 0)
		die("out of memory");
	opener = getpid();
}

/* A record is the tree's hash and a newline, nothing else. */
static bool
read_record(const char *path, char tree[SHA256_HEX])
{
	char text[RECORD_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text);
	close(fd);
	if (n == SHA256_HEX && text[SHA256_HEX - 1] == '\n') {
		text[SHA256_HEX - 1] = '\0';
		if (sha256_check_hex(text) == 0) {
			memcpy(tree, text, SHA256_HEX);
			return true;
		}
	}
	warn("%s: damaged, so it is dropped; what it recorded is built again", path);
	unlink(path);
	return false;
}

bool
store_lookup(const char *key, char tree[SHA256_HEX])
{
	char found[SHA256_HEX];
	char *path = store_file_path("action/%s", key);
	bool there = read_record(path, found);

	free(path);
	if (!there)
		return false;
	path = store_file_path("tree/%s/index", found);
	there = access(path, F_OK) == 0;
	free(path);
	if (there)
		memcpy(tree, found, SHA256_HEX);
	return there;
}

void
store_record(const char *key, const char *tree)
{
	char *path = store_file_path("action/%s", key);
	char text[SHA256_HEX + 1], before[SHA256_HEX];
	struct error e;
	int result;

	if (sha256_check_hex(key) < 0 || sha256_check_hex(tree) < 0)
		die("%s: a record needs two hashes, got \"%s\" and \"%s\"", store_path(),
			key, tree);
	if (!read_record(path, before) || strcmp(before, tree) != 0) {
		snprintf(text, sizeof text, "%s\n", tree);
		result = io_replace_file(AT_FDCWD, path, text, SHA256_HEX, 0444, &e);
		if (result < 0)
			store_die("action", "cannot record a result", -result);
	}
	free(path);
}

bool
store_blob(const char *sha256, char **path)
{
	char *name = store_file_path("blob/%s", sha256);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char found[SHA256_HEX];
	int result;

	if (fd < 0) {
		free(name);
		return false;
	}
	result = sha256_fd(fd, found, NULL);
	close(fd);
	if (result == 0 && strcmp(found, sha256) == 0) {
		*path = name;
		return true;
	}
	warn("%s: damaged, so it is dropped and fetched again", name);
	result = folder_remove(name);
	if (result < 0)
		store_die("blob", "cannot drop a damaged file", -result);
	free(name);
	return false;
}

void
store_add_blob(const char *path, const char *sha256)
{
	char *name = store_file_path("blob/%s", sha256);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char found[SHA256_HEX];
	int result;

	if (fd < 0)
		die("%s: cannot open: %s", path, strerror(errno));
	result = sha256_fd(fd, found, NULL);
	if (result < 0)
		die("%s: cannot read: %s", path, strerror(-result));
	if (strcmp(found, sha256) != 0)
		die("%s: its sha256 is %s, wanted %s", path, found, sha256);
	if (fchmod(fd, 0444) < 0 || fsync(fd) < 0)
		store_die("blob", "cannot keep a file", errno);
	close(fd);
	if (rename(path, name) < 0)
		store_die("blob", "cannot keep a file", errno);
	free(name);
}
