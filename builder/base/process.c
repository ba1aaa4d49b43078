/* SPDX-License-Identifier: ISC */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"

extern char **environ;

/* In the child: never returns. What goes wrong is one errno in the pipe, which exec
 * closes. */
_Noreturn static void
child(const char *const *argv, const char *const *env, const int fds[3], int report)
{
	sigset_t none;
	int fd[3], code;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Lifted above 2 first: one may stand in another's place. */
	for (int i = 0; i < 3; i++) {
		fd[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (fd[i] < 0)
			goto fail;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(fd[i], i) < 0)
			goto fail;
	/* The exec family takes pointers to what it does not change: POSIX, execve,
	 * rationale. */
	execvpe(argv[0], (char *const *)(uintptr_t)argv,
		env ? (char *const *)(uintptr_t)env : environ);
fail:
	code = errno;
	io_write_full(report, &code, sizeof(code));
	_exit(127);
}

/* Starts it; its process id or -errno. */
static int
start(const char *const *argv, const char *const *env, int out_fd, int err_fd)
{
	int report[2] = {-1, -1}, fds[3], code = 0, r;
	pid_t pid;

	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = out_fd < 0 ? 1 : out_fd;
	fds[2] = err_fd < 0 ? 2 : err_fd;
	/* Above 2, so that the child's dup2(2) cannot hit it. */
	if (fds[0] < 0 || pipe2(report, O_CLOEXEC) < 0) {
		r = -errno;
		goto out;
	}
	if (report[1] < 3) {
		int high = fcntl(report[1], F_DUPFD_CLOEXEC, 3);

		r = -errno;
		if (high < 0)
			goto out;
		close(report[1]);
		report[1] = high;
	}
	pid = fork();
	if (pid == 0)
		child(argv, env, fds, report[1]);
	r = pid < 0 ? -errno : pid;
	close(report[1]);
	report[1] = -1;
	if (r > 0 && io_read_full(report[0], &code, sizeof(code)) == 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		r = -code;
	}
out:
	if (fds[0] >= 0)
		close(fds[0]);
	if (report[0] >= 0)
		close(report[0]);
	if (report[1] >= 0)
		close(report[1]);
	return r;
}

static int
wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
process_run(const char *const *argv, const char *const *env, int out_fd, int err_fd,
	struct error *e)
{
	pid_t pid;
	int r;

	pid = start(argv, env, out_fd, err_fd);
	if (pid < 0)
		return error_set(e, -pid, "%s: cannot run: %s", argv[0], strerror(-pid));
	r = wait_status(pid);
	if (r < 0)
		return error_set(
			e, -r, "%s: cannot wait for it: %s", argv[0], strerror(-r));
	return r;
}

/* Everything the pipe gives, at most max bytes. */
static int
collect(int fd, size_t max, char **text, size_t *size)
{
	size_t room = 4096, at = 0;
	char *buffer = malloc(room + 1);
	int r = buffer ? 0 : -ENOMEM;

	while (r == 0) {
		ssize_t n = read(fd, buffer + at, room - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		at += (size_t)n;
		if (at > max) {
			r = -EFBIG;
		} else if (at == room) {
			char *grown = realloc(buffer, room * 2 + 1);

			if (grown) {
				buffer = grown;
				room *= 2;
			} else {
				r = -ENOMEM;
			}
		}
	}
	if (r < 0) {
		free(buffer);
		return r;
	}
	buffer[at] = '\0';
	*text = buffer;
	*size = at;
	return 0;
}

int
process_capture(
	const char *const *argv, size_t max, char **text, size_t *size, struct error *e)
{
	int fds[2], status, r;
	pid_t pid;

	*text = NULL;
	*size = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set(
			e, errno, "%s: cannot make a pipe: %s", argv[0], strerror(errno));
	pid = start(argv, NULL, fds[1], -1);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return error_set(e, -pid, "%s: cannot run: %s", argv[0], strerror(-pid));
	}
	r = collect(fds[0], max, text, size);
	/* Closed first: a program that writes on gets SIGPIPE and ends. */
	close(fds[0]);
	if (r < 0)
		kill(pid, SIGTERM);
	status = wait_status(pid);
	if (r == -EFBIG)
		return error_set(
			e, EFBIG, "%s: printed more than %zu bytes", argv[0], max);
	if (r == 0 && status < 0)
		r = status;
	if (r < 0)
		return error_set(e, -r, "%s: cannot read what it prints: %s", argv[0],
			strerror(-r));
	return status;
}
