/* SPDX-License-Identifier: ISC */
#include "machine_disk.h"

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
#include "builder/read/board.h"

/* True if the copy is there and was made after the disk was. */
static bool
is_fresh(const char *disk, const char *copy)
{
	struct stat from, to;

	if (stat(disk, &from) < 0)
		die("%s: %s: `ingot disk` makes it", disk, strerror(errno));
	return stat(copy, &to) == 0 &&
	       (to.st_mtim.tv_sec > from.st_mtim.tv_sec ||
		       (to.st_mtim.tv_sec == from.st_mtim.tv_sec &&
			       to.st_mtim.tv_nsec >= from.st_mtim.tv_nsec));
}

static void
make_copy(const char *disk, const char *copy)
{
	char *fresh = xasprintf("%s.new", copy);
	int in = open(disk, O_RDONLY | O_CLOEXEC);
	int out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r = in < 0 || out < 0 ? -errno : copy_file(in, out);

	if (r == 0 && (close(out) < 0 || rename(fresh, copy) < 0))
		r = -errno;
	if (r < 0)
		die("%s: cannot copy to %s: %s", disk, copy, strerror(-r));
	close(in);
	free(fresh);
	say("%s: a new copy of %s", copy, disk);
}

static void
add(struct strlist *list, const char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
}

void
machine_disk_arguments(const struct board *board, const char *disk, const char *copy,
	struct strlist *arguments)
{
	const char *part = board->slots.part[SLOTS_A], *interface = NULL;
	char *text;

	if (strncmp(part, "/dev/vda", 8) == 0)
		interface = "virtio";
	else if (strncmp(part, "/dev/sda", 8) == 0)
		interface = "ide"; /* AHCI's, where the machine has that */
	else
		die("%s: QEMU has no disk of that name, want [slots] disk = /dev/vda or /dev/sda",
			part);
	if (strchr(copy, ','))
		die("%s: --disk wants a folder of results without a comma in its name: use --out",
			copy);
	if (!is_fresh(disk, copy))
		make_copy(disk, copy);
	text = xasprintf("file=%s,format=raw,if=%s", copy, interface);
	add(arguments, "-drive");
	add(arguments, text);
	free(text);
}
