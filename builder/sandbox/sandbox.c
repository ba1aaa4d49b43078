/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "jobserver.h"
#include "builder/base/host.h"
#include "builder/base/options.h"
#include "sandbox_parts.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define REPORT_MAX 4096

/* One run, and what the child reports of it. */
struct run {
	struct sandbox_child child;
	pid_t pid;
	int report; /* our end of SANDBOX_STATUS */
	char text[REPORT_MAX]; /* what came by it */
	size_t length;
	bool late; /* stopped for its timeout */
};

const char *
sandbox_isolation(void)
{
	return options.no_sandbox ? "none" : "bubblewrap";
}

static int
check_paths(const struct sandbox *sandbox, struct error *e)
{
	char *usr = xasprintf("%s/usr", sandbox->root);
	int result = 0;

	if (access(usr, X_OK) < 0)
		result = error_set(e, errno, "%s: no toolchain for the sandbox: %s", usr,
			strerror(errno));
	for (size_t i = 0; i < sandbox->bind_count && result == 0; i++)
		if (access(sandbox->bind[i].host, F_OK) < 0)
			result = error_set(e, errno,
				"%s: cannot show it to the sandbox as %s: %s",
				sandbox->bind[i].host, sandbox->bind[i].guest,
				strerror(errno));
	free(usr);
	return result;
}

/* A file without a name that holds text, read from its start. */
static int
text_fd(const char *text)
{
	int fd = memfd_create("ingot", MFD_CLOEXEC);

	if (fd < 0 || io_write_full(fd, text, strlen(text)) < 0 ||
		lseek(fd, 0, SEEK_SET) < 0)
		die("sandbox: cannot make a file in memory: %s", strerror(errno));
	return fd;
}

static void
make_env(struct sandbox_child *child)
{
	const struct sandbox *sandbox = child->sandbox;
	char flags[64];
	int result = 0;

	for (const char *const *at = sandbox->env; at && *at && result == 0; at++)
		result = strlist_add(&child->env, *at);
	if (sandbox->jobserver && jobserver_read_fd() >= 0) {
		/* As GNU make 4.3 hands it to its own children. */
		snprintf(flags, sizeof flags, "MAKEFLAGS= -j --jobserver-auth=%d,%d",
			SANDBOX_JOBS_READ, SANDBOX_JOBS_WRITE);
		if (result == 0)
			result = strlist_add(&child->env, flags);
		child->fd[SANDBOX_JOBS_READ] = jobserver_read_fd();
		child->fd[SANDBOX_JOBS_WRITE] = jobserver_write_fd();
	}
	if (result < 0)
		die("out of memory");
}

static char **
make_vector(const struct strlist *list)
{
	char **vector = xcalloc(list->count + 1, sizeof *vector);

	for (size_t i = 0; i < list->count; i++)
		vector[i] = list->item[i];
	return vector;
}

/* Where a plain root is mounted, in a mount namespace of its own: outside it stays empty.
 */
static char *
make_top(void)
{
	char *top = xstrdup("/tmp/ingot-root-XXXXXX");

	if (!mkdtemp(top))
		die("%s: cannot make a mount point: %s", top, strerror(errno));
	return top;
}

static int
prepare(struct run *run, const struct sandbox *sandbox, struct error *e)
{
	struct sandbox_child *child = &run->child;
	char *program;
	int ends[2];

	child->sandbox = sandbox;
	for (int i = 0; i < SANDBOX_FDS; i++)
		child->fd[i] = -1;
	make_env(child);
	if (options.no_sandbox) {
		if (geteuid() != 0)
			return error_set(e, EPERM,
				"--sandbox=none needs root, for a root folder of its own: run as root, or mend the sandbox (see `ingot doctor`)");
		child->top = make_top();
	} else {
		program = host_program("bwrap");
		if (!program)
			return error_set(e, ENOENT,
				"bwrap is not installed: run: apt-get install bubblewrap");
		sandbox_arguments(sandbox, program, &child->env, &child->arguments);
		free(program);
	}
	child->env_vector = make_vector(&child->env);
	child->vector = make_vector(&child->arguments);
	child->fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	child->fd[1] = child->fd[2] = sandbox->log_fd;
	child->fd[SANDBOX_PASSWD] = text_fd(SANDBOX_PASSWD_TEXT);
	child->fd[SANDBOX_GROUP] = text_fd(SANDBOX_GROUP_TEXT);
	if (child->fd[0] < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_set(e, errno, "sandbox: %s", strerror(errno));
	run->report = ends[0];
	child->fd[SANDBOX_STATUS] = ends[1];
	return 0;
}

static void
finish(struct run *run)
{
	struct sandbox_child *child = &run->child;

	if (child->top)
		rmdir(child->top);
	free(child->top);
	free(child->env_vector);
	free(child->vector);
	strlist_free(&child->env);
	strlist_free(&child->arguments);
	if (child->fd[0] >= 0)
		close(child->fd[0]);
	for (int i = SANDBOX_STATUS; i < SANDBOX_FDS; i++)
		if (child->fd[i] >= 0)
			close(child->fd[i]);
	if (run->report >= 0)
		close(run->report);
}

/* Takes what has come; false at the end of it, which is when nobody can report any more.
 */
static bool
read_report(struct run *run)
{
	char spare[256];
	size_t room = sizeof run->text - 1 - run->length;
	ssize_t n = room ? read(run->report, run->text + run->length, room)
			 : read(run->report, spare, sizeof spare);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (room)
		run->length += (size_t)n;
	return n > 0;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the child is gone; its wait status. */
static int
wait_child(struct run *run)
{
	unsigned timeout = run->child.sandbox->timeout_s;
	int64_t end = timeout ? now_ms() + (int64_t)timeout * 1000 : INT64_MAX;
	int pidfd = pidfd_open(run->pid, 0);
	struct pollfd wait[2] = {
		{.fd = pidfd, .events = POLLIN}, {.fd = run->report, .events = POLLIN}};
	int status = 0;

	if (pidfd < 0)
		die("sandbox: cannot watch its process: %s", strerror(errno));
	while (!wait[0].revents) {
		int64_t left = end - now_ms();

		if (left <= 0 && !run->late) {
			kill(run->pid,
				SIGKILL); /* and the kernel all that is in the sandbox */
			run->late = true;
		}
		if (run->late || left > 60000)
			left = 60000;
		if (poll(wait, 2, (int)left) < 0 && errno != EINTR)
			die("sandbox: poll: %s", strerror(errno));
		if (wait[1].revents && !read_report(run))
			wait[1].fd = -1;
	}
	close(pidfd);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	/* Nothing that is still to come can block: the writer is gone. */
	if (wait[1].fd >= 0 && fcntl(run->report, F_SETFL, O_NONBLOCK) == 0)
		while (poll(&wait[1], 1, 0) > 0 && read_report(run))
			;
	return status;
}

/* What the run came to. bubblewrap reports an exit code only of what it could start. */
static int
judge(struct run *run, int status, struct error *e)
{
	bool plain = run->child.top != NULL;

	run->text[run->length] = '\0';
	if (run->late)
		return error_set(e, ETIMEDOUT, "ran longer than %u s and was stopped",
			run->child.sandbox->timeout_s);
	if (run->length && run->text[0] != '{')
		return error_set(e, EPERM, "%s", run->text);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	if (plain || strstr(run->text, "\"exit-code\""))
		return WEXITSTATUS(status);
	if (sandbox_probe(e) < 0)
		return -EPERM;
	return error_set(e, EIO,
		"bubblewrap could not start %s in the sandbox: the last line of the log says why",
		run->child.sandbox->argv[0]);
}

int
sandbox_run(const struct sandbox *sandbox, struct error *e)
{
	static bool said;
	struct run run = {.report = -1};
	pid_t parent = getpid();
	int result = check_paths(sandbox, e);

	if (result < 0)
		return result;
	result = prepare(&run, sandbox, e);
	if (result == 0 && options.no_sandbox && !said) {
		said = true;
		warn("isolation: none: build scripts run as root of this host, as --sandbox=none asks");
	}
	if (result == 0) {
		fflush(NULL);
		run.pid = fork();
		if (run.pid == 0)
			sandbox_child(&run.child, parent);
		close(run.child.fd[SANDBOX_STATUS]);
		run.child.fd[SANDBOX_STATUS] = -1;
		result = run.pid < 0 ? error_set(e, errno, "sandbox: %s", strerror(errno))
				     : judge(&run, wait_child(&run), e);
	}
	finish(&run);
	return result;
}
