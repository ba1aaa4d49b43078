/* SPDX-License-Identifier: ISC */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "lib/error.h"
#include "lib/io.h"

char *
site_path(const struct site *site, const char *format, ...)
{
	char *name, *path;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&name, format, ap) < 0)
		die("%s", strerror(ENOMEM));
	va_end(ap);
	path = xasprintf("%s/%s", site->dir, name);
	free(name);
	return path;
}

static void
make_folder(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s%s", path, strerror(errno),
			errno == ENOENT ? ": make the folder that it is in first" : "");
}

bool
site_read(const char *path, size_t most, struct site_file *file)
{
	struct error e;
	size_t size;
	int r = io_read_file(AT_FDCWD, path,
		ENVELOPE_HEAD + most + MINISIGN_KEYS * MINISIGN_TEXT, &file->data, &size,
		&e);

	if (r == -ENOENT)
		return false;
	if (r < 0 ||
		envelope_parse(&file->envelope, path, file->data, size, most, &e) < 0)
		die("%s", e.text);
	if (file->envelope.whole != size)
		die("%s: goes on behind its signatures", path);
	return true;
}

void
site_write(const char *path, const char *text, const char *lines)
{
	char head[ENVELOPE_HEAD + 1], *whole;
	struct error e;

	envelope_head(head, strlen(text), strlen(lines));
	whole = xasprintf("%s%s%s", head, text, lines);
	if (io_replace_file(AT_FDCWD, path, whole, strlen(whole), 0644, &e) < 0)
		die("%s", e.text);
	free(whole);
}

/* The first root has no one before it here: devices have its keys from their image. */
static void
read_first(struct site *site, const char *path, const struct envelope *envelope)
{
	struct root first, before = {.version = 0};
	struct error e;

	if (root_parse(&first, path, envelope->text, envelope->text_size, &e) < 0)
		die("%s", e.text);
	if (strcmp(first.board, site->board) != 0)
		die("%s: is for the board %s: want a folder of %s's own", path,
			first.board, site->board);
	memcpy(before.board, first.board, sizeof(before.board));
	before.role[ROOT_ROOT] = first.role[ROOT_ROOT];
	if (root_follow(&site->root, &before, path, envelope, &e) < 0)
		die("%s", e.text);
}

void
site_open(struct site *site, const char *dir, const char *board)
{
	char *path;

	memset(site, 0, sizeof(*site));
	site->dir = dir;
	site->board = board;
	if (strlen(board) >= sizeof(site->root.board))
		die("%s: is no board's name", board);
	make_folder(dir);
	path = site_path(site, "root");
	make_folder(path);
	free(path);
	path = site_path(site, "images");
	make_folder(path);
	free(path);
	site->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (site->lock < 0 || flock(site->lock, LOCK_EX | LOCK_NB) < 0)
		die("%s: cannot lock, is it in use?: %s", dir, strerror(errno));
	for (;;) {
		struct root before = site->root;
		struct site_file file;
		struct error e;

		path = site_path(site, "root/%" PRIu64 ".signed", before.version + 1);
		if (!site_read(path, ROOT_TEXT, &file))
			break;
		if (before.version == 0)
			read_first(site, path, &file.envelope);
		else if (root_follow(&site->root, &before, path, &file.envelope, &e) < 0)
			die("%s", e.text);
		free(file.data);
		free(path);
	}
	free(path);
}

void
site_close(struct site *site)
{
	close(site->lock);
}

bool
site_read_index(const struct site *site, struct index *index)
{
	char *path = site_path(site, "index.signed");
	struct site_file file;
	struct error e;
	bool there = site_read(path, INDEX_TEXT, &file);

	if (there) {
		if (index_parse(index, path, file.envelope.text, file.envelope.text_size,
			    &e) < 0)
			die("%s", e.text);
		if (strcmp(index->board, site->board) != 0)
			die("%s: is for the board %s", path, index->board);
		free(file.data);
	}
	free(path);
	return there;
}
