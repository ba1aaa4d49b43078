/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rootfs.h"
#include "rootfs_group.h"
#include "builder/base/size.h"
#include "builder/base/xalloc.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define PAGE	  4096u

/* A walk through the image: what is reached, and the path still to go. */
struct walk {
	char reached[PATH_MAX]; /* no links in it; "" is the root */
	char left[2 * PATH_MAX];
	unsigned links;
};

static void
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Takes the first part of walk->left; false at its end or if a name is too long. */
static bool
next_part(struct walk *walk, char part[NAME_MAX + 1])
{
	size_t skip = strspn(walk->left, "/");
	size_t length = strcspn(walk->left + skip, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(part, walk->left + skip, length);
	part[length] = '\0';
	memmove(walk->left, walk->left + skip + length,
		strlen(walk->left + skip + length) + 1);
	return true;
}

/* Puts a link's target before what is left; false if there are too many or it is too
 * long. */
static bool
follow(struct walk *walk, const char *target)
{
	size_t length = strlen(target), left = strlen(walk->left);

	if (++walk->links > LINKS_MAX || length + left + 2 > sizeof(walk->left))
		return false;
	memmove(walk->left + length, walk->left, left + 1);
	memcpy(walk->left, target, length);
	if (target[0] == '/')
		walk->reached[0] = '\0';
	else
		go_up(walk->reached);
	return true;
}

const struct rootfs_entry *
rootfs_find(const struct rootfs *rootfs, const char *path)
{
	const struct rootfs_entry *entry = NULL;
	struct walk walk = {.links = 0};
	char part[NAME_MAX + 1];

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return NULL;
	memcpy(walk.left, path, strlen(path) + 1);
	while (next_part(&walk, part)) {
		size_t used = strlen(walk.reached);

		if (entry && !S_ISDIR(entry->mode))
			return NULL;
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			go_up(walk.reached);
			entry = rootfs_get(rootfs, walk.reached);
			continue;
		}
		if (used + 1 + strlen(part) >= sizeof(walk.reached))
			return NULL;
		walk.reached[used] = '/';
		memcpy(walk.reached + used + 1, part, strlen(part) + 1);
		entry = rootfs_get(rootfs, walk.reached);
		if (!entry)
			return NULL;
		if (!S_ISLNK(entry->mode))
			continue;
		if (!follow(&walk, entry->data))
			return NULL;
		entry = rootfs_get(rootfs, walk.reached);
	}
	return walk.left[strspn(walk.left, "/")] == '\0' ? entry : NULL;
}

uint64_t
rootfs_tmpfs_size(const struct rootfs *rootfs)
{
	struct rootfs_groups groups;
	uint64_t total = 0;

	rootfs_groups_find(&groups, rootfs);
	for (size_t i = 0; i < rootfs->count; i++) {
		const struct rootfs_entry *entry = &rootfs->entry[i];

		if (S_ISREG(entry->mode) && groups.of[i].last == i)
			total += (entry->size + PAGE - 1) / PAGE * PAGE;
		else if (S_ISLNK(entry->mode) && entry->size >= 128)
			total += PAGE; /* shorter ones live in the inode */
	}
	rootfs_groups_free(&groups);
	return total;
}

static int
compare_sizes(const void *a, const void *b)
{
	const struct rootfs_entry *x = *(const struct rootfs_entry *const *)a;
	const struct rootfs_entry *y = *(const struct rootfs_entry *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return strcmp(x->path, y->path);
}

char *
rootfs_largest(const struct rootfs *rootfs, size_t most)
{
	const struct rootfs_entry **file = xcalloc(rootfs->count + 1, sizeof(*file));
	char *text = xstrdup("");
	size_t count = 0;

	for (size_t i = 0; i < rootfs->count; i++)
		if (S_ISREG(rootfs->entry[i].mode))
			file[count++] = &rootfs->entry[i];
	qsort(file, count, sizeof(*file), compare_sizes);
	for (size_t i = 0; i < count && i < most; i++) {
		char size[SIZE_TEXT];
		char *longer = xasprintf("%s%s%s %s", text, i > 0 ? ", " : "",
			file[i]->path, size_text(file[i]->size, size));

		free(text);
		text = longer;
	}
	free(file);
	return text;
}
