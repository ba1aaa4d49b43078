/* SPDX-License-Identifier: ISC */
/*
 * bench_pack LIST ARCHIVE: packs a root file system as `ingot build` does, for
 * tests/bench/pack.sh. A line of LIST is "d PATH" or "f PATH SIZE SHA256 SOURCE"; SHA256
 * may be "-": it is computed, as for a file that comes from no store index.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/image/cpio.h"
#include "builder/image/rootfs.h"
#include "lib/error.h"

static void
add_line(struct rootfs *rootfs, const char *line)
{
	char type, path[4096], sha256[SHA256_HEX], source[4096];
	struct rootfs_entry entry = {.path = path};
	struct error e;
	int fields = sscanf(line, "%c %4095s %" SCNu64 " %64s %4095s", &type, path,
		&entry.size, sha256, source);

	if (fields == 2 && type == 'd') {
		entry.mode = S_IFDIR | 0755;
	} else if (fields == 5 && type == 'f') {
		entry.mode = S_IFREG | 0644;
		entry.source = source;
		if (strcmp(sha256, "-") != 0)
			memcpy(entry.sha256, sha256, SHA256_HEX);
	} else {
		errx(1, "bad line: %s", line);
	}
	if (rootfs_add(rootfs, &entry, &e) < 0)
		errx(1, "%s", e.text);
}

int
main(int argc, char **argv)
{
	char line[9000];
	struct rootfs rootfs;
	struct error e;
	uint64_t size;
	FILE *list;
	int fd;

	if (argc != 3)
		errx(2, "usage: bench_pack LIST ARCHIVE");
	list = fopen(argv[1], "re");
	if (!list)
		err(1, "%s", argv[1]);
	rootfs_init(&rootfs);
	while (fgets(line, sizeof(line), list))
		add_line(&rootfs, line);
	fclose(list);
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err(1, "%s", argv[2]);
	if (rootfs_finish(&rootfs, &e) < 0 || cpio_write(fd, &rootfs, 0, &size, &e) < 0)
		errx(1, "%s", e.text);
	if (close(fd) < 0)
		err(1, "%s", argv[2]);
	rootfs_free(&rootfs);
	return 0;
}
