/* SPDX-License-Identifier: ISC */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/utf8.h"
#include "builder/base/xalloc.h"

/* What pid1 mounts over, with the modes the mounts will have. */
static const struct {
	const char *path;
	mode_t mode;
} mount_points[] = {
	{"/dev", 0755},
	{"/proc", 0555},
	{"/run", 0755},
	{"/sys", 0555},
	{"/tmp", 01777},
};

#define MOUNT_POINTS (sizeof(mount_points) / sizeof(mount_points[0]))

static const char *
origin_of(const struct rootfs_entry *entry)
{
	return entry->origin ? entry->origin : "the builder";
}

void
rootfs_init(struct rootfs *rootfs)
{
	*rootfs = (struct rootfs){0};
}

void
rootfs_free(struct rootfs *rootfs)
{
	for (size_t i = 0; i < rootfs->count; i++) {
		struct rootfs_entry *entry = &rootfs->entry[i];

		free(entry->path);
		free(entry->source);
		free(entry->data);
		free(entry->recipe);
		free(entry->origin);
	}
	free(rootfs->entry);
	free(rootfs->slot);
	rootfs_init(rootfs);
}

/* FNV-1a; paths come from files the user wrote, so nobody gains by collisions. */
static size_t
path_hash(const char *path)
{
	uint64_t hash = 14695981039346656037u;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds the path, or the free one where it belongs. slot_count > count. */
static size_t
slot_of(const struct rootfs *rootfs, const char *path)
{
	size_t at = path_hash(path) & (rootfs->slot_count - 1);

	while (rootfs->slot[at] != 0 &&
		strcmp(rootfs->entry[rootfs->slot[at] - 1].path, path) != 0)
		at = (at + 1) & (rootfs->slot_count - 1);
	return at;
}

static void
rebuild_slots(struct rootfs *rootfs)
{
	free(rootfs->slot);
	rootfs->slot = xcalloc(rootfs->slot_count, sizeof(*rootfs->slot));
	for (size_t i = 0; i < rootfs->count; i++)
		rootfs->slot[slot_of(rootfs, rootfs->entry[i].path)] = i + 1;
}

static void
grow(struct rootfs *rootfs)
{
	if (rootfs->entry && rootfs->count < rootfs->capacity)
		return;
	rootfs->capacity = rootfs->capacity ? 2 * rootfs->capacity : 64;
	rootfs->entry = xrealloc(rootfs->entry, rootfs->capacity, sizeof(*rootfs->entry));
	rootfs->slot_count = 2 * rootfs->capacity;
	rebuild_slots(rootfs);
}

/* NULL, or why the kernel could not unpack this path or a record not name it. */
static const char *
path_fault_in_image(const char *path)
{
	size_t part = 0;

	if (path[0] != '/' || path[1] == '\0')
		return "want an absolute path below /";
	if (strlen(path) >= PATH_MAX)
		return "a path of an image has at most 4095 bytes";
	/* the name that ends an archive */
	if (strcmp(path, "/TRAILER!!!") == 0)
		return "no file of an image can have this name";
	for (const char *p = path; *p; p += part) {
		p++;
		part = strcspn(p, "/");
		if (part == 0 || (part == 1 && p[0] == '.') ||
			(part == 2 && p[0] == '.' && p[1] == '.'))
			return "want a path without \"//\", \".\", \"..\" and a final \"/\"";
		if (part > NAME_MAX)
			return "a name has at most 255 bytes";
	}
	for (const char *p = path; *p; p += part) {
		part = utf8_length((const unsigned char *)p, strlen(p));
		if (part == 0)
			return "want UTF-8";
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "control characters are refused";
	}
	return NULL;
}

/* What is wrong with the entry by itself, or NULL. */
static const char *
entry_fault(const struct rootfs_entry *entry)
{
	const char *fault = path_fault_in_image(entry->path);

	if (fault)
		return fault;
	if (S_ISLNK(entry->mode) && (!entry->data || entry->data[0] == '\0' ||
					    strlen(entry->data) >= PATH_MAX))
		return "want a target of 1 to 4095 bytes";
	if (S_ISREG(entry->mode) && !entry->source && !entry->data && entry->size > 0)
		return "no bytes given";
	return NULL;
}

static int
check_new(const struct rootfs *rootfs, const struct rootfs_entry *entry,
	bool *same_folder, struct error *e)
{
	const struct rootfs_entry *old = rootfs_get(rootfs, entry->path);

	*same_folder = false;
	if (!old)
		return 0;
	*same_folder = S_ISDIR(old->mode) && old->mode == entry->mode &&
		       old->uid == entry->uid && old->gid == entry->gid;
	if (*same_folder)
		return 0;
	return error_set(e, EEXIST, "%s: %s: already in the image by %s",
		origin_of(entry), entry->path, origin_of(old));
}

static char *
copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int
rootfs_add(struct rootfs *rootfs, const struct rootfs_entry *entry, struct error *e)
{
	const char *fault = entry_fault(entry);
	struct rootfs_entry *added;
	bool same_folder;
	int r;

	if (fault)
		return error_set(e, EINVAL, "%s: %.300s: %s", origin_of(entry),
			entry->path, fault);
	r = check_new(rootfs, entry, &same_folder, e);
	if (r < 0 || same_folder)
		return r;
	grow(rootfs);
	added = &rootfs->entry[rootfs->count++];
	*added = *entry;
	added->path = xstrdup(entry->path);
	added->source = copy_text(entry->source);
	added->recipe = xstrdup(entry->recipe ? entry->recipe : "");
	added->origin = xstrdup(origin_of(entry));
	added->data = NULL;
	if (S_ISLNK(entry->mode)) {
		added->data = xstrdup(entry->data);
		added->size = strlen(entry->data);
	} else if (S_ISREG(entry->mode) && !entry->source) {
		added->data = xcalloc(1, (size_t)entry->size + 1);
		if (entry->size > 0)
			memcpy(added->data, entry->data, (size_t)entry->size);
	} else if (!S_ISREG(entry->mode)) {
		added->size = 0;
	}
	rootfs->slot[slot_of(rootfs, added->path)] = rootfs->count;
	return 0;
}

const struct rootfs_entry *
rootfs_get(const struct rootfs *rootfs, const char *path)
{
	size_t found;

	if (rootfs->slot_count == 0)
		return NULL;
	found = rootfs->slot[slot_of(rootfs, path)];
	return found > 0 ? &rootfs->entry[found - 1] : NULL;
}

/* Adds what a root needs but nobody declared; what was declared stays, if it is a folder.
 */
static int
add_folder(struct rootfs *rootfs, const char *path, mode_t mode, struct error *e)
{
	const struct rootfs_entry *old = rootfs_get(rootfs, path);
	struct rootfs_entry folder = {.mode = S_IFDIR | mode};
	int r;

	if (old && !S_ISDIR(old->mode))
		return error_set(e, ENOTDIR, "%s: %s: this must be a folder of the image",
			origin_of(old), path);
	if (old)
		return 0;
	folder.path = xstrdup(path);
	r = rootfs_add(rootfs, &folder, e);
	free(folder.path);
	return r;
}

static int
add_console(struct rootfs *rootfs, struct error *e)
{
	const struct rootfs_entry *old = rootfs_get(rootfs, "/dev/console");
	char path[] = "/dev/console";
	struct rootfs_entry console = {
		.path = path, .mode = S_IFCHR | 0600, .major = 5, .minor = 1};

	if (old && old->mode == console.mode && old->major == 5 && old->minor == 1)
		return 0;
	return rootfs_add(rootfs, &console, e);
}

/* Every folder above an entry; found ones must be folders: the kernel follows no link
 * here. */
static int
add_parents(struct rootfs *rootfs, size_t index, struct error *e)
{
	char *path = xstrdup(rootfs->entry[index].path);
	int r = 0;

	for (char *slash = strchr(path + 1, '/'); slash && r == 0;
		slash = strchr(slash + 1, '/')) {
		const struct rootfs_entry *entry = &rootfs->entry[index];
		const struct rootfs_entry *above;

		*slash = '\0';
		above = rootfs_get(rootfs, path);
		if (above && !S_ISDIR(above->mode))
			r = error_set(e, ENOTDIR,
				"%s: %s: lies below %s, which is a %s by %s",
				origin_of(entry), entry->path, path,
				S_ISLNK(above->mode) ? "link" : "file", origin_of(above));
		else if (!above)
			r = add_folder(rootfs, path, 0755, e);
		*slash = '/';
	}
	free(path);
	return r;
}

static int
hash_source(struct rootfs_entry *entry, struct error *e)
{
	int fd = open(entry->source, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return error_set(e, errno, "%s: %s: %s: %s", origin_of(entry),
			entry->path, entry->source, strerror(errno));
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	else
		r = sha256_fd(fd, entry->sha256, &entry->size);
	close(fd);
	if (r < 0)
		return error_set(e, -r, "%s: %s: %s: %s", origin_of(entry), entry->path,
			entry->source,
			r == -EINVAL ? "want a regular file" : strerror(-r));
	return 0;
}

static int
compare_paths(const void *a, const void *b)
{
	const struct rootfs_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int
rootfs_finish(struct rootfs *rootfs, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < MOUNT_POINTS && r == 0; i++)
		r = add_folder(rootfs, mount_points[i].path, mount_points[i].mode, e);
	if (r == 0)
		r = add_console(rootfs, e);
	for (size_t i = 0; i < rootfs->count && r == 0; i++)
		r = add_parents(rootfs, i, e);
	if (r < 0)
		return r;
	qsort(rootfs->entry, rootfs->count, sizeof(*rootfs->entry), compare_paths);
	rebuild_slots(rootfs);
	for (size_t i = 0; i < rootfs->count && r == 0; i++) {
		struct rootfs_entry *entry = &rootfs->entry[i];

		if (!S_ISREG(entry->mode) || entry->sha256[0] != '\0')
			continue;
		if (entry->source)
			r = hash_source(entry, e);
		else
			sha256_hex(entry->data, (size_t)entry->size, entry->sha256);
	}
	return r;
}
