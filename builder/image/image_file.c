/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sha256.h"
#include "builder/read/board.h"
#include "image_file.h"
#include "builder/base/copy.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

static void
copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r = in < 0 || out < 0 ? -errno : copy_file(in, out);

	if (r == 0 && close(out) < 0)
		r = -errno;
	if (r < 0)
		die("%s: cannot copy to %s: %s", from, to, strerror(-r));
	close(in);
}

char *
image_file_take(const struct board_file *file, uint64_t *size)
{
	char *work = store_work("file"), *taken = xasprintf("%s/file", work);
	char hex[SHA256_HEX];
	int fd;

	copy(file->source, taken);
	fd = open(taken, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || sha256_fd(fd, hex, size) < 0)
		die("%s: cannot read: %s", taken, strerror(errno));
	close(fd);
	if (strcmp(hex, file->sha256) != 0)
		die("%s:%u: %s: %s: changed while it was being built: run the same command again",
			file->file, file->line, file->path, file->source);
	free(work);
	return taken;
}
