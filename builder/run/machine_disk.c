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
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/build/output.h"
#include "builder/read/board.h"
#include "lib/partuuid.h"

/* Debian's ovmf. */
#define OVMF_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define OVMF_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

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

static void
add_disk(const struct board *board, struct strlist *arguments)
{
	char *dir = output_dir(board->name), *from = xasprintf("%s.disk/disk.img", dir);
	char *copy = xasprintf("%s/run-%s.img", options.out, board->name), *text;
	const char *part = board->slots.part[SLOTS_A], *interface = NULL;

	if (access(from, R_OK) < 0)
		die("%s: no disk to start from: run `ingot disk %s`", from, board->name);
	if (strncmp(part, "/dev/vda", 8) == 0 || partuuid_is(part))
		interface = "virtio";
	else if (strncmp(part, "/dev/sda", 8) == 0)
		interface = "ide"; /* AHCI's, where the machine has that */
	else
		die("%s: QEMU has no disk of that name, want [slots] disk = PARTUUID, /dev/vda or /dev/sda",
			part);
	if (strchr(copy, ','))
		die("%s: --disk wants a folder of results without a comma in its name: use --out",
			copy);
	if (!is_fresh(from, copy))
		make_copy(from, copy);
	text = xasprintf("file=%s,format=raw,if=%s", copy, interface);
	add(arguments, "-drive");
	add(arguments, text);
	free(text);
	free(copy);
	free(from);
	free(dir);
}

/* OVMF, with variables of its own. */
static void
add_firmware(const struct board *board, struct strlist *arguments)
{
	char *copy = xasprintf("%s/run-%s.vars", options.out, board->name), *text;

	if (access(OVMF_CODE, R_OK) < 0 || access(OVMF_VARS, R_OK) < 0)
		die("%s: no firmware for the machine: apt-get install ovmf", OVMF_CODE);
	if (access(copy, F_OK) < 0)
		make_copy(OVMF_VARS, copy);
	add(arguments, "-drive");
	add(arguments, "if=pflash,unit=0,format=raw,readonly=on,file=" OVMF_CODE);
	text = xasprintf("if=pflash,unit=1,format=raw,file=%s", copy);
	add(arguments, "-drive");
	add(arguments, text);
	free(text);
	free(copy);
}

char *
machine_disk_start(const struct board *board, struct strlist *arguments)
{
	const char *launcher = board->slots.launcher;
	char *image;

	if (board->slots.method == SLOTS_NONE)
		die("%s: has no [slots], so there is no disk to start from", board->file);
	if (board->slots.method == SLOTS_EFI) {
		add_firmware(board, arguments);
		add_disk(board, arguments);
		return NULL;
	}
	if (!launcher)
		die("%s: [slots] names no launcher to start from the disk", board->file);
	image = output_image(launcher);
	if (access(image, R_OK) < 0)
		die("%s: no image to run: run `ingot build %s`", image, launcher);
	add_disk(board, arguments);
	return image;
}
