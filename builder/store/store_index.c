/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/wire.h"
#include "builder/base/say.h"
#include "store_parts.h"

/*
 * An index file: magic, u32 version, u64 XXH3-64 of all that follows; then root/'s own
 * u64 inode and u64 ctime, u64 count, and each file: u8 type, path, u64 inode, u64 ctime,
 * and for files u64 size, SHA-256, u64 x 2 XXH3-128; for links SHA-256 and target.
 * Integers as lib/wire.h has them.
 */
#define MAGIC	    "INGOTIDX"
#define VERSION	    1
#define HEAD_SIZE   (sizeof MAGIC - 1 + 4 + 8)
#define ENTRY_LEAST (1 + 4 + 2 + 8 + 8)
#define INDEX_MAX   (512u << 20)

static uint8_t
type_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return 'd';
	if (S_ISLNK(mode))
		return 'l';
	return mode & 0111 ? 'x' : 'f';
}

static mode_t
mode_of(uint8_t type)
{
	switch (type) {
	case 'd':
		return S_IFDIR | 0755;
	case 'l':
		return S_IFLNK | 0777;
	case 'x':
		return S_IFREG | 0755;
	case 'f':
		return S_IFREG | 0644;
	default:
		return 0;
	}
}

static void
put_seen(struct wire_writer *w, const struct store_seen *seen)
{
	wire_put_u64(w, seen->inode);
	wire_put_u64(w, (uint64_t)seen->ctime_ns);
}

static void
get_seen(struct wire_reader *r, struct store_seen *seen)
{
	seen->inode = wire_get_u64(r);
	seen->ctime_ns = (int64_t)wire_get_u64(r);
}

static void
put_entry(struct wire_writer *w, const struct store_file *file)
{
	wire_put_u8(w, type_of(file->mode));
	wire_put_string(w, file->path);
	put_seen(w, &file->seen);
	if (S_ISREG(file->mode)) {
		wire_put_u64(w, file->size);
		wire_put_string(w, file->sha256);
		wire_put_u64(w, file->seen.xxh3[0]);
		wire_put_u64(w, file->seen.xxh3[1]);
	} else if (S_ISLNK(file->mode)) {
		wire_put_string(w, file->sha256);
		wire_put_string(w, file->link);
	}
}

int
store_index_encode(const struct store_index *index, uint8_t **data, size_t *size)
{
	struct wire_writer w, head;

	wire_write_init(&w);
	for (size_t i = 0; i < HEAD_SIZE; i++)
		wire_put_u8(&w, 0);
	put_seen(&w, &index->top);
	wire_put_u64(&w, index->count);
	for (size_t i = 0; i < index->count; i++)
		put_entry(&w, &index->file[i]);
	if (w.failed) {
		wire_free(&w);
		return -ENOMEM;
	}
	wire_write_fixed(&head, w.data, HEAD_SIZE);
	for (size_t i = 0; i < sizeof MAGIC - 1; i++)
		wire_put_u8(&head, (uint8_t)MAGIC[i]);
	wire_put_u32(&head, VERSION);
	wire_put_u64(&head, XXH3_64bits(w.data + HEAD_SIZE, w.size - HEAD_SIZE));
	*data = w.data;
	*size = w.size;
	return 0;
}

/* Below the root wherever it is looked up: no "", "." or ".." between its slashes. */
static bool
is_path(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length <= 2 && strncmp(path, "..", length) == 0))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

/* The bytes are index->data, which is the caller's to write to, whatever the reader
 * promises. */
static char *
get_text(struct wire_reader *r)
{
	return (char *)(uintptr_t)wire_get_string(r);
}

static void
get_hash(struct wire_reader *r, char hex[SHA256_HEX])
{
	const char *text = wire_get_string(r);

	if (sha256_check_hex(text) < 0)
		r->failed = true;
	else
		memcpy(hex, text, SHA256_HEX);
}

static void
get_entry(struct wire_reader *r, struct store_file *file)
{
	file->mode = mode_of(wire_get_u8(r));
	file->path = get_text(r);
	get_seen(r, &file->seen);
	if (S_ISREG(file->mode)) {
		file->size = wire_get_u64(r);
		get_hash(r, file->sha256);
		file->seen.xxh3[0] = wire_get_u64(r);
		file->seen.xxh3[1] = wire_get_u64(r);
	} else if (S_ISLNK(file->mode)) {
		get_hash(r, file->sha256);
		file->link = get_text(r);
		file->size = strlen(file->link);
	} else if (!S_ISDIR(file->mode)) {
		r->failed = true;
	}
}

static int
parse_entries(struct store_index *index, struct wire_reader *r, struct error *e)
{
	uint64_t count;

	get_seen(r, &index->top);
	count = wire_get_u64(r);
	if (r->failed || count > (r->size - r->at) / ENTRY_LEAST)
		return error_set(e, EBADMSG, "index: its count cannot be");
	index->file = calloc((size_t)count + 1, sizeof *index->file);
	if (!index->file)
		return error_set(e, ENOMEM, "index: out of memory");
	for (; index->count < count; index->count++) {
		struct store_file *file = &index->file[index->count];

		get_entry(r, file);
		if (r->failed || !is_path(file->path))
			return error_set(
				e, EBADMSG, "index: entry %zu cannot be", index->count);
		if (index->count && strcmp(file[-1].path, file->path) >= 0)
			return error_set(e, EBADMSG, "index: entry %zu is out of order",
				index->count);
	}
	if (r->at != r->size)
		return error_set(e, EBADMSG, "index: bytes after its end");
	return 0;
}

int
store_index_parse(
	struct store_index *index, const char *data, size_t size, struct error *e)
{
	struct wire_reader r;

	memset(index, 0, sizeof *index);
	if (size < HEAD_SIZE || memcmp(data, MAGIC, sizeof MAGIC - 1) != 0)
		return error_set(e, EBADMSG, "index: not an index");
	index->data = malloc(size);
	if (!index->data)
		return error_set(e, ENOMEM, "index: out of memory");
	memcpy(index->data, data, size);
	wire_read_init(&r, index->data, size);
	r.at = sizeof MAGIC - 1;
	if (wire_get_u32(&r) != VERSION)
		return error_set(e, EPROTO, "index: of another version of ingot");
	if (wire_get_u64(&r) != XXH3_64bits(index->data + HEAD_SIZE, size - HEAD_SIZE))
		return error_set(e, EBADMSG, "index: its checksum is wrong");
	return parse_entries(index, &r, e);
}

int
store_index_read(struct store_index *index, const char *tree, struct error *e)
{
	char *path = store_file_path("tree/%s/index", tree);
	char *data;
	size_t size;
	int result;

	memset(index, 0, sizeof *index);
	result = io_read_file(AT_FDCWD, path, INDEX_MAX, &data, &size, e);
	free(path);
	if (result < 0)
		return result;
	result = store_index_parse(index, data, size, e);
	free(data);
	return result;
}

void
store_read_index(const char *tree, struct store_index *index)
{
	struct error e;

	if (store_index_read(index, tree, &e) < 0)
		die("%s/tree/%s: %s: run the same command again", store_path(), tree,
			e.text);
}

void
store_index_free(struct store_index *index)
{
	free(index->file);
	free(index->data);
	memset(index, 0, sizeof *index);
}

int
store_index_hash(const struct store_index *index, char hex[SHA256_HEX])
{
	struct wire_writer w;
	int result = 0;

	wire_write_init(&w);
	wire_put_string(&w, "ingot tree 1");
	wire_put_u64(&w, index->count);
	for (size_t i = 0; i < index->count; i++) {
		const struct store_file *file = &index->file[i];

		wire_put_u8(&w, type_of(file->mode));
		wire_put_string(&w, file->path);
		wire_put_u64(&w, S_ISDIR(file->mode) ? 0 : file->size);
		wire_put_string(&w, file->sha256);
	}
	if (w.failed)
		result = -ENOMEM;
	else
		sha256_hex(w.data, w.size, hex);
	wire_free(&w);
	return result;
}
