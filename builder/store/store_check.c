/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/base/folder.h"
#include "builder/base/say.h"
#include "store_parts.h"
#include "builder/base/xalloc.h"

/* Trees that this process found sound, by their hash; open addressing. */
static struct {
	char (*hash)[SHA256_HEX];
	size_t count, capacity;
} sound;

static char *
sound_slot(const char *tree)
{
	size_t at = 0;

	for (size_t i = 0; i < 15; i++)
		at = at * 16 +
		     (size_t)(tree[i] <= '9' ? tree[i] - '0' : tree[i] - 'a' + 10);
	for (at %= sound.capacity; sound.hash[at][0]; at = (at + 1) % sound.capacity)
		if (strcmp(sound.hash[at], tree) == 0)
			break;
	return sound.hash[at];
}

static bool
is_sound(const char *tree)
{
	return sound.capacity && sound_slot(tree)[0];
}

static void
remember_sound(const char *tree)
{
	char(*old)[SHA256_HEX] = sound.hash;
	size_t count = sound.capacity;

	if (sound.count * 2 >= sound.capacity) {
		sound.capacity = count ? count * 2 : 64;
		sound.hash = xcalloc(sound.capacity, sizeof *sound.hash);
		for (size_t i = 0; i < count; i++)
			if (old[i][0])
				memcpy(sound_slot(old[i]), old[i], SHA256_HEX);
		free(old);
	}
	memcpy(sound_slot(tree), tree, SHA256_HEX);
	sound.count++;
}

/* Forgetting is rare, and open addressing has no holes: all are checked again. */
static void
forget_sound(void)
{
	free(sound.hash);
	memset(&sound, 0, sizeof sound);
}

static size_t
count_children(const struct store_index *index, const char *folder)
{
	size_t length = strlen(folder), count = 0;

	for (size_t i = 0; i < index->count; i++) {
		const char *path = index->file[i].path;

		if (length && (strncmp(path, folder, length) != 0 || path[length] != '/'))
			continue;
		if (!strchr(path + length + (length != 0), '/'))
			count++;
	}
	return count;
}

/* Every child that the index knows is looked at by itself: equal counts mean there is no
 * other. */
static int
check_folder(const struct store_index *index, int top, const char *path, struct error *e)
{
	int fd = openat(
		top, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t count = 0, want;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return error_set(e, EBADMSG, "root/%s cannot be read", path);
	}
	while (readdir(dir))
		count++;
	closedir(dir);
	want = count_children(index, path) + 2; /* "." and ".." */
	if (count != want)
		return error_set(e, EBADMSG, "root/%s holds %zu entries, not %zu", path,
			count - 2, want - 2);
	return 0;
}

static int
check_bytes(int top, const struct store_file *file, struct error *e)
{
	int fd = openat(top, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t xxh3[2], size;
	int result;

	if (fd < 0)
		return error_set(e, EBADMSG, "root/%s cannot be opened", file->path);
	result = store_hash_fd(fd, NULL, xxh3, &size);
	close(fd);
	if (result < 0)
		return error_set(e, EBADMSG, "root/%s cannot be read: %s", file->path,
			strerror(-result));
	if (size != file->size || xxh3[0] != file->seen.xxh3[0] ||
		xxh3[1] != file->seen.xxh3[1])
		return error_set(
			e, EBADMSG, "the bytes of root/%s have changed", file->path);
	return 0;
}

static int
check_link(int top, const struct store_file *file, struct error *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(top, file->path, target, sizeof target);

	if (n < 0 || (size_t)n != file->size ||
		memcmp(target, file->link, file->size) != 0)
		return error_set(e, EBADMSG, "the link root/%s has changed", file->path);
	return 0;
}

/* A file whose stat is not what was seen: its content decides, and is then made ours
 * again. */
static int
check_changed(const struct store_index *index, int top, struct store_file *file,
	const struct stat *st, struct error *e)
{
	struct stat now;
	int result;

	if (S_ISREG(file->mode) && !(st->st_mode & 0111) != !(file->mode & 0111))
		return error_set(
			e, EBADMSG, "the mode of root/%s has changed", file->path);
	if (S_ISREG(file->mode))
		result = check_bytes(top, file, e);
	else if (S_ISLNK(file->mode))
		result = check_link(top, file, e);
	else
		result = check_folder(index, top, file->path, e);
	if (result < 0)
		return result;
	if (store_normalise(top, file->path, file->mode) < 0 ||
		fstatat(top, file->path, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(e, EBADMSG, "root/%s: %s", file->path, strerror(errno));
	file->seen.inode = now.st_ino;
	file->seen.ctime_ns = store_ctime_ns(&now);
	return 0;
}

static bool
is_as_seen(const struct stat *st, const struct store_seen *seen)
{
	return st->st_ino == seen->inode && store_ctime_ns(st) == seen->ctime_ns &&
	       st->st_mtim.tv_sec == STORE_EPOCH && st->st_mtim.tv_nsec == 0;
}

/* 0; *changed is set if the index should be written anew. */
static int
check_root(struct store_index *index, int top, bool *changed, struct error *e)
{
	struct stat st;
	int result;

	for (size_t i = 0; i < index->count; i++) {
		struct store_file *file = &index->file[i];

		if (fstatat(top, file->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_set(
				e, EBADMSG, "root/%s: %s", file->path, strerror(errno));
		if ((st.st_mode & S_IFMT) != (file->mode & S_IFMT))
			return error_set(
				e, EBADMSG, "root/%s is of another kind", file->path);
		if (S_ISREG(st.st_mode) && (uint64_t)st.st_size != file->size)
			return error_set(e, EBADMSG, "the size of root/%s has changed",
				file->path);
		if (is_as_seen(&st, &file->seen))
			continue;
		result = check_changed(index, top, file, &st, e);
		if (result < 0)
			return result;
		*changed = true;
	}
	if (fstat(top, &st) < 0)
		return error_set(e, EBADMSG, "root: %s", strerror(errno));
	if (is_as_seen(&st, &index->top))
		return 0;
	result = check_folder(index, top, "", e);
	if (result < 0)
		return result;
	if (store_normalise(top, ".", S_IFDIR) < 0 || fstat(top, &st) < 0)
		return error_set(e, EBADMSG, "root: %s", strerror(errno));
	index->top.inode = st.st_ino;
	index->top.ctime_ns = store_ctime_ns(&st);
	*changed = true;
	return 0;
}

/* A store that was copied or restored has new inodes: what was read anew is remembered.
 */
static void
refresh_index(const struct store_index *index, const char *tree)
{
	char *path = store_file_path("tree/%s/index", tree);
	struct error e;
	uint8_t *data;
	size_t size;

	if (store_index_encode(index, &data, &size) == 0) {
		/* A failure costs the next run the same reading, no more. */
		(void)io_replace_file(AT_FDCWD, path, data, size, 0444, &e);
		free(data);
	}
	free(path);
}

/* Lack of means is no damage: nothing may be dropped for it. */
static int
index_failure(int result, const struct error *e)
{
	if (result == -EMFILE || result == -ENFILE || result == -ENOMEM ||
		result == -EACCES)
		die("%s: %s", store_path(), e->text);
	return -EBADMSG;
}

int
store_check(const char *tree, struct error *e)
{
	char *path = store_file_path("tree/%s/root", tree);
	char *folder = store_file_path("tree/%s", tree);
	struct store_index index = {.count = 0};
	bool changed = false;
	int top, result;

	if (access(folder, F_OK) < 0) {
		result = error_set(e, ENOENT, "tree/%s: not in the store", tree);
	} else if ((result = store_index_read(&index, tree, e)) < 0) {
		result = index_failure(result, e);
	} else {
		top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		result = top < 0 ? error_set(e, EBADMSG, "root: %s", strerror(errno))
				 : check_root(&index, top, &changed, e);
		if (top >= 0)
			close(top);
	}
	if (result == 0 && changed)
		refresh_index(&index, tree);
	store_index_free(&index);
	free(folder);
	free(path);
	return result;
}

int
store_drop_tree(const char *tree)
{
	char *work = store_work("damaged");
	char *from = store_file_path("tree/%s", tree), *to = xasprintf("%s/tree", work);
	int result = 0;

	forget_sound();
	if (rename(from, to) < 0 && errno != ENOENT)
		result = -errno;
	store_work_drop(work);
	free(to);
	free(from);
	free(work);
	return result;
}

/*
 * Looks again with the lock held: another run may have dropped the tree and put a sound
 * one in its place between our reading of the index and of the files.
 */
static bool
is_damaged(const char *tree)
{
	int lock = store_lock();
	struct error e;
	int result = store_check(tree, &e);

	if (result < 0 && result != -ENOENT) {
		warn("%s/tree/%s: damaged: %s: it is dropped and built again",
			store_path(), tree, e.text);
		store_forget(tree);
	}
	store_unlock(lock);
	return result < 0;
}

bool
store_tree(const char *tree, char **root)
{
	struct error e;
	int result;

	if (!is_sound(tree)) {
		result = store_check(tree, &e);
		if (result == -ENOENT || (result < 0 && is_damaged(tree)))
			return false;
		remember_sound(tree);
	}
	*root = store_file_path("tree/%s/root", tree);
	return true;
}

void
store_forget(const char *tree)
{
	int result = store_drop_tree(tree);

	if (result < 0)
		store_die("tree", "cannot drop a tree", -result);
}
