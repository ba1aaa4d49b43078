/* SPDX-License-Identifier: ISC */
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/copy.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "lib/error.h"
#include "lib/io.h"
#include "lib/sha256.h"
#include "lib/update.h"

#define PIECE 65536 /* bytes */

struct update {
	const char *path;
	int fd;
	uint64_t size;
	struct release release;
	char text[RELEASE_TEXT + MINISIGN_KEYS * MINISIGN_TEXT];
};

static void
pull(const struct update *update, void *data, size_t size)
{
	int r = io_read_full(update->fd, data, size);

	if (r < 0)
		die("%s: cannot read: %s", update->path,
			r == -ENODATA ? "ends too early" : strerror(-r));
}

/* Its signed release; the image comes next. */
static void
read_release(struct update *update, const struct site *site)
{
	const struct role *role = &site->root.role[ROOT_RELEASE];
	uint8_t bytes[UPDATE_HEAD];
	struct update_head head;
	struct envelope envelope;
	struct error e;

	pull(update, bytes, sizeof(bytes));
	if (update_head_parse(&head, update->path, bytes, &e) < 0)
		die("%s", e.text);
	pull(update, update->text, head.release_size + head.signatures_size);
	envelope = (struct envelope){.text = update->text,
		.text_size = head.release_size,
		.signatures = update->text + head.release_size,
		.signatures_size = head.signatures_size};
	if (role_check(role, update->path, &envelope, &e) < 0)
		die("%s: `ingot sign --key FILE %s` signs it", e.text, site->board);
	if (release_parse(&update->release, update->path, update->text, head.release_size,
		    &e) < 0)
		die("%s", e.text);
	update->size = UPDATE_HEAD + head.release_size + head.signatures_size +
		       update->release.size;
}

/* Hashes file and image, and that is what was signed. */
static void
hash_update(const struct update *update, uint8_t file[RELEASE_HASH])
{
	crypto_hash_sha256_state whole, image;
	uint64_t at = 0, image_at = update->size - update->release.size;
	uint8_t *piece = xmalloc(PIECE), hash[RELEASE_HASH];
	ssize_t n;

	crypto_hash_sha256_init(&whole);
	crypto_hash_sha256_init(&image);
	while ((n = pread(update->fd, piece, PIECE, (off_t)at)) > 0) {
		size_t size = (size_t)n;
		size_t before = at >= image_at	       ? 0
				: image_at - at < size ? (size_t)(image_at - at)
						       : size;

		crypto_hash_sha256_update(&whole, piece, size);
		crypto_hash_sha256_update(&image, piece + before, size - before);
		at += size;
	}
	if (n < 0)
		die("%s: cannot read: %s", update->path, strerror(errno));
	crypto_hash_sha256_final(&whole, file);
	crypto_hash_sha256_final(&image, hash);
	if (at != update->size || memcmp(hash, update->release.hash, sizeof(hash)) != 0)
		die("%s: its image is not what was signed: sign it again", update->path);
	free(piece);
}

static void
put(const struct update *update, const char *path)
{
	char *fresh = xasprintf("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r;

	if (fd < 0)
		die("%s: cannot create: %s", fresh, strerror(errno));
	r = lseek(update->fd, 0, SEEK_SET) < 0 ? -errno : copy_file(update->fd, fd);
	if (r < 0)
		die("%s: cannot copy to %s: %s", update->path, fresh, strerror(-r));
	if (fsync(fd) < 0 || close(fd) < 0 || rename(fresh, path) < 0)
		die("%s: cannot write: %s", path, strerror(errno));
	free(fresh);
}

void
site_add_update(const struct site *site, const char *path, int64_t now,
	struct index_release *entry)
{
	struct update *update = xcalloc(1, sizeof(*update));
	char name[2 * RELEASE_HASH + 1], *target;
	struct stat st;

	update->path = path;
	update->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (update->fd < 0)
		die("%s: cannot read: %s", path, strerror(errno));
	read_release(update, site);
	if (strcmp(update->release.board, site->board) != 0)
		die("%s: is for the board %s", path, update->release.board);
	if (update->release.expires <= now)
		die("%s: has expired: `ingot sign --expires DAYS` makes a new release",
			path);
	*entry = (struct index_release){.version = update->release.version,
		.size = update->size,
		.image_size = update->release.size,
		.issued = update->release.issued,
		.expires = update->release.expires};
	memcpy(entry->image, update->release.hash, RELEASE_HASH);
	hash_update(update, entry->file);
	sodium_bin2hex(name, sizeof(name), entry->file, RELEASE_HASH);
	target = site_path(site, "images/%s.update", name);
	if (stat(target, &st) < 0 || (uint64_t)st.st_size != update->size)
		put(update, target);
	close(update->fd);
	free(target);
	free(update);
}

static bool
lists(const struct index *index, const char *name)
{
	char hex[2 * RELEASE_HASH + 1];

	for (size_t i = 0; i < index->releases; i++) {
		sodium_bin2hex(hex, sizeof(hex), index->release[i].file, RELEASE_HASH);
		if (strncmp(name, hex, 2 * RELEASE_HASH) == 0)
			return true;
	}
	return false;
}

void
site_sweep(const struct site *site, const struct index *a, const struct index *b)
{
	char *folder = site_path(site, "images");
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		die("%s: cannot read: %s", folder, strerror(errno));
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		/* Nothing but what is named as we name it. */
		if (strspn(name, "0123456789abcdef") != 2 * RELEASE_HASH ||
			strncmp(name + 2 * RELEASE_HASH, ".update", 7) != 0 ||
			lists(a, name) || lists(b, name))
			continue;
		if (unlinkat(dirfd(dir), name, 0) < 0)
			warn("%s/%s: cannot delete: %s", folder, name, strerror(errno));
	}
	closedir(dir);
	free(folder);
}
