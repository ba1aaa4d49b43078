/* SPDX-License-Identifier: ISC */
#include "release_make.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "lib/error.h"
#include "lib/io.h"
#include "lib/update.h"

static void
set_hash(uint8_t hash[RELEASE_HASH], const char *path, const char *hex)
{
	if (sha256_check_hex(hex) < 0)
		die("%s: want 64 hex digits, got \"%s\"", path, hex);
	sodium_hex2bin(hash, RELEASE_HASH, hex, 2 * RELEASE_HASH, NULL, NULL, NULL);
}

/* What a slot holds of an image. */
enum payload { PAYLOAD_BARE, PAYLOAD_SLOT, PAYLOAD_FALLBACK };

static enum payload
find_payload(const char *path, const char *name)
{
	if (!name)
		return PAYLOAD_BARE;
	if (strcmp(name, "fat") == 0)
		return PAYLOAD_SLOT;
	if (strcmp(name, "fat-fallback") != 0)
		die("%s: payload: want \"fat\", \"fat-fallback\" or none, got \"%.40s\"",
			path, name);
	return PAYLOAD_FALLBACK;
}

/* To an open command line whoever starts the machine adds what he likes. */
static void
refuse_open(const json_t *manifest, const char *path)
{
	const json_t *kernel = json_object_get(manifest, "kernel");

	if (kernel && !json_object_get(kernel, "cmdline"))
		die("%s: was built with \"cmdline = open\", which is for development: such an image is not signed",
			path);
}

/* The facts of manifest.json; the image's file name is the caller's to free. */
static char *
read_manifest(
	struct release *release, const char *dir, const char *path, enum payload *held)
{
	const char *board, *content, *file, *hash, *payload = NULL;
	json_int_t version, floor, size;
	json_error_t why;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	char *name;

	if (!json && access(path, F_OK) < 0)
		die("%s: holds no image: run `ingot build %s`", dir,
			strrchr(dir, '/') ? strrchr(dir, '/') + 1 : dir);
	if (!json)
		die("%s:%d: %s: build the board again", path, why.line, why.text);
	if (json_unpack_ex(json, &why, 0, "{s:s, s:I, s:I, s:s, s:{s:s, s:s, s:I, s?:s}}",
		    "board", &board, "version", &version, "floor", &floor, "content_id",
		    &content, "image", "file", &file, "sha256", &hash, "size", &size,
		    "payload", &payload) < 0)
		die("%s: %s", path, why.text);
	if (strlen(board) >= sizeof(release->board) || strchr(file, '/'))
		die("%s: names no board and image of ours", path);
	refuse_open(json, path);
	*held = find_payload(path, payload);
	memcpy(release->board, board, strlen(board) + 1);
	release->version = (uint64_t)version;
	release->floor = (uint64_t)floor;
	release->size = (uint64_t)size;
	set_hash(release->content, path, content);
	set_hash(release->hash, path, hash);
	name = xstrdup(file);
	json_decref(json);
	return name;
}

static int
open_image(const char *image, uint64_t size)
{
	int fd = open(image, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("%s: cannot read: %s", image, strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		die("%s: is not what manifest.json says: build it again", image);
	return fd;
}

/* Chunks of the image's bytes; *hash is that of all of them. */
static void
hash_chunks(struct release *release, const char *image, uint8_t hash[RELEASE_HASH])
{
	uint8_t *chunk = xmalloc(RELEASE_CHUNK_MOST);
	crypto_hash_sha256_state whole;
	int fd = open_image(image, release->size), r;

	release->chunk_size = release_chunk_size(release->size);
	release->chunks = (uint32_t)((release->size + release->chunk_size - 1) /
				     release->chunk_size);
	crypto_hash_sha256_init(&whole);
	for (uint32_t i = 0; i < release->chunks; i++) {
		uint32_t size = release_chunk_bytes(release, i);

		r = io_read_full(fd, chunk, size);
		if (r < 0)
			die("%s: cannot read: %s", image, strerror(-r));
		release_chunk_hash(chunk, size, release->chunk[i]);
		crypto_hash_sha256_update(&whole, chunk, size);
	}
	crypto_hash_sha256_final(&whole, hash);
	close(fd);
	free(chunk);
}

/* What a slot takes is a file system with the image. */
static void
use_slot_image(struct release *release, const char *dir, enum fat_place place,
	const struct slot_image_signer *signer, char **image)
{
	char *folder = xasprintf("%s.release", dir);
	char *slot = xasprintf(
		"%s/%s-%" PRIu64 ".slot", folder, release->board, release->version);

	if (signer) {
		if (mkdir(folder, 0755) < 0 && errno != EEXIST)
			die("%s: cannot create: %s", folder, strerror(errno));
		slot_image_make(slot, *image, place, signer);
	}
	slot_image_read(slot, *image, place, release);
	memset(release->chunk, 0, sizeof(release->chunk));
	hash_chunks(release, slot, release->hash);
	free(*image);
	*image = slot;
	free(folder);
}

void
release_make(struct release *release, const char *dir,
	const struct slot_image_signer *signer, char **image)
{
	char *manifest = xasprintf("%s/manifest.json", dir), *name;
	uint8_t hash[RELEASE_HASH];
	enum payload held;

	memset(release, 0, sizeof(*release));
	name = read_manifest(release, dir, manifest, &held);
	*image = xasprintf("%s/%s", dir, name);
	if (release->size == 0 || release->size > RELEASE_IMAGE_MOST)
		die("%s: want an image of 1 byte to 1 GiB", *image);
	hash_chunks(release, *image, hash);
	if (memcmp(hash, release->hash, sizeof(hash)) != 0)
		die("%s: is not what manifest.json says: build it again", *image);
	if (held == PAYLOAD_BARE && signer && signer->key)
		die("%s: its slots hold a bare kernel, which no firmware asks a signature of",
			*image);
	if (held != PAYLOAD_BARE)
		use_slot_image(release, dir,
			held == PAYLOAD_SLOT ? FAT_SLOT : FAT_FALLBACK, signer, image);
	free(name);
	free(manifest);
}

/* Appends a file's bytes. */
static void
append_file(int out, const char *path, const char *from)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	uint8_t *buffer = xmalloc(1 << 20);
	ssize_t n;

	if (in < 0)
		die("%s: cannot read: %s", from, strerror(errno));
	while ((n = read(in, buffer, 1 << 20)) != 0) {
		int r = n < 0 ? -errno : io_write_full(out, buffer, (size_t)n);

		if (r < 0 && r != -EINTR)
			die("%s: cannot copy into %s: %s", from, path, strerror(-r));
	}
	close(in);
	free(buffer);
}

void
release_write_update(const char *path, const char *release, size_t release_size,
	const char *signatures, size_t signatures_size, const char *image)
{
	struct update_head head = {.release_size = (uint32_t)release_size,
		.signatures_size = (uint32_t)signatures_size};
	char *fresh = xasprintf("%s.new", path);
	uint8_t bytes[UPDATE_HEAD];
	int fd, r;

	update_head_pack(&head, bytes);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		die("%s: cannot create: %s", fresh, strerror(errno));
	r = io_write_full(fd, bytes, sizeof(bytes));
	if (r == 0)
		r = io_write_full(fd, release, release_size);
	if (r == 0)
		r = io_write_full(fd, signatures, signatures_size);
	if (r < 0)
		die("%s: cannot write: %s", fresh, strerror(-r));
	append_file(fd, fresh, image);
	if (fsync(fd) < 0 || close(fd) < 0 || rename(fresh, path) < 0)
		die("%s: cannot write: %s", path, strerror(errno));
	free(fresh);
}
