/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "builder/read/board.h"
#include "builder/base/host.h"
#include "qemu.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define ANSWER_SECONDS 10
#define STOP_MOMENTS   500 /* of 10 ms, from SIGTERM to SIGKILL */

static void
add(struct strlist *list, const char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
}

static void
add_all(struct strlist *list, const struct strlist *more)
{
	for (size_t i = 0; more && i < more->count; i++)
		add(list, more->item[i]);
}

void
qemu_arguments(const struct board *board, const char *image, struct strlist *arguments)
{
	char *text;

	if (!board->qemu.machine)
		die("%s: has no [qemu] machine: the board cannot be run here",
			board->file);
	text = xasprintf("qemu-system-%s", board->arch);
	add(arguments, text);
	free(text);
	add(arguments, "-accel");
	add(arguments, host_accelerator());
	add(arguments, "-machine");
	add(arguments, board->qemu.machine);
	if (board->qemu.cpu) {
		add(arguments, "-cpu");
		add(arguments, board->qemu.cpu);
	}
	add(arguments, "-m");
	text = xasprintf("%" PRIu64 "M", board->qemu.memory >> 20);
	add(arguments, text);
	free(text);
	if (image) {
		add(arguments, "-kernel");
		add(arguments, image);
	}
	add(arguments, "-nodefaults");
	add(arguments, "-display");
	add(arguments, "none");
	add(arguments, "-serial");
	add(arguments, "stdio");
	add_all(arguments, &board->qemu.arguments);
}

static _Noreturn void
machine_main(
	const struct strlist *arguments, int in, int out, int control, const char *log)
{
	int err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	char **argv = xcalloc(arguments->count + 1, sizeof *argv);

	for (size_t i = 0; i < arguments->count; i++)
		argv[i] = arguments->item[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
		fcntl(control, F_SETFD, 0) < 0)
		_exit(127);
	execvp(argv[0], argv);
	dprintf(2, "%s: %s: apt-get install qemu-system-x86\n", argv[0], strerror(errno));
	_exit(127);
}

/* QMP by a descriptor: a socket's path may be too long, or hold a comma. */
static void
add_control(struct strlist *arguments, int fd)
{
	char *text = xasprintf("socket,id=ingot,fd=%d", fd);

	add(arguments, "-chardev");
	add(arguments, text);
	add(arguments, "-mon");
	add(arguments, "chardev=ingot,mode=control");
	free(text);
}

void
qemu_start(struct qemu *qemu, const struct board *board, const char *image,
	const struct strlist *extra, const char *log)
{
	struct strlist arguments = {0};
	int in[2], out[2], control[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0)
		die("cannot make pipes: %s", strerror(errno));
	qemu_arguments(board, image, &arguments);
	add_control(&arguments, control[1]);
	add_all(&arguments, extra);
	fflush(NULL);
	qemu->pid = fork();
	if (qemu->pid < 0)
		die("cannot start QEMU: %s", strerror(errno));
	if (qemu->pid == 0)
		machine_main(&arguments, in[0], out[1], control[1], log);
	close(in[0]);
	close(out[1]);
	close(control[1]);
	qemu->to_guest = in[1];
	qemu->from_guest = out[0];
	qemu->control = control[0];
	strlist_free(&arguments);
}

int
qemu_reset(const struct qemu *qemu)
{
	static const char commands[] = "{\"execute\": \"qmp_capabilities\"}\n"
				       "{\"execute\": \"system_reset\"}\n";
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	char answer[4096];
	size_t length = 0;

	if (setsockopt(qemu->control, SOL_SOCKET, SO_RCVTIMEO, &patience,
		    sizeof patience) < 0)
		return -errno;
	/* What it said before is no answer: a guest's own reboot is the same event. */
	while (recv(qemu->control, answer, sizeof answer, MSG_DONTWAIT) > 0)
		;
	if (send(qemu->control, commands, sizeof commands - 1, MSG_NOSIGNAL) !=
		sizeof commands - 1)
		return -errno;
	for (;;) {
		ssize_t n = recv(
			qemu->control, answer + length, sizeof answer - 1 - length, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
		length += (size_t)n;
		answer[length] = '\0';
		if (strstr(answer, "\"RESET\""))
			return 0;
		if (length == sizeof answer - 1)
			length = 0;
	}
}

void
qemu_stop(struct qemu *qemu)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	pid_t gone = 0;

	if (!qemu->pid)
		return;
	kill(qemu->pid, SIGTERM);
	for (int i = 0; i < STOP_MOMENTS && gone == 0; i++) {
		gone = waitpid(qemu->pid, NULL, WNOHANG);
		if (gone == 0)
			nanosleep(&moment, NULL);
	}
	if (gone == 0) {
		kill(qemu->pid, SIGKILL);
		while (waitpid(qemu->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	qemu->pid = 0;
	close(qemu->to_guest);
	close(qemu->from_guest);
	close(qemu->control);
}
