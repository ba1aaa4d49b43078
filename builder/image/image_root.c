/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/io.h"
#include "device_config.h"
#include "builder/graph/graph.h"
#include "image_file.h"
#include "image_root.h"
#include "modinfo.h"
#include "records.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define FACT_MAX 4096

static char *
tree_root(const struct node *node)
{
	char *root;

	if (!store_tree(node->tree, &root))
		die("%s: its result is damaged in the store: run the same command again",
			node->name);
	return root;
}

char *
kernel_fact(const struct node *kernel, const char *name)
{
	char *root = tree_root(kernel), *path = xasprintf("%s/%s", root, name), *text;
	struct error e;
	size_t size;

	if (io_read_file(AT_FDCWD, path, FACT_MAX, &text, &size, &e) < 0)
		die("%s: %s", kernel->name, e.text);
	text[strcspn(text, "\n")] = '\0';
	free(path);
	free(root);
	return text;
}

static void
add(struct rootfs *rootfs, const struct rootfs_entry *entry)
{
	struct error e;

	if (rootfs_add(rootfs, entry, &e) < 0)
		die("%s", e.text);
}

static const struct store_file *
find_file(const struct store_index *index, const char *path)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(index->file[middle].path, path);

		if (order == 0)
			return &index->file[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void
add_installed(struct rootfs *rootfs, const struct node *node)
{
	const struct recipe *recipe = node->recipe;
	struct store_index index;
	char *root = tree_root(node);

	store_read_index(node->tree, &index);
	for (size_t i = 0; i < recipe->install_count; i++) {
		const struct recipe_install *install = &recipe->install[i];
		const struct store_file *file = find_file(&index, install->path + 1);
		struct rootfs_entry entry = {.path = install->path,
			.mode = install->mode | (install->link ? S_IFLNK : S_IFREG),
			.uid = install->uid,
			.gid = install->gid,
			.recipe = recipe->name,
			.origin = xasprintf("%s:%u", recipe->file, install->line)};

		if (install->link) {
			entry.data = install->link;
			entry.size = strlen(install->link);
		} else if (!file || !S_ISREG(file->mode)) {
			die("%s: %s: the build made no such file below $OUT",
				entry.origin, install->path);
		} else {
			entry.source = xasprintf("%s%s", root, install->path);
			entry.size = file->size;
			memcpy(entry.sha256, file->sha256, sizeof entry.sha256);
		}
		add(rootfs, &entry);
		free(entry.source);
		free(entry.origin);
	}
	store_index_free(&index);
	free(root);
}

static void
add_board_files(struct rootfs *rootfs, const struct board *board)
{
	for (size_t i = 0; i < board->file_count; i++) {
		const struct board_file *file = &board->files[i];
		char empty[] = "";
		struct rootfs_entry entry = {.path = file->path,
			.mode = file->mode | S_IFREG,
			.uid = file->uid,
			.gid = file->gid,
			.recipe = empty,
			.origin = xasprintf("%s:%u", file->file, file->line)};

		entry.source = image_file_take(file, &entry.size);
		memcpy(entry.sha256, file->sha256, sizeof entry.sha256);
		add(rootfs, &entry);
		free(entry.source);
		free(entry.origin);
	}
}

static void
add_mount_points(struct rootfs *rootfs, const struct board *board)
{
	for (size_t i = 0; i < board->mounts.count; i++) {
		char empty[] = "";
		struct rootfs_entry entry = {.path = xstrdup(board->mounts.mount[i].path),
			.mode = S_IFDIR | 0755,
			.recipe = empty,
			.origin = xstrdup(board->mounts.origin[i])};

		add(rootfs, &entry);
		free(entry.path);
		free(entry.origin);
	}
}

/* /etc/passwd and its like, of [users]. */
static void
add_users(struct rootfs *rootfs, const struct board *board)
{
	for (size_t i = 0; i < USERS_FILES; i++) {
		char empty[] = "";
		const char *path;
		unsigned mode;
		char *text = board_users_text(&board->users, i, &path, &mode);
		struct rootfs_entry entry = {.recipe = empty, .origin = board->file};

		if (!text)
			return;
		entry.path = xstrdup(path);
		entry.mode = mode | S_IFREG;
		entry.data = text;
		entry.size = strlen(text);
		add(rootfs, &entry);
		free(entry.path);
		free(text);
	}
}

/* What [slots] tells the device's rollback. */
static void
add_slots(struct rootfs *rootfs, const struct board *board)
{
	char path[] = "/etc/rollback.conf", empty[] = "";
	char *text = board_slots_text(&board->slots);
	struct rootfs_entry entry = {.path = path,
		.mode = 0444 | S_IFREG,
		.recipe = empty,
		.origin = board->file};

	if (!text)
		return;
	entry.data = text;
	entry.size = strlen(text);
	add(rootfs, &entry);
	free(text);
}

static bool
has_module(const struct rootfs *rootfs, const char *name)
{
	for (size_t i = 0; i < rootfs->count; i++) {
		const char *base = strrchr(rootfs->entry[i].path, '/') + 1;
		size_t length = strlen(base);
		char *stem;
		bool same;

		if (length < 4 || strcmp(base + length - 3, ".ko") != 0)
			continue;
		stem = xstrdup(base);
		stem[length - 3] = '\0';
		same = modinfo_same_name(stem, name);
		free(stem);
		if (same)
			return true;
	}
	return false;
}

/* A module that no recipe installs and the kernel was built with comes from the kernel's
 * tree. */
static void
add_kernel_modules(struct rootfs *rootfs, const struct node *node)
{
	const struct board *board = node->board;
	char *root = tree_root(node->kernel);

	for (size_t i = 0; i < board->module_count; i++) {
		const struct board_module *module = &board->modules[i];
		struct rootfs_entry entry = {.mode = S_IFREG | 0644,
			.path = xasprintf("/lib/modules/%s.ko", module->name),
			.source = xasprintf("%s/modules/%s.ko", root, module->name),
			.recipe = node->kernel->name,
			.origin = xasprintf("%s:%u", module->file, module->line)};

		if (!has_module(rootfs, module->name) && access(entry.source, R_OK) == 0)
			add(rootfs, &entry);
		free(entry.path);
		free(entry.source);
		free(entry.origin);
	}
	free(root);
}

static void
add_config(struct rootfs *rootfs, const struct board *board, const char *vermagic)
{
	char path[] = CONFIG_PATH, empty[] = "";
	struct modinfo_loads loads;
	struct rootfs_entry entry = {
		.path = path, .mode = S_IFREG | 0444, .recipe = empty};
	struct error e;
	uint8_t *data;
	size_t size;

	if (modinfo_order(board, rootfs, vermagic, &loads, &e) < 0 ||
		device_config(board, &loads, board->cmdline ? board->cmdline : "", &data,
			&size, &e) < 0)
		die("%s", e.text);
	entry.data = (char *)data;
	entry.size = size;
	entry.origin = board->file;
	add(rootfs, &entry);
	free(data);
	modinfo_loads_free(&loads);
}

static void
finish(struct rootfs *rootfs)
{
	struct error e;

	if (rootfs_finish(rootfs, &e) < 0)
		die("%s", e.text);
}

void
image_root_make(
	struct rootfs *rootfs, const struct node *node, char content_id[SHA256_HEX])
{
	char *vermagic = kernel_fact(node->kernel, "vermagic");
	struct error e;

	rootfs_init(rootfs);
	for (size_t i = 0; i < node->depend_count; i++)
		if (node->depends[i] != node->kernel)
			add_installed(rootfs, node->depends[i]);
	add_board_files(rootfs, node->board);
	add_mount_points(rootfs, node->board);
	add_users(rootfs, node->board);
	add_slots(rootfs, node->board);
	add_kernel_modules(rootfs, node);
	finish(rootfs);
	add_config(rootfs, node->board, vermagic);
	finish(rootfs);
	if (rootfs_check(rootfs, node->board, vermagic, &e) < 0 ||
		records_add(rootfs, node->board, content_id, &e) < 0)
		die("%s", e.text);
	free(vermagic);
}
