/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sha256.h"
#include "builder/base/copy.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/read/recipe.h"
#include "builder/store/store.h"
#include "part.h"
#include "unpack.h"

/* Raised when unpacking makes other files of the same bytes. */
#define PART_VERSION "part 1"

/* A copy of what the patterns match, or of everything, from one folder to another. */
struct copy {
	const char *to;
	const struct strlist *only; /* NULL: everything */
	bool *found; /* by pattern */
	bool linked; /* a file that is copied has another name somewhere */
};

bool
part_wanted(const struct recipe *recipe)
{
	return recipe->source.only.count > 0;
}

static void
part_key(const struct recipe *recipe, char key[SHA256_HEX])
{
	const struct source *source = &recipe->source;
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, PART_VERSION, sizeof(PART_VERSION));
	sha256_update(&hash, source->sha256, sizeof(source->sha256));
	/* No pattern holds a NUL, so no two lists read alike. */
	for (size_t i = 0; i < source->only.count; i++)
		sha256_update(
			&hash, source->only.item[i], strlen(source->only.item[i]) + 1);
	sha256_final_hex(&hash, key);
}

/* Makes the folders below c->to that name (its path from there) stands in. */
static void
make_parents(const struct copy *c, const char *name)
{
	char *path = xasprintf("%s/%s", c->to, name);

	for (char *at = path + strlen(c->to) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			die("%s: cannot create: %s", path, strerror(errno));
		*at = '/';
	}
	free(path);
}

static void
copy_link(int dirfd, const char *base, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, base, target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = '\0';
	if (n < 0 || symlink(target, to) < 0)
		die("%s: cannot copy: %s", to, strerror(errno));
}

static void
copy_one(struct copy *c, int dirfd, const char *base, const char *to)
{
	int in = openat(dirfd, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), out = -1;
	struct stat st;
	int r;

	if (in >= 0 && fstat(in, &st) == 0)
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			st.st_mode & S_IXUSR ? 0755 : 0644);
	if (out < 0)
		die("%s: cannot copy: %s", to, strerror(errno));
	c->linked = c->linked || st.st_nlink > 1;
	r = copy_file(in, out);
	if (r == 0 && close(out) < 0)
		r = -errno;
	if (r < 0)
		die("%s: cannot copy: %s", to, strerror(-r));
	close(in);
}

static bool
is_wanted(struct copy *c, const char *name)
{
	bool wanted = !c->only;

	for (size_t i = 0; c->only && i < c->only->count; i++)
		if (unpack_matches(c->only->item[i], name))
			wanted = c->found[i] = true;
	return wanted;
}

static void copy_below(struct copy *c, int fd, const char *name);

static void
copy_entry(struct copy *c, int dirfd, const struct dirent *entry, const char *name)
{
	bool folder = entry->d_type == DT_DIR, wanted = is_wanted(c, name);
	char *to = wanted ? xasprintf("%s/%s", c->to, name) : NULL;
	struct stat st;

	if (entry->d_type == DT_UNKNOWN) {
		if (fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die("%s: cannot copy: %s", name, strerror(errno));
		folder = S_ISDIR(st.st_mode);
	}
	if (wanted)
		make_parents(c, name);
	if (folder) {
		if (wanted && mkdir(to, 0755) < 0 && errno != EEXIST)
			die("%s: cannot create: %s", to, strerror(errno));
		copy_below(c,
			openat(dirfd, entry->d_name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			name);
	} else if (wanted && (entry->d_type == DT_LNK || (entry->d_type == DT_UNKNOWN &&
								 S_ISLNK(st.st_mode)))) {
		copy_link(dirfd, entry->d_name, to);
	} else if (wanted) {
		copy_one(c, dirfd, entry->d_name, to);
	}
	free(to);
}

/* Takes fd over; name is "" at the top. */
static void
copy_below(struct copy *c, int fd, const char *name)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		die("%s: cannot read: %s", *name ? name : c->to, strerror(errno));
	while ((errno = 0, entry = readdir(dir))) {
		char *inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inner = *name ? xasprintf("%s/%s", name, entry->d_name)
			      : xstrdup(entry->d_name);
		copy_entry(c, dirfd(dir), entry, inner);
		free(inner);
	}
	if (errno)
		die("%s: cannot read: %s", *name ? name : c->to, strerror(errno));
	closedir(dir);
}

bool
part_take(const struct recipe *recipe, const char *dir)
{
	struct copy c = {.to = dir};
	char key[SHA256_HEX], tree[SHA256_HEX], *root;

	part_key(recipe, key);
	if (!store_lookup(key, tree) || !store_tree(tree, &root))
		return false;
	if (dir)
		copy_below(&c, open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "");
	free(root);
	return true;
}

void
part_keep(const struct recipe *recipe, const char *dir)
{
	const struct strlist *only = &recipe->source.only;
	char key[SHA256_HEX], tree[SHA256_HEX], *work = store_work("part");
	struct copy c = {.to = work, .only = only};
	bool whole = true;

	c.found = xcalloc(only->count, sizeof(*c.found));
	copy_below(&c, open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "");
	for (size_t i = 0; i < only->count; i++)
		whole = whole && c.found[i];
	if (whole && !c.linked) {
		part_key(recipe, key);
		store_publish(work, tree);
		store_record(key, tree);
	}
	free(c.found);
	free(work);
}
