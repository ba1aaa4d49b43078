/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "install.h"
#include "lib/error.h"
#include "lib/io.h"
#include "verbs.h"

struct descriptor {
	struct source source; /* the first member */
	int fd;
};

static int
pull(struct source *source, void *data, size_t size)
{
	return io_read_full(((struct descriptor *)source)->fd, data, size);
}

static int
skip(struct source *source, uint64_t size)
{
	static char sink[65536];
	int fd = ((struct descriptor *)source)->fd;

	if (lseek(fd, 0, SEEK_CUR) >= 0)
		return lseek(fd, (off_t)size, SEEK_CUR) < 0 ? -errno : 0;
	while (size > 0) {
		size_t part = size < sizeof(sink) ? (size_t)size : sizeof(sink);
		int r = io_read_full(fd, sink, part);

		if (r < 0)
			return r;
		size -= part;
	}
	return 0;
}

static int
more(struct source *source)
{
	char byte;
	int r = io_read_full(((struct descriptor *)source)->fd, &byte, 1);

	return r == -ENODATA ? 0 : r < 0 ? r : 1;
}

/* "-" is standard input. */
static int
open_source(struct descriptor *from, const char *path, struct error *e)
{
	bool standard = strcmp(path, "-") == 0;

	*from = (struct descriptor){.source = {.name = standard ? "standard input" : path,
					    .pull = pull,
					    .skip = skip,
					    .more = more},
		.fd = standard ? STDIN_FILENO
			       : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)};
	if (from->fd < 0)
		return error_set(e, errno, "%s: cannot open: %s", path, strerror(errno));
	return 0;
}

static int
no_copies(const struct setup *setup, struct error *e)
{
	if (setup->launcher)
		return error_set(e, EPERM,
			"--launcher: the launcher is read-only here: what loads it has one copy only, replace it there");
	return error_set(e, EPERM,
		setup->firmware
			? "--launcher: rollback.conf names no two copies of the launcher ([launcher])"
			: "--launcher: this device starts without a launcher");
}

static int
install_launcher(struct request *request, struct descriptor *from, struct error *e)
{
	static struct launcher_install in;
	struct setup *setup = request->setup;
	int r = setup_open_launcher(setup, e);

	if (r == 0)
		return no_copies(setup, e);
	if (r < 0)
		return r;
	in = (struct launcher_install){.copies = &setup->launcher_copies.copies,
		.source = &from->source,
		.clock = setup->device.state.slots.clock,
		.older = request->older};
	r = launcher_install(&in, e);
	if (r < 0)
		return r;
	if (request->json)
		return show_json(
			json_pack("{s:s, s:I, s:b}", "launcher", in.release.board,
				"version", (json_int_t)in.release.version, "there_before",
				in.there),
			e);
	printf("launcher: version %" PRIu64 " %s\n", in.release.version,
		in.there ? "is there already, in both copies"
			 : "is installed, in both copies");
	return 0;
}

int
verb_install(struct request *request, struct error *e)
{
	struct descriptor from;
	struct install in = {.device = &request->setup->device,
		.source = &from.source,
		.first = request->first,
		.older = request->older,
		.image = request->has_image ? request->image : NULL,
		.at = request->at};
	int r;

	r = open_source(&from, request->argument, e);
	if (r < 0)
		return r;
	r = request->launcher ? install_launcher(request, &from, e) : install_run(&in, e);
	if (from.fd != STDIN_FILENO)
		close(from.fd);
	if (r < 0 || request->launcher)
		return r;
	if (request->json)
		return show_json(
			json_pack("{s:s#, s:I, s:b}", "slot", in.slot == 0 ? "a" : "b", 1,
				"version", (json_int_t)in.release.version, "there_before",
				in.there),
			e);
	printf("slot %c: version %" PRIu64 " %s\n", device_letter(in.slot),
		in.release.version,
		in.there ? "is there already" : "is installed, not yet tried");
	return 0;
}

int
verb_info(struct request *request, struct error *e)
{
	static struct release release;
	static struct tail tail;
	char hash[SHA256_HEX], content[SHA256_HEX], issued[32], expires[32];
	struct descriptor from;
	int r = open_source(&from, request->argument, e);

	if (r < 0)
		return r;
	r = source_release(
		&from.source, &request->setup->device.trust, &tail, &release, e);
	if (from.fd != STDIN_FILENO)
		close(from.fd);
	if (r < 0)
		return r;
	sodium_bin2hex(hash, sizeof(hash), release.hash, RELEASE_HASH);
	sodium_bin2hex(content, sizeof(content), release.content, RELEASE_HASH);
	if (request->json)
		return show_json(
			json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:I}", "board",
				release.board, "version", (json_int_t)release.version,
				"floor", (json_int_t)release.floor, "image", hash,
				"content_id", content, "size", (json_int_t)release.size,
				"issued", (json_int_t)release.issued, "expires",
				(json_int_t)release.expires),
			e);
	show_time(release.issued, issued);
	show_time(release.expires, expires);
	printf("board       %s\nversion     %" PRIu64 "\nfloor       %" PRIu64
	       "\nimage       %s\ncontent id  %s\nsize        %" PRIu64
	       "\nissued      %s\nexpires     %s\n",
		release.board, release.version, release.floor, hash, content,
		release.size, issued, expires);
	return 0;
}
