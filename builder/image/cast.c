/* SPDX-License-Identifier: ISC */
#include "cast.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/read/board.h"
#include "kit.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/size.h"
#include "builder/source/toolchain.h"
#include "builder/base/xalloc.h"

#define BUFFER (256 * 1024)

static int
failed(const char *path, int code, struct error *e)
{
	return error_set(e, code, "%s: %s", path, strerror(code));
}

/* From the start of `in` to its end, to `at` in out; *copied bytes. */
static int
copy(int in, const char *from, int out, const char *to, uint64_t at, uint64_t *copied,
	struct error *e)
{
	char *buffer = xmalloc(BUFFER);
	int r = 0;

	*copied = 0;
	if (lseek(out, (off_t)at, SEEK_SET) < 0)
		r = failed(to, errno, e);
	while (r == 0) {
		ssize_t n = read(in, buffer, BUFFER);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = failed(from, errno, e);
			break;
		}
		r = io_write_full(out, buffer, (size_t)n);
		if (r < 0)
			failed(to, -r, e);
		*copied += (uint64_t)n;
	}
	free(buffer);
	return r;
}

/* The kit's own payload; its cavity is zeros, which pad the cpio. */
static int
copy_payload(const struct kit *kit, int out, const char *to, struct error *e)
{
	char *from = xasprintf("%s/%s", kit->root, kit->payload);
	uint64_t copied = 0;
	int in = open(from, O_RDONLY | O_CLOEXEC), r = 0;

	if (in < 0)
		r = failed(from, errno, e);
	if (r == 0)
		r = copy(in, from, out, to, 0, &copied, e);
	if (r == 0 && copied != kit->payload_size)
		r = error_set(e, EINVAL, "%s: want %" PRIu64 " bytes, read %" PRIu64,
			from, kit->payload_size, copied);
	if (in >= 0)
		close(in);
	free(from);
	return r;
}

static int
copy_cpio(
	const struct kit *kit, const char *cpio, int out, const char *to, struct error *e)
{
	char have[SIZE_TEXT], want[SIZE_TEXT];
	uint64_t copied = 0;
	struct stat st;
	int in = open(cpio, O_RDONLY | O_CLOEXEC), r = 0;

	if (in < 0 || fstat(in, &st) < 0)
		r = failed(cpio, errno, e);
	else if ((uint64_t)st.st_size > kit->cavity_size)
		r = error_set(e, EFBIG,
			"%s: the root file system has %s, this kit's cavity %s: take the "
			"next class",
			cpio, size_text((uint64_t)st.st_size, want),
			size_text(kit->cavity_size, have));
	else if ((r = copy(in, cpio, out, to, kit->cavity_offset, &copied, e)) == 0 &&
		 copied != (uint64_t)st.st_size)
		r = error_set(e, EINVAL, "%s: changed while it was read", cpio);
	if (in >= 0)
		close(in);
	return r;
}

static int
write_cmdline(const struct kit *kit, const char *cmdline, int out, const char *to,
	struct error *e)
{
	size_t size = (size_t)kit->cmdline_size, length = strlen(cmdline);
	char *slot;
	int r;

	if (length >= size)
		return error_set(e, E2BIG,
			"cmdline: %zu bytes, the kernel takes at most %zu", length,
			size - 1);
	slot = xcalloc(size, 1);
	memcpy(slot, cmdline, length);
	r = lseek(out, (off_t)kit->cmdline_offset, SEEK_SET) < 0
		    ? -errno
		    : io_write_full(out, slot, size);
	free(slot);
	return r < 0 ? failed(to, -r, e) : 0;
}

int
cast_payload(const struct kit *kit, const char *cmdline, const char *cpio,
	const char *payload, struct error *e)
{
	int out = open(payload, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r = out < 0 ? failed(payload, errno, e) : 0;

	if (r == 0)
		r = copy_payload(kit, out, payload, e);
	if (r == 0)
		r = copy_cpio(kit, cpio, out, payload, e);
	if (r == 0)
		r = write_cmdline(kit, cmdline, out, payload, e);
	if (out >= 0 && close(out) < 0 && r == 0)
		r = failed(payload, errno, e);
	return r;
}

/* Also from one file system to another: beside its place first, then into it. */
static int
move(const char *from, const char *to, struct error *e)
{
	char *beside;
	uint64_t copied;
	int in, out, r = 0;

	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV)
		return failed(to, errno, e);
	beside = xasprintf("%s.new", to);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (in < 0 || out < 0)
		r = failed(in < 0 ? from : beside, errno, e);
	if (r == 0)
		r = copy(in, from, out, beside, 0, &copied, e);
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) < 0 && r == 0)
		r = failed(beside, errno, e);
	if (r == 0 && rename(beside, to) < 0)
		r = failed(to, errno, e);
	if (r < 0)
		unlink(beside);
	free(beside);
	return r;
}

static int
run_cast(const struct kit *kit, const struct board *board, const char *work, int log_fd,
	struct error *e)
{
	char *root = toolchain_root(board->arch);
	char *level = xasprintf("%u", board->zstd_level);
	const struct sandbox_bind bind[] = {
		{kit->root, "/build/kit", false},
		{work, "/build/work", true},
	};
	const char *const env[] = {
		"PATH=/usr/bin:/bin", "HOME=/build", "LC_ALL=C", "TZ=UTC0", NULL};
	const char *const argv[] = {
		"/bin/sh", "-eu", "/build/kit/cast", "payload", level, "image", NULL};
	const struct sandbox sandbox = {
		.root = root,
		.bind = bind,
		.bind_count = sizeof(bind) / sizeof(*bind),
		.env = env,
		.argv = argv,
		.cwd = "/build/work",
		.log_fd = log_fd,
	};
	int status = sandbox_run(&sandbox, e);

	free(level);
	if (status > 0)
		return error_set(e, ECHILD,
			"%s: the kit's cast ended with status %d: its log says why",
			board->name, status);
	return status;
}

int
cast_image(const struct kit *kit, const struct board *board, const char *cpio,
	const char *work, const char *image, int log_fd, struct error *e)
{
	const char *cmdline = board->cmdline ? board->cmdline : "";
	char *folder = xasprintf("%s/cast", work);
	char *payload = xasprintf("%s/payload", folder);
	char *made = xasprintf("%s/image", folder);
	struct stat st;
	int r = mkdir(folder, 0755) < 0 ? failed(folder, errno, e) : 0;

	if (r == 0)
		r = cast_payload(kit, cmdline, cpio, payload, e);
	if (r == 0)
		r = run_cast(kit, board, folder, log_fd, e);
	if (r == 0 && (stat(made, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0))
		r = error_set(e, ENOENT, "%s/cast: left no image", kit->root);
	if (r == 0)
		r = move(made, image, e);
	free(folder);
	free(payload);
	free(made);
	return r;
}
