/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/base/say.h"
#include "store_parts.h"
#include "builder/base/xalloc.h"

#define READ_SIZE (256u << 10)
#define DEPTH_MAX 200
#define COUNT_MAX 1000000

struct publishing {
	const char *dir; /* as messages name it */
	struct store_index index;
	size_t capacity;
};

int64_t
store_ctime_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

int
store_normalise(int dirfd, const char *path, mode_t mode)
{
	const struct timespec times[2] = {
		{.tv_sec = STORE_EPOCH}, {.tv_sec = STORE_EPOCH}};
	mode_t wanted = S_ISDIR(mode) || mode & 0111 ? 0555 : 0444;

	if (!S_ISLNK(mode) && fchmodat(dirfd, path, wanted, 0) < 0)
		return -errno;
	if (utimensat(dirfd, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

int
store_hash_fd(int fd, char *hex, uint64_t xxh3[2], uint64_t *size)
{
	char *data = xmalloc(READ_SIZE);
	XXH3_state_t *state = XXH3_createState();
	struct sha256 sha;
	XXH128_hash_t hash;
	ssize_t n;

	*size = 0;
	if (!state || XXH3_128bits_reset(state) != XXH_OK)
		die("out of memory");
	sha256_init(&sha);
	for (;;) {
		n = read(fd, data, READ_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		*size += (uint64_t)n;
		XXH3_128bits_update(state, data, (size_t)n);
		if (hex)
			sha256_update(&sha, data, (size_t)n);
	}
	n = n < 0 ? -errno : 0;
	hash = XXH3_128bits_digest(state);
	xxh3[0] = hash.low64;
	xxh3[1] = hash.high64;
	if (hex)
		sha256_final_hex(&sha, hex);
	XXH3_freeState(state);
	free(data);
	return (int)n;
}

static struct store_file *
add_file(struct publishing *p, const char *path, const struct stat *st)
{
	struct store_index *index = &p->index;
	struct store_file *file;

	if (index->count >= COUNT_MAX)
		die("%s: more than %d files: a result cannot hold so many", p->dir,
			COUNT_MAX);
	if (index->count == p->capacity) {
		p->capacity = p->capacity ? p->capacity * 2 : 64;
		index->file = xrealloc(index->file, p->capacity, sizeof *index->file);
	}
	file = &index->file[index->count++];
	memset(file, 0, sizeof *file);
	file->path = xstrdup(path);
	if (S_ISDIR(st->st_mode))
		file->mode = S_IFDIR | 0755;
	else if (S_ISLNK(st->st_mode))
		file->mode = S_IFLNK | 0777;
	else
		file->mode = S_IFREG | (st->st_mode & 0111 ? 0755 : 0644);
	return file;
}

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return "socket";
	case S_IFIFO:
		return "pipe";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	default:
		return "thing of an unknown kind";
	}
}

/* Lists what is below fd (consumed) at path; folders get the mode that lets us look
 * inside. */
static void
list_folder(struct publishing *p, int fd, const char *path, unsigned depth)
{
	const struct dirent *entry;
	DIR *dir;

	if (depth > DEPTH_MAX)
		die("%s/%s: folders nested deeper than %d", p->dir, path, DEPTH_MAX);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		die("%s/%s: cannot read: %s", p->dir, path, strerror(errno));
	while ((errno = 0, entry = readdir(dir))) {
		const char *name = entry->d_name;
		struct stat st;
		char *full;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		full = *path ? xasprintf("%s/%s", path, name) : xstrdup(name);
		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die("%s/%s: cannot stat: %s", p->dir, full, strerror(errno));
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
			die("%s/%s: is a %s: a result holds only files, folders and symbolic links",
				p->dir, full, kind_of(st.st_mode));
		add_file(p, full, &st);
		if (S_ISDIR(st.st_mode)) {
			if (fchmodat(fd, name, 0755, 0) < 0)
				die("%s/%s: cannot set its mode: %s", p->dir, full,
					strerror(errno));
			list_folder(p,
				openat(fd, name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				full, depth + 1);
		}
		free(full);
	}
	if (errno)
		die("%s/%s: cannot read: %s", p->dir, path, strerror(errno));
	closedir(dir);
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const struct store_file *)a)->path,
		((const struct store_file *)b)->path);
}

static void
read_file(const struct publishing *p, int top, struct store_file *file)
{
	int fd = openat(top, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int result =
		fd < 0 ? -errno
		       : store_hash_fd(fd, file->sha256, file->seen.xxh3, &file->size);

	if (result < 0)
		die("%s/%s: cannot read: %s", p->dir, file->path, strerror(-result));
	close(fd);
}

static void
read_link(const struct publishing *p, int top, struct store_file *file)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(top, file->path, target, sizeof target - 1);
	size_t length = n < 0 ? 0 : (size_t)n;

	if (n < 0)
		die("%s/%s: cannot read the link: %s", p->dir, file->path,
			strerror(errno));
	target[length] = '\0';
	file->link = xstrdup(target);
	file->size = length;
	sha256_hex(target, length, file->sha256);
}

/* Modes and times, children before their folders, whose times they change; then what is
 * seen. */
static void
settle(struct publishing *p, int top)
{
	struct store_index *index = &p->index;
	struct stat st;

	for (size_t i = index->count; i-- > 0;)
		if (store_normalise(top, index->file[i].path, index->file[i].mode) < 0)
			die("%s/%s: cannot set mode and time: %s", p->dir,
				index->file[i].path, strerror(errno));
	if (store_normalise(top, ".", S_IFDIR) < 0)
		die("%s: cannot set mode and time: %s", p->dir, strerror(errno));
	for (size_t i = 0; i < index->count; i++) {
		struct store_file *file = &index->file[i];

		if (S_ISREG(file->mode))
			read_file(p, top, file);
		else if (S_ISLNK(file->mode))
			read_link(p, top, file);
		if (fstatat(top, file->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die("%s/%s: cannot stat: %s", p->dir, file->path,
				strerror(errno));
		if (S_ISREG(st.st_mode) && (uint64_t)st.st_size != file->size)
			die("%s/%s: changed while it was read: does something still write to it?",
				p->dir, file->path);
		file->seen.inode = st.st_ino;
		file->seen.ctime_ns = store_ctime_ns(&st);
	}
	if (fstat(top, &st) < 0)
		die("%s: cannot stat: %s", p->dir, strerror(errno));
	index->top.inode = st.st_ino;
	index->top.ctime_ns = store_ctime_ns(&st);
}

static void
write_index(const struct store_index *index, const char *path)
{
	uint8_t *data;
	size_t size;
	int fd, result;

	if (store_index_encode(index, &data, &size) < 0)
		die("out of memory");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	result = fd < 0 ? -errno : io_write_full(fd, data, size);
	/* One flush of the file system in place of one a file: a tree may have 10,000. */
	if (result == 0 && syncfs(fd) < 0)
		result = -errno;
	if (result < 0 || close(fd) < 0)
		store_die("work", "cannot write an index", result < 0 ? -result : errno);
	free(data);
}

/* Puts the finished folder in its place; if an equal tree stands there, that one wins. */
static void
place(const char *from, const char *tree)
{
	char *to = store_file_path("tree/%s", tree);
	int lock = store_lock();
	struct error e;
	int result = store_check(tree, &e);

	if (result < 0 && result != -ENOENT) {
		warn("%s: %s: it is replaced", to, e.text);
		result = store_drop_tree(tree);
		if (result < 0)
			store_die("tree", "cannot replace a damaged tree", -result);
		result = -ENOENT;
	}
	if (result < 0 && rename(from, to) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		store_die("tree", "cannot publish", errno);
	store_unlock(lock);
	free(to);
}

void
store_publish(const char *dir, char tree[SHA256_HEX])
{
	struct publishing p = {.dir = dir};
	char *work = store_work("publish");
	char *whole = xasprintf("%s/tree", work), *root = xasprintf("%s/root", whole);
	char *index = xasprintf("%s/index", whole);
	int top;

	/* The move comes first: it changes the ctime that the index remembers. */
	if (chmod(dir, 0755) < 0 || mkdir(whole, 0755) < 0 || rename(dir, root) < 0)
		die("%s: cannot move it into the store %s: %s", dir, store_path(),
			strerror(errno));
	top = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	list_folder(&p, fcntl(top, F_DUPFD_CLOEXEC, 3), "", 0);
	if (p.index.count)
		qsort(p.index.file, p.index.count, sizeof *p.index.file, compare_files);
	settle(&p, top);
	close(top);
	if (store_index_hash(&p.index, tree) < 0)
		die("out of memory");
	write_index(&p.index, index);
	place(whole, tree);
	store_work_drop(work);
	for (size_t i = 0; i < p.index.count; i++) {
		free(p.index.file[i].path);
		free(p.index.file[i].link);
	}
	store_index_free(&p.index);
	free(index);
	free(root);
	free(whole);
	free(work);
}
