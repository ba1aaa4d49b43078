/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "sandbox_parts.h"
#include "builder/base/xalloc.h"

/*
 * --sandbox=none: for a host where user namespaces are not to be had, but root is. The
 * script sees the same files and its processes end with it; it is root, which no mount
 * keeps in.
 */
static int
fail(struct error *e, const char *what)
{
	return error_set(e, errno, "--sandbox=none: %s: %s", what, strerror(errno));
}

/* Makes what path (below top) needs to be mounted on: a folder, or a file in one. */
static int
make_point(const char *path, bool folder)
{
	char *copy = xstrdup(path);
	int fd = -1;

	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(copy, 0755);
		*at = '/';
	}
	free(copy);
	if (folder)
		return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	return close(fd);
}

static int
bind(const char *top, const struct sandbox_bind *bind, struct error *e)
{
	char *point = xasprintf("%s%s", top, bind->guest);
	unsigned long flags = MS_BIND | MS_REMOUNT | MS_NOSUID;
	struct stat st;
	int result = 0;

	if (!bind->writable)
		flags |= MS_RDONLY;
	if (stat(bind->host, &st) < 0 || make_point(point, S_ISDIR(st.st_mode)) < 0 ||
		mount(bind->host, point, NULL, MS_BIND, NULL) < 0 ||
		(!S_ISCHR(st.st_mode) && mount(NULL, point, NULL, flags, NULL) < 0))
		result = fail(e, bind->guest);
	free(point);
	return result;
}

static int
mount_tmpfs(const char *top, const char *guest, unsigned long long size, const char *mode,
	struct error *e)
{
	char *point = xasprintf("%s%s", top, guest);
	char *data = xasprintf("size=%llu,mode=%s", size, mode);
	int result = 0;

	if (make_point(point, true) < 0 ||
		mount("tmpfs", point, "tmpfs", MS_NOSUID | MS_NODEV, data) < 0)
		result = fail(e, guest);
	free(data);
	free(point);
	return result;
}

static int
write_text(const char *top, const char *guest, const char *text, struct error *e)
{
	char *path = xasprintf("%s%s", top, guest);
	int fd, result = make_point(path, false);

	fd = result < 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || io_write_full(fd, text, strlen(text)) < 0 || fchmod(fd, 0444) < 0)
		result = fail(e, guest);
	if (fd >= 0)
		close(fd);
	free(path);
	return result;
}

static int
make_links(const char *top, struct error *e)
{
	static const char *const links[][2] = {
		{"/bin", "usr/bin"},
		{"/sbin", "usr/sbin"},
		{"/lib", "usr/lib"},
		{"/lib64", "usr/lib64"},
		{"/dev/fd", "/proc/self/fd"},
		{"/dev/stdin", "/proc/self/fd/0"},
		{"/dev/stdout", "/proc/self/fd/1"},
		{"/dev/stderr", "/proc/self/fd/2"},
	};

	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		char *path = xasprintf("%s%s", top, links[i][0]);

		if (symlink(links[i][1], path) < 0)
			return fail(e, links[i][0]);
		free(path);
	}
	return 0;
}

static int
mount_view(const struct sandbox *sandbox, const char *top, struct error *e)
{
	static const char *const nodes[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
	char *usr = xasprintf("%s/usr", sandbox->root);
	char *proc = xasprintf("%s/proc", top), *shm = xasprintf("%s/dev/shm", top);
	int result;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", top, "tmpfs", MS_NOSUID, "size=16m,mode=755") < 0)
		return fail(e, "cannot mount a root");
	result = bind(top, &(struct sandbox_bind){usr, "/usr", false}, e);
	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0] && result == 0; i++)
		result = bind(top, &(struct sandbox_bind){nodes[i], nodes[i], true}, e);
	if (result == 0)
		result = make_links(top, e);
	if (result == 0 && (mkdir(shm, 01777) < 0 || mkdir(proc, 0755) < 0 ||
				   mount("proc", proc, "proc",
					   MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0))
		result = fail(e, "/proc");
	if (result == 0)
		result = write_text(top, "/etc/passwd", SANDBOX_PASSWD_TEXT, e);
	if (result == 0)
		result = write_text(top, "/etc/group", SANDBOX_GROUP_TEXT, e);
	if (result == 0)
		result = mount_tmpfs(top, "/tmp", SANDBOX_TMP_SIZE, "1777", e);
	if (result == 0)
		result = mount_tmpfs(top, "/build", SANDBOX_BUILD_SIZE, "0755", e);
	for (size_t i = 0; i < sandbox->bind_count && result == 0; i++)
		result = bind(top, &sandbox->bind[i], e);
	if (result == 0 &&
		mount(NULL, top, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID,
			NULL) < 0)
		result = fail(e, "/");
	free(shm);
	free(proc);
	free(usr);
	return result;
}

/* Waits for one child, reaping others; ends as it ended. */
static _Noreturn void
follow(pid_t pid)
{
	int status;

	close(SANDBOX_STATUS);
	for (;;) {
		pid_t gone = waitpid(-1, &status, 0);

		if (gone == pid)
			_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						  : WEXITSTATUS(status));
		if (gone < 0 && errno != EINTR)
			_exit(1);
	}
}

static int
become(const struct sandbox_child *child, struct error *e)
{
	const struct sandbox *sandbox = child->sandbox;

	close(SANDBOX_PASSWD);
	close(SANDBOX_GROUP);
	(void)fcntl(SANDBOX_STATUS, F_SETFD, FD_CLOEXEC);
	if (chdir(child->top) < 0 || chroot(".") < 0 || chdir(sandbox->cwd) < 0)
		return fail(e, sandbox->cwd);
	setsid();
	execve(sandbox->argv[0], (char *const *)(uintptr_t)sandbox->argv,
		child->env_vector);
	return fail(e, sandbox->argv[0]);
}

int
sandbox_enter_plain(const struct sandbox_child *child, struct error *e)
{
	int result;
	pid_t pid;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC) < 0)
		return error_set(e, errno,
			"--sandbox=none: cannot unshare mounts: %s: a container needs --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined",
			strerror(errno));
	pid = fork();
	if (pid > 0)
		follow(pid);
	/* Process 1 of the new namespace: when it ends, the kernel ends all others. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pid < 0 || sethostname("ingot", 5) < 0)
		return fail(e, "cannot start");
	result = mount_view(child->sandbox, child->top, e);
	if (result < 0)
		return result;
	pid = fork();
	if (pid > 0)
		follow(pid);
	return pid < 0 ? fail(e, "cannot start") : become(child, e);
}
