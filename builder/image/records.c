/* SPDX-License-Identifier: ISC */
#include "records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/files.h"
#include "builder/read/board.h"
#include "rootfs.h"
#include "builder/base/xalloc.h"

static int
write_entry(FILE *out, const struct rootfs_entry *entry, struct error *e)
{
	struct files_entry line = {
		.mode = entry->mode & 07777, .uid = entry->uid, .gid = entry->gid};

	strcpy(line.sha256, "-");
	if (strlen(entry->path) >= sizeof(line.path))
		return error_set(
			e, ENAMETOOLONG, "%.200s...: too long a path", entry->path);
	memcpy(line.path, entry->path, strlen(entry->path) + 1);
	if (S_ISREG(entry->mode)) {
		line.type = 'f';
		line.size = entry->size;
		memcpy(line.sha256, entry->sha256, SHA256_HEX);
	} else if (S_ISLNK(entry->mode)) {
		line.type = 'l';
		line.size = entry->size;
		sha256_hex(entry->data, (size_t)entry->size, line.sha256);
	} else if (S_ISDIR(entry->mode)) {
		line.type = 'd';
	} else if (S_ISCHR(entry->mode)) {
		line.type = 'c';
	} else {
		return error_set(e, EINVAL,
			"%s: an image holds files, folders, links and character devices",
			entry->path);
	}
	return files_write_entry(out, &line, e);
}

static int
write_files(FILE *out, const struct rootfs *rootfs, const struct board *board,
	struct error *e)
{
	struct files_head head = {.version = board->version, .floor = board->floor};
	int r;

	snprintf(head.board, sizeof(head.board), "%s", board->name);
	r = files_write_head(out, &head, e);
	for (size_t i = 0; i < rootfs->count && r == 0; i++)
		r = write_entry(out, &rootfs->entry[i], e);
	return r;
}

static int
add_record(struct rootfs *rootfs, const char *path, const char *text, size_t size,
	struct error *e)
{
	struct rootfs_entry entry = {.mode = S_IFREG | 0444, .size = size};
	int r;

	entry.path = xstrdup(path);
	entry.data = xmalloc(size);
	memcpy(entry.data, text, size);
	r = rootfs_add(rootfs, &entry, e);
	free(entry.path);
	free(entry.data);
	return r;
}

int
records_add(struct rootfs *rootfs, const struct board *board, char content_id[SHA256_HEX],
	struct error *e)
{
	char *text = NULL, line[SHA256_HEX + 1];
	size_t size = 0;
	FILE *out;
	int r;

	if (!rootfs_get(rootfs, CONFIG_PATH))
		return error_set(e, EINVAL, "%s is not in the image yet", CONFIG_PATH);
	out = open_memstream(&text, &size);
	if (!out)
		return error_set(e, ENOMEM, "%s", strerror(ENOMEM));
	r = write_files(out, rootfs, board, e);
	if (fclose(out) != 0 && r == 0)
		r = error_set(e, ENOMEM, "%s", strerror(ENOMEM));
	if (r == 0) {
		sha256_hex(text, size, content_id);
		snprintf(line, sizeof(line), "%s\n", content_id);
		r = add_record(rootfs, FILES_PATH, text, size, e);
	}
	if (r == 0)
		r = add_record(rootfs, CONTENT_ID_PATH, line, strlen(line), e);
	free(text);
	return r < 0 ? r : rootfs_finish(rootfs, e);
}
