/* SPDX-License-Identifier: ISC */
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/config_service.h"
#include "lib/partuuid.h"
#include "pid1/log/log.h"

/*
 * A view is a folder in VIEWS that holds nothing but mount points and, where it has more
 * than everybody's, device nodes. It is made at a service's first start and stays; each
 * start binds it read-only as the root of a new mount namespace, moves the binds into it
 * and drops the old root. The new mount calls build a mount complete with its flags before
 * anything can see it.
 */
#define VIEWS	  "/run/view"
#define DEVICES	  VIEWS "/.dev" /* /dev of those that ask for no more; no service's name */
#define MNT_LAZY  2 /* MNT_DETACH: <sys/mount.h> and <linux/mount.h> do not mix */
#define NAME_SIZE 65
#define ANSWER_MS 4000 /* of a disk, where a device is named by its GUID */

static long
sys_open_tree(const char *path, unsigned flags)
{
	return syscall(SYS_open_tree, AT_FDCWD, path,
		flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static int
sys_move_mount(int tree_fd, int dir_fd, const char *to)
{
	return (int)syscall(
		SYS_move_mount, tree_fd, "", dir_fd, to, MOVE_MOUNT_F_EMPTY_PATH);
}

static int
set_flags(int tree_fd, uint64_t flags)
{
	struct mount_attr attr = {.attr_set = flags};

	return (int)syscall(SYS_mount_setattr, tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE,
		&attr, sizeof(attr));
}

/* A new file system, detached: a descriptor or -1. option and value may be NULL. */
static int
make_filesystem(const char *type, const char *const options[][2], unsigned flags)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), fd = -1;

	if (fs < 0)
		return -1;
	for (size_t i = 0; options[i][0]; i++)
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, options[i][0],
			    options[i][1], 0) < 0)
			goto out;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, flags);
out:
	close(fs);
	return fd;
}

/* Makes the folders before the last part of an absolute path below dir_fd, and that part
 * itself as a folder or an empty file. */
static int
make_point(int dir_fd, const char *path, bool folder)
{
	char part[4096];
	size_t length = strlen(path);
	int fd;

	if (length >= sizeof(part))
		return -1;
	memcpy(part, path, length + 1);
	for (char *p = strchr(part + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(dir_fd, part + 1, 0755) < 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	if (folder)
		return mkdirat(dir_fd, part + 1, 0755) < 0 && errno != EEXIST ? -1 : 0;
	fd = openat(dir_fd, part + 1, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
	return fd < 0 ? -1 : close(fd);
}

/* In place of what is there; an owner of 0 is the device's root, as who makes it is. */
static int
make_node(int dir_fd, const char *path, mode_t mode, dev_t device, uid_t owner)
{
	const mode_t mask = umask(0);
	int r = mknodat(dir_fd, path + 1, mode, device);

	if (r < 0 && errno == EEXIST && unlinkat(dir_fd, path + 1, 0) == 0)
		r = mknodat(dir_fd, path + 1, mode, device);
	umask(mask);
	if (r < 0 || owner == 0)
		return r;
	return fchownat(dir_fd, path + 1, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW);
}

/* The devices that every view has; dir_fd is that of its root. */
static int
make_nodes(int dir_fd, const char *folder)
{
	static const struct {
		const char *name;
		unsigned minor;
	} nodes[] = {
		{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
	char path[32];

	if (mkdirat(dir_fd, folder + 1, 0755) < 0 && errno != EEXIST)
		return -1;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, nodes[i].name);
		if (make_node(dir_fd, path, S_IFCHR | 0666, makedev(1, nodes[i].minor),
			    0) < 0)
			return -1;
	}
	return 0;
}

void
view_setup(void)
{
	static const char *const options[][2] = {
		{"mode", "0700"}, {"size", "4m"}, {"nr_inodes", "32768"}, {NULL, NULL}};
	int fd;

	if (mkdir(VIEWS, 0700) < 0 && errno != EEXIST) {
		log_say("%s: cannot make: %s", VIEWS, strerror(errno));
		return;
	}
	fd = make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (fd < 0 || sys_move_mount(fd, AT_FDCWD, VIEWS) < 0)
		log_say("%s: cannot mount: %s", VIEWS, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (make_nodes(AT_FDCWD, DEVICES) < 0)
		log_say("%s: cannot make: %s", DEVICES, strerror(errno));
}

/* True if its /dev holds what the others' does not. */
static bool
has_own_devices(const struct config_isolation *isolation)
{
	if (isolation->device_count > 0)
		return true;
	for (uint16_t i = 0; i < isolation->bind_count; i++)
		if (strncmp(isolation->binds[i].to, "/dev/", 5) == 0)
			return true;
	return false;
}

/* Its folder in VIEWS, made where it is not yet there: a descriptor, or -1. */
static int
open_skeleton(const char *path, bool own_devices)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		if (mkdir(path, 0755) < 0)
			return -1;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	/* The last one made says that it is complete. */
	if (fd < 0 || faccessat(fd, "tmp", F_OK, 0) == 0)
		return fd;
	if (own_devices ? make_nodes(fd, "/dev") < 0
			: mkdirat(fd, "dev", 0755) < 0 && errno != EEXIST)
		return -1;
	return mkdirat(fd, "tmp", 0755) < 0 && errno != EEXIST ? -1 : fd;
}

/* Which node stands for it, and where its own is to be: one that has a GUID is not told what
 * the kernel calls it. */
static int
find_device(const char *name, struct partuuid_found *found, char to[PARTUUID_PATH],
	struct stat *st)
{
	struct partuuid where = {.ms = ANSWER_MS};
	char text[GPT_GUID_TEXT];
	uint8_t guid[GPT_GUID];
	int r;

	if (!partuuid_parse(name, guid))
		return stat(name, st);
	r = partuuid_find(&where, name, found, NULL);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	gpt_guid_text(guid, text);
	snprintf(to, PARTUUID_PATH, PARTUUID_FOLDER "/%s", text);
	return stat(found->path, st);
}

/* Nodes like those of the device's /dev, but its own: no other user's rights matter. */
static int
add_devices(int skeleton_fd, const struct config_isolation *isolation, int32_t *failed)
{
	for (uint16_t i = 0; i < isolation->device_count; i++) {
		const struct config_device *device = &isolation->devices[i];
		struct partuuid_found found;
		char to[PARTUUID_PATH] = "";
		const char *path = device->path;
		mode_t mode = 0;
		struct stat st;

		*failed = CONFIG_BINDS + i;
		if (find_device(path, &found, to, &st) < 0) {
			if (device->access & DEVICE_OPTIONAL)
				continue;
			return -1;
		}
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) {
			errno = ENODEV;
			return -1;
		}
		if (device->access & DEVICE_READ)
			mode |= 0400;
		if (device->access & DEVICE_WRITE)
			mode |= 0200;
		path = to[0] ? to : path;
		/* Its folder, such as /dev/dri, by way of a file that the node replaces.
		 */
		if (make_point(skeleton_fd, path, false) < 0 ||
			make_node(skeleton_fd, path, (st.st_mode & S_IFMT) | mode,
				st.st_rdev, isolation->uid) < 0)
			return -1;
	}
	return 0;
}

/* Moves a detached mount to its point, which is made if it is not there. */
static int
place(int tree_fd, int root_fd, int skeleton_fd, const char *to)
{
	struct stat st;

	if (sys_move_mount(tree_fd, root_fd, to + 1) == 0)
		return 0;
	if (errno != ENOENT || fstat(tree_fd, &st) < 0)
		return -1;
	if (make_point(skeleton_fd, to, S_ISDIR(st.st_mode)) < 0)
		return -1;
	return sys_move_mount(tree_fd, root_fd, to + 1);
}

static int
place_tmp(int root_fd, const struct config_isolation *isolation)
{
	char size[24];
	const char *const options[][2] = {{"mode", "1777"}, {"size", size}, {NULL, NULL}};
	int fd, r;

	snprintf(size, sizeof(size), "%llu", (unsigned long long)isolation->tmp_size);
	fd = make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (fd < 0)
		return -1;
	r = sys_move_mount(fd, root_fd, "tmp");
	close(fd);
	return r;
}

static int
place_devices(int root_fd)
{
	int fd = (int)sys_open_tree(DEVICES, 0), r;

	if (fd < 0)
		return -1;
	r = set_flags(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (r == 0)
		r = sys_move_mount(fd, root_fd, "dev");
	close(fd);
	return r;
}

/* The tree of a bind; /proc of a service with its own PIDs shows these. */
static int
open_bind(const struct config_bind *bind, bool own_pids)
{
	static const char *const none[][2] = {{NULL, NULL}};

	if (own_pids && strcmp(bind->from, "/proc") == 0)
		return make_filesystem("proc", none, MOUNT_ATTR_NOEXEC);
	return (int)sys_open_tree(bind->from, AT_RECURSIVE);
}

static int
place_bind(int root_fd, int skeleton_fd, const struct config_bind *bind, bool own_pids)
{
	uint64_t flags = MOUNT_ATTR_NOSUID;
	int fd = open_bind(bind, own_pids), r;

	if (fd < 0)
		return bind->flags & BIND_OPTIONAL && errno == ENOENT ? 0 : -1;
	if (!(bind->flags & BIND_WRITABLE))
		flags |= MOUNT_ATTR_RDONLY;
	if (!(bind->flags & BIND_DEVICES))
		flags |= MOUNT_ATTR_NODEV;
	r = set_flags(fd, flags);
	if (r == 0)
		r = place(fd, root_fd, skeleton_fd, bind->to);
	close(fd);
	return r;
}

/* Its root: pivot_root(2), "pivot_root(".", ".")". */
static int
take_root(int root_fd)
{
	if (fchdir(root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	if (syscall(SYS_umount2, ".", MNT_LAZY) < 0)
		return -1;
	return chdir("/");
}

static int
build(const struct config_service *service, int32_t *failed)
{
	const struct config_isolation *isolation = &service->isolation;
	const bool own_pids = isolation->flags & ISOLATE_PIDS;
	const bool own_devices = has_own_devices(isolation);
	char path[sizeof(VIEWS) + NAME_SIZE];
	int skeleton_fd, root_fd;

	snprintf(path, sizeof(path), VIEWS "/%s", service->name);
	skeleton_fd = open_skeleton(path, own_devices);
	if (skeleton_fd < 0 || add_devices(skeleton_fd, isolation, failed) < 0)
		return -1;
	*failed = -1;
	root_fd = (int)sys_open_tree(path, 0);
	if (root_fd < 0 ||
		set_flags(root_fd,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC) < 0 ||
		sys_move_mount(root_fd, AT_FDCWD, path) < 0)
		return -1;
	if (!own_devices && place_devices(root_fd) < 0)
		return -1;
	if (isolation->flags & ISOLATE_TMP && place_tmp(root_fd, isolation) < 0)
		return -1;
	for (uint16_t i = 0; i < isolation->bind_count; i++) {
		*failed = i;
		if (place_bind(root_fd, skeleton_fd, &isolation->binds[i], own_pids) < 0)
			return -1;
	}
	*failed = -1;
	if (take_root(root_fd) < 0)
		return -1;
	/* A way back to the device's tree if kept. */
	close(skeleton_fd);
	close(root_fd);
	return 0;
}

int
view_enter(const struct config_service *service, int32_t *failed)
{
	*failed = -1;
	return build(service, failed) < 0 ? -errno : 0;
}
