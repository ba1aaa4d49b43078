/* SPDX-License-Identifier: ISC */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "builder/read/board.h"
#include "elf.h"
#include "modinfo.h"
#include "rootfs.h"

#define SCRIPT_LINE 256 /* the kernel reads no more of a script's first line */

bool
rootfs_is_module(const struct rootfs_entry *entry)
{
	size_t length = strlen(entry->path);

	return S_ISREG(entry->mode) && length > 3 &&
	       strcmp(entry->path + length - 3, ".ko") == 0;
}

int
rootfs_open(const struct rootfs_entry *entry, struct elf_input *in, struct error *e)
{
	struct stat st;

	*in = (struct elf_input){.fd = -1, .size = entry->size};
	if (!entry->source) {
		in->data = (const uint8_t *)entry->data;
		return 0;
	}
	in->fd = open(entry->source, O_RDONLY | O_CLOEXEC);
	if (in->fd >= 0 && fstat(in->fd, &st) == 0) {
		in->size = (uint64_t)st.st_size;
		return 0;
	}
	error_set(e, errno, "%s: %s: %s: %s", entry->origin, entry->path, entry->source,
		strerror(errno));
	return -errno;
}

void
rootfs_close(struct elf_input *in)
{
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

int
rootfs_blame(
	const struct rootfs_entry *entry, int r, const struct error *why, struct error *e)
{
	return error_set(e, -r, "%s: %s: %.700s", entry->origin, entry->path, why->text);
}

/* "#!INTERPRETER [ARGUMENT]": the interpreter is a program of the image. */
static int
check_script(const struct rootfs *rootfs, const char *line, struct error *e)
{
	const char *name = line + 2 + strspn(line + 2, " \t");
	size_t length = strcspn(name, " \t\r\n");
	const struct rootfs_entry *program;
	char path[SCRIPT_LINE];

	memcpy(path, name, length);
	path[length] = '\0';
	if (path[0] != '/')
		return error_set(e, ENOEXEC,
			"a script whose \"#!\" line names no absolute path within %d bytes",
			SCRIPT_LINE - 1);
	if (name[length] == '\r')
		return error_set(e, ENOEXEC,
			"a script with CRLF line ends: the kernel would look for \"%s\\r\"",
			path);
	program = rootfs_find(rootfs, path);
	if (!program)
		return error_set(e, ENOEXEC,
			"a script for %s, which is not in the image: add the recipe that installs it",
			path);
	if (!S_ISREG(program->mode) || !(program->mode & 0111))
		return error_set(
			e, ENOEXEC, "a script for %s, which is no program", path);
	return 0;
}

/* What execve(2) would say to an executable file. */
static int
check_program(const struct rootfs *rootfs, const struct elf_input *in, const char *arch,
	struct error *e)
{
	char line[SCRIPT_LINE] = "";
	struct elf elf;
	int r;

	if (in->size == 0)
		return error_set(
			e, ENOEXEC, "an empty file, not a program: drop its x bit");
	if (!elf_bytes(in, 0, line,
		    in->size < sizeof(line) ? (size_t)in->size : sizeof(line) - 1))
		return error_set(e, EIO, "cannot be read");
	if (line[0] == '#' && line[1] == '!')
		return check_script(rootfs, line, e);
	r = elf_read(&elf, in, e);
	if (r == -ENOEXEC)
		return error_set(e, ENOEXEC,
			"not a program: neither ELF nor a \"#!\" line: drop its x bit");
	return r < 0 ? r : elf_check_static(&elf, arch, e);
}

static int
check_module(const struct elf_input *in, const char *arch, const char *vermagic,
	struct error *e)
{
	struct modinfo info;
	struct elf elf;
	int r = modinfo_read(&info, in, e);

	if (r == 0)
		r = elf_read(&elf, in, e);
	if (r == 0)
		r = elf_check_arch(&elf, arch, e);
	if (r == 0 && vermagic[0] == '\0')
		r = error_set(e, EINVAL,
			"a kernel module, but the board's kernel loads none: add the fragment modules to [kernel] config");
	else if (r == 0)
		r = modinfo_check_kernel(&info, vermagic, e);
	modinfo_free(&info);
	return r;
}

static int
check_file(const struct rootfs *rootfs, const struct rootfs_entry *entry,
	const char *arch, const char *vermagic, struct error *e)
{
	struct elf_input in;
	struct error why;
	int r;

	if (!S_ISREG(entry->mode) || (!rootfs_is_module(entry) && !(entry->mode & 0111)))
		return 0;
	r = rootfs_open(entry, &in, e);
	if (r < 0)
		return r;
	if (rootfs_is_module(entry))
		r = check_module(&in, arch, vermagic, &why);
	else
		r = check_program(rootfs, &in, arch, &why);
	rootfs_close(&in);
	return r < 0 ? rootfs_blame(entry, r, &why, e) : 0;
}

/* The program that `who` starts is there and may be executed. */
static int
check_start(const struct rootfs *rootfs, const char *who, const char *program,
	const char *advice, struct error *e)
{
	const struct rootfs_entry *entry = rootfs_find(rootfs, program);

	if (!entry)
		return error_set(e, ENOENT, "%s: %s is not in the image: %s", who,
			program, advice);
	if (!S_ISREG(entry->mode))
		return error_set(e, ENOEXEC, "%s: %s is no regular file (%s)", who,
			program, entry->path);
	if (!(entry->mode & 0111))
		return error_set(e, EACCES,
			"%s: %s is not executable: its mode is %04o (%s)", who, program,
			entry->mode & 07777, entry->origin);
	return 0;
}

static int
check_services(const struct rootfs *rootfs, const struct board *board, struct error *e)
{
	for (size_t i = 0; i < board->service_count; i++) {
		const struct service *service = &board->services[i];
		char who[512];
		int r;

		if (service->arguments.count == 0)
			return error_set(
				e, EINVAL, "%s: ExecStart= is missing", service->file);
		snprintf(who, sizeof(who), "%s: ExecStart", service->file);
		r = check_start(rootfs, who, service->arguments.item[0],
			"add the recipe that installs it to [image] recipes of the board",
			e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
check_health(const struct rootfs *rootfs, const struct board *board, struct error *e)
{
	const struct strlist *const commands[] = {
		&board->health.healthy, &board->health.unhealthy};
	int r = 0;

	for (size_t i = 0; i < 2 && r == 0; i++)
		if (commands[i]->count > 0)
			r = check_start(rootfs, board->file, commands[i]->item[0],
				"[health] needs the recipe that installs it in [image] recipes",
				e);
	return r;
}

/* What checks the board's file systems before they are mounted. */
static int
check_mounts(const struct rootfs *rootfs, const struct board *board, struct error *e)
{
	const struct board_mounts *mounts = &board->mounts;
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++) {
		char who[512];

		if (mounts->mount[i].check == CHECK_NONE)
			continue;
		snprintf(who, sizeof(who), "%s: %s", mounts->origin[i],
			mounts->mount[i].path);
		r = check_start(rootfs, who, BOARD_FSCK,
			"add the recipe e2fsprogs to [image] recipes of the board, or say fsck=no",
			e);
	}
	return r;
}

int
rootfs_check(const struct rootfs *rootfs, const struct board *board, const char *vermagic,
	struct error *e)
{
	int r = check_start(rootfs, board->file, "/init",
		"the kernel starts it: add the recipe pid1 to [image] recipes", e);

	if (r == 0 && board->selfcheck)
		r = check_start(rootfs, board->file, "/sbin/selfcheck",
			"selfcheck = yes needs the recipe selfcheck in [image] recipes",
			e);
	if (r == 0 && board->power.loader.count > 0)
		r = check_start(rootfs, board->file, board->power.loader.item[0],
			"[kexec] loader needs the recipe that installs it in [image] recipes",
			e);
	if (r == 0)
		r = check_services(rootfs, board, e);
	if (r == 0)
		r = check_health(rootfs, board, e);
	if (r == 0)
		r = check_mounts(rootfs, board, e);
	for (size_t i = 0; i < rootfs->count && r == 0; i++)
		r = check_file(rootfs, &rootfs->entry[i], board->arch, vermagic, e);
	return r;
}
