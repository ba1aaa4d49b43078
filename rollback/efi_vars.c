/* SPDX-License-Identifier: ISC */
#include "efi_vars.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/error.h"

/* EFI_GLOBAL_VARIABLE. */
#define GLOBAL	   "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ATTRIBUTES 7 /* NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS */
#define HEAD	   4 /* bytes of attributes before the data: Linux, efivarfs.rst */
#define MOST	   4096 /* bytes of a variable that is of use here */
#define NAME	   64

static void
make_name(const char *variable, char name[NAME])
{
	snprintf(name, NAME, "%s-" GLOBAL, variable);
}

static int
folder_get(struct efi_vars *vars, const char *variable, void *data, size_t room,
	size_t *size)
{
	const struct efi_vars_folder *of = (const struct efi_vars_folder *)vars;
	uint8_t bytes[HEAD + MOST + 1];
	char name[NAME];
	ssize_t n;
	int fd;

	make_name(variable, name);
	fd = openat(of->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	/* One call: between two the variable may change. */
	do
		n = read(fd, bytes, sizeof(bytes));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	if (n < HEAD)
		return -ENOENT;
	if ((size_t)n - HEAD > room || (size_t)n == sizeof(bytes))
		return -EFBIG;
	*size = (size_t)n - HEAD;
	memcpy(data, bytes + HEAD, *size);
	return 0;
}

/* The kernel guards variables that it does not know against rm -r with this flag. */
static void
make_mutable(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int flags = 0;

	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL)) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

/* One write is one SetVariable. */
static int
write_variable(int folder, const char *name, const void *data, size_t size)
{
	uint8_t bytes[HEAD + MOST] = {ATTRIBUTES};
	ssize_t n;
	int fd, r = 0;

	fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	memcpy(bytes + HEAD, data, size);
	do
		n = write(fd, bytes, HEAD + size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		r = -errno;
	else if ((size_t)n != HEAD + size)
		r = -EIO;
	/* A plain file has to be cut where a variable is replaced. */
	if (r == 0 && ftruncate(fd, (off_t)(HEAD + size)) < 0 && errno != EPERM &&
		errno != EINVAL)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int
folder_put(struct efi_vars *vars, const char *variable, const void *data, size_t size)
{
	const struct efi_vars_folder *of = (const struct efi_vars_folder *)vars;
	uint8_t back[MOST];
	char name[NAME];
	size_t have;
	int r;

	if (size > MOST)
		return -EFBIG;
	make_name(variable, name);
	make_mutable(of->folder, name);
	r = write_variable(of->folder, name, data, size);
	/* Firmware is known that says yes and keeps nothing. */
	if (r == 0)
		r = folder_get(vars, variable, back, sizeof(back), &have);
	if (r == 0 && (have != size || memcmp(back, data, size) != 0))
		r = -EIO;
	return r;
}

static int
folder_drop(struct efi_vars *vars, const char *variable)
{
	const struct efi_vars_folder *of = (const struct efi_vars_folder *)vars;
	char name[NAME];

	make_name(variable, name);
	make_mutable(of->folder, name);
	return unlinkat(of->folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* The number in "Boot001A-8be4...", or -1. */
static long
entry_number(const char *name)
{
	char digits[5], *end;
	long number;

	if (strlen(name) != 9 + strlen(GLOBAL) || strncmp(name, "Boot", 4) != 0 ||
		strspn(name + 4, "0123456789ABCDEF") != 4 || name[8] != '-' ||
		strcmp(name + 9, GLOBAL) != 0)
		return -1;
	memcpy(digits, name + 4, 4);
	digits[4] = '\0';
	number = strtol(digits, &end, 16);
	return *end ? -1 : number;
}

static int
folder_list(struct efi_vars *vars, uint8_t used[EFI_NUMBERS / 8])
{
	const struct efi_vars_folder *of = (const struct efi_vars_folder *)vars;
	int fd = openat(of->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	struct dirent *entry;
	DIR *dir;

	memset(used, 0, EFI_NUMBERS / 8);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		long number = entry_number(entry->d_name);

		if (number >= 0)
			used[number / 8] |= (uint8_t)(1u << number % 8);
	}
	r = -errno;
	closedir(dir);
	return r;
}

static void
set_up(struct efi_vars_folder *of, int folder)
{
	*of = (struct efi_vars_folder){
		.vars = {.name = "the firmware's variables",
			.get = folder_get,
			.put = folder_put,
			.drop = folder_drop,
			.list = folder_list},
		.folder = folder,
	};
}

int
efi_vars_open(struct efi_vars_folder *of, struct error *e)
{
	long fs = syscall(SYS_fsopen, "efivarfs", FSOPEN_CLOEXEC);
	long mount = -1;
	int r;

	set_up(of, -1);
	if (fs >= 0 &&
		syscall(SYS_fsconfig, (int)fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = syscall(SYS_fsmount, (int)fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (mount < 0)
		r = error_set(e, errno,
			"cannot see the firmware's variables: %s (efivarfs; started by UEFI?)",
			strerror(errno));
	else
		r = 0;
	of->folder = (int)mount;
	if (fs >= 0)
		close((int)fs);
	return r;
}

int
efi_vars_open_folder(struct efi_vars_folder *of, const char *path, struct error *e)
{
	set_up(of, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (of->folder < 0)
		return error_set(e, errno, "%s: cannot open: %s", path, strerror(errno));
	return 0;
}

void
efi_vars_close(struct efi_vars_folder *of)
{
	if (of->folder >= 0)
		close(of->folder);
	of->folder = -1;
}

void
efi_vars_boot_name(uint16_t number, char text[9])
{
	snprintf(text, 9, "Boot%04X", (unsigned)number);
}
