/* SPDX-License-Identifier: ISC */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/base/clock.h"
#include "pid1/log/log.h"
#include "pid1/power/watchdog.h"

#define LOAD_MS 10000 /* for a module's own start, which runs in the kernel */
#define LOCK	"/proc/sys/kernel/modules_disabled"

/* In a child: 0 or errno. */
static int
load(const struct config_module *module)
{
	int fd = open(module->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return syscall(SYS_finit_module, fd, module->parameters, 0) == 0 ? 0 : errno;
}

/* The child's errno; -ETIMEDOUT: it is still at it, and may be beyond killing. */
static int
wait_for(pid_t pid)
{
	struct pollfd poll_fd = {.events = POLLIN};
	siginfo_t info = {.si_pid = 0};
	const uint64_t end = clock_ms() + LOAD_MS;
	int ready;

	poll_fd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (poll_fd.fd < 0)
		return -errno;
	do {
		watchdog_feed(clock_ms());
		ready = poll(&poll_fd, 1, LOAD_MS / 20);
	} while (ready <= 0 && clock_ms() < end);
	close(poll_fd.fd);
	if (ready <= 0) {
		kill(pid, SIGKILL);
		return -ETIMEDOUT;
	}
	if (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 || info.si_code != CLD_EXITED)
		return EIO; /* the kernel killed it: an oops in the module's start */
	return info.si_status;
}

/* Those after it may do without it; what cannot is refused by the kernel. */
static void
load_one(const struct config_module *module)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	int r;

	if (pid == 0)
		_exit(load(module));
	r = pid < 0 ? -errno : wait_for((pid_t)pid);
	/* EEXIST: built in, or loaded by the kernel on its own: what was wanted. */
	if (r == 0)
		log_say("module %s: loaded", module->name);
	else if (r == -ETIMEDOUT)
		log_say("module %s: its start does not end within %d ms: left alone",
			module->name, LOAD_MS);
	else if (r != EEXIST)
		log_say("module %s: cannot load %s: %s", module->name, module->path,
			strerror(r < 0 ? -r : r));
}

static void
lock(void)
{
	int fd = open(LOCK, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		log_say("modules: cannot lock: " LOCK ": %s", strerror(errno));
	else
		log_say("modules: locked, none can be loaded from now on");
	if (fd >= 0)
		close(fd);
}

bool
module_locked(void)
{
	char digit = '0';
	int fd = open(LOCK, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!read(fd, &digit, 1);
		close(fd);
	}
	return digit == '1';
}

void
module_load_all(const struct config *config)
{
	for (size_t i = 0; i < config->module_count; i++)
		load_one(&config->modules[i]);
	if (config->lock_modules)
		lock();
}
