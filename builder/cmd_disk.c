/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"
#include "builder/build/output.h"
#include "builder/image/disk.h"
#include "builder/image/release_make.h"
#include "builder/read/board.h"
#include "builder/store/store.h"
#include "lib/error.h"
#include "lib/io.h"
#include "lib/minisign.h"
#include "verbs.h"

#define SIGNATURES (MINISIGN_KEYS * MINISIGN_TEXT) /* bytes at most */

static void
read_board(struct board *board, const char *name)
{
	struct error e;
	char *dir;

	if (tree_find_board(name, &dir, &e) < 0 || board_read(board, dir, &e) < 0)
		die("%s", e.text);
	free(dir);
	if (board->slots.method == SLOTS_NONE)
		die("%s: has no [slots]: board(5) tells what they need", board->file);
	if (board->slots.launches)
		die("%s: is a launcher: make the disk of %s", board->file,
			board->slots.board);
}

/* The device would refuse what too few of its keys signed. */
static void
check_signers(const struct board *board, const char *file, const struct disk_signed *from)
{
	struct minisign_public key[MINISIGN_KEYS];
	uint8_t hash[MINISIGN_HASH];
	struct error e;
	int signers;

	for (size_t i = 0; i < board->slots.keys.count; i++)
		if (minisign_public_parse(board->slots.keys.item[i], &key[i], &e) < 0)
			die("%s: %s", board->file, e.text);
	minisign_hash(from->text, from->text_size, hash);
	signers = minisign_verify(file, from->signatures, from->signatures_size, key,
		board->slots.keys.count, hash, &e);
	if (signers < 0)
		die("%s", e.text);
	if ((unsigned)signers < board->slots.threshold)
		die("%s: signed by %d of the keys of %s, %u are needed: run `ingot sign --key FILE %s`",
			file, signers, board->name, board->slots.threshold,
			from->release->board);
}

/* What `ingot sign` wrote of the board `name`, of the image that is there: signed by keys
 * that the device knows. */
static void
read_release(const struct board *board, const char *name, struct disk_signed *from)
{
	char *dir = output_dir(name);
	char *json = xasprintf("%s.release/release.json", dir);
	char *signatures = xasprintf("%s.minisig", json), *text, *lines, *image;
	struct release *release = xmalloc(sizeof(*release));
	struct release *made = xmalloc(sizeof(*made));
	struct error e;

	release_make(made, dir, NULL, &image);
	if (access(json, R_OK) < 0 || access(signatures, R_OK) < 0)
		die("%s: no signed release: run `ingot sign --key FILE %s`", json, name);
	if (io_read_file(AT_FDCWD, json, RELEASE_TEXT, &text, &from->text_size, &e) < 0 ||
		io_read_file(AT_FDCWD, signatures, SIGNATURES, &lines,
			&from->signatures_size, &e) < 0 ||
		release_parse(release, json, text, from->text_size, &e) < 0)
		die("%s", e.text);
	if (strcmp(release->board, name) != 0 ||
		memcmp(release->hash, made->hash, sizeof(made->hash)) != 0)
		die("%s: is of another image than %s: run `ingot sign --key FILE %s`",
			json, image, name);
	from->release = release;
	from->text = text;
	from->signatures = lines;
	from->image = image;
	check_signers(board, signatures, from);
	free(made);
	free(json);
	free(signatures);
	free(dir);
}

static void
report(const char *path)
{
	char hex[SHA256_HEX];
	uint64_t size;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || sha256_fd(fd, hex, &size) < 0)
		die("%s: cannot read: %s", path, strerror(errno));
	close(fd);
	if (options.json)
		printf("{\"disk\": \"%s\", \"size\": %llu, \"sha256\": \"%s\"}\n", path,
			(unsigned long long)size, hex);
	else
		printf("%s %llu %s\n", path, (unsigned long long)size, hex);
}

/* For firmware that has no entries, or has lost them. */
static void
find_launcher(const struct board *board, struct disk_release *from)
{
	struct disk_signed *launcher;
	char *image;

	if (board->slots.method != SLOTS_EFI || !board->slots.launcher)
		return;
	image = output_image(board->slots.launcher);
	if (access(image, R_OK) < 0)
		die("%s: no launcher for the disk: run `ingot build %s`", image,
			board->slots.launcher);
	free(image);
	launcher = xcalloc(1, sizeof(*launcher));
	read_release(board, board->slots.launcher, launcher);
	from->launcher = launcher;
}

int
cmd_disk(int argc, char **argv)
{
	struct disk_release from = {0};
	struct board board;
	char *dir, *folder, *path;

	if (argc != 2)
		die_usage("disk: want a board");
	if (sodium_init() < 0)
		die("libsodium does not start");
	read_board(&board, argv[1]);
	dir = output_dir(board.name);
	read_release(&board, board.name, &from.slot);
	find_launcher(&board, &from);
	folder = xasprintf("%s.disk", dir);
	path = xasprintf("%s/disk.img", folder);
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", folder, strerror(errno));
	store_open();
	disk_make(&board, &from, path);
	report(path);
	free(folder);
	free(path);
	free(dir);
	board_free(&board);
	return 0;
}
