/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/graph/graph.h"
#include "builder/base/options.h"
#include "output.h"
#include "builder/base/copy.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

char *
output_dir(const char *board)
{
	return xasprintf("%s/%s", options.out, board);
}

char *
output_image(const char *board)
{
	return xasprintf("%s/%s/bzImage", options.out, board);
}

static void
copy_into(const char *from_dir, const char *to_dir, const char *name)
{
	char *from = xasprintf("%s/%s", from_dir, name),
	     *to = xasprintf("%s/%s", to_dir, name);
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r;

	if (in < 0)
		die("%s: cannot read: %s", from, strerror(errno));
	if (out < 0)
		die("%s: cannot create: %s", to, strerror(errno));
	r = copy_file(in, out);
	if (r == 0 && (fsync(out) < 0 || close(out) < 0))
		r = -errno;
	if (r < 0)
		die("%s: cannot write: %s", to, strerror(-r));
	close(in);
	free(from);
	free(to);
}

static void
remove_dir(const char *dir, const struct store_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		char *path = xasprintf("%s/%s", dir, index->file[i].path);

		unlink(path);
		free(path);
	}
	if (rmdir(dir) < 0 && errno != ENOENT)
		warn("%s: left behind by an earlier build and not empty: remove it by hand",
			dir);
}

/* True if every file is there with the size and the bytes of the index. */
static bool
same_files(const char *dir, const struct store_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		char *path = xasprintf("%s/%s", dir, index->file[i].path);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		char hex[SHA256_HEX];
		bool same = fd >= 0 && sha256_fd(fd, hex, NULL) == 0 &&
			    strcmp(hex, index->file[i].sha256) == 0;

		if (fd >= 0)
			close(fd);
		free(path);
		if (!same)
			return false;
	}
	return true;
}

static void
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		die("%s: cannot sync: %s", dir, strerror(errno));
	close(fd);
}

static void
appear(const char *fresh, const char *dir, const struct store_index *index)
{
	sync_dir(fresh);
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, dir, RENAME_EXCHANGE) == 0)
		remove_dir(fresh, index);
	else if (errno != ENOENT || rename(fresh, dir) < 0)
		die("%s: cannot put the new files there: %s", dir, strerror(errno));
	sync_dir(options.out);
}

static void
place_image(const struct node *node, const char *root, const struct store_index *index)
{
	char *dir = output_dir(node->name);
	char *fresh = xasprintf("%s/.%s.new", options.out, node->name);

	if (!same_files(dir, index)) {
		if (mkdir(options.out, 0755) < 0 && errno != EEXIST)
			die("%s: cannot create: %s", options.out, strerror(errno));
		remove_dir(fresh, index);
		if (mkdir(fresh, 0755) < 0)
			die("%s: cannot create: %s", fresh, strerror(errno));
		for (size_t i = 0; i < index->count; i++)
			copy_into(root, fresh, index->file[i].path);
		appear(fresh, dir, index);
	}
	free(fresh);
	free(dir);
}

static uint64_t
tree_size(const struct store_index *index)
{
	uint64_t size = 0;

	for (size_t i = 0; i < index->count; i++)
		size += index->file[i].size;
	return size;
}

char *
output_node(const struct node *node)
{
	struct store_index index;
	char *root, *path, *line;
	const char *sha256 = node->tree;
	uint64_t size;

	if (!store_tree(node->tree, &root))
		die("%s: its result is damaged in the store: run the same command again",
			node->name);
	store_read_index(node->tree, &index);
	size = tree_size(&index);
	path = xstrdup(root);
	if (node->kind == NODE_IMAGE) {
		place_image(node, root, &index);
		free(path);
		path = output_image(node->name);
		for (size_t i = 0; i < index.count; i++)
			if (strcmp(index.file[i].path, "bzImage") == 0) {
				size = index.file[i].size;
				sha256 = index.file[i].sha256;
			}
	}
	line = xasprintf("%s %" PRIu64 " %s %s", path, size, sha256, node->identity);
	free(path);
	free(root);
	store_index_free(&index);
	return line;
}

void
output_list(const struct node *node, struct strlist *paths)
{
	struct store_index index;
	char *dir;
	int r;

	if (node->kind == NODE_IMAGE)
		dir = output_dir(node->name);
	else if (!store_tree(node->tree, &dir))
		die("%s: its result is damaged in the store: run the same command again",
			node->name);
	r = strlist_add(paths, dir);
	store_read_index(node->tree, &index);
	for (size_t i = 0; i < index.count; i++) {
		char *path = xasprintf("%s/%s", dir, index.file[i].path);

		r = r < 0 ? r : strlist_add(paths, path);
		free(path);
	}
	if (r < 0)
		die("out of memory");
	store_index_free(&index);
	free(dir);
}
