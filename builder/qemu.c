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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/io.h"
#include "board.h"
#include "host.h"
#include "qemu.h"
#include "say.h"
#include "xalloc.h"

#define CONNECT_TRIES 50
#define CONNECT_US    100000

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
		die("%s: has no [qemu] machine: the board cannot be run here", board->file);
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
	add(arguments, "-kernel");
	add(arguments, image);
	add(arguments, "-nodefaults");
	add(arguments, "-display");
	add(arguments, "none");
	add(arguments, "-serial");
	add(arguments, "stdio");
	add_all(arguments, &board->qemu.arguments);
}

static _Noreturn void
machine_main(const struct strlist *arguments, int in, int out, const char *log)
{
	int err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	char **argv = xcalloc(arguments->count + 1, sizeof *argv);

	for (size_t i = 0; i < arguments->count; i++)
		argv[i] = arguments->item[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	execvp(argv[0], argv);
	dprintf(2, "%s: %s: apt-get install qemu-system-x86\n", argv[0], strerror(errno));
	_exit(127);
}

void
qemu_start(struct qemu *qemu, const struct board *board, const char *image,
	const struct strlist *extra, const char *dir)
{
	struct strlist arguments = { 0 };
	char *text, *log = xasprintf("%s/qemu.log", dir);
	int in[2], out[2];

	qemu->socket = xasprintf("%s/qmp", dir);
	unlink(qemu->socket);
	qemu_arguments(board, image, &arguments);
	add(&arguments, "-qmp");
	text = xasprintf("unix:%s,server=on,wait=off", qemu->socket);
	add(&arguments, text);
	free(text);
	add_all(&arguments, extra);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die("cannot make pipes: %s", strerror(errno));
	fflush(NULL);
	qemu->pid = fork();
	if (qemu->pid < 0)
		die("cannot start QEMU: %s", strerror(errno));
	if (qemu->pid == 0)
		machine_main(&arguments, in[0], out[1], log);
	close(in[0]);
	close(out[1]);
	qemu->to_guest = in[1];
	qemu->from_guest = out[0];
	strlist_free(&arguments);
	free(log);
}

static int
connect_qmp(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof address.sun_path) {
		close(fd);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	for (int i = 0; i < CONNECT_TRIES; i++) {
		if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
			return fd;
		usleep(CONNECT_US);
	}
	close(fd);
	return -ETIMEDOUT;
}

int
qemu_reset(const struct qemu *qemu)
{
	static const char commands[] = "{\"execute\": \"qmp_capabilities\"}\n"
				       "{\"execute\": \"system_reset\"}\n";
	char answer[4096];
	size_t length = 0;
	int fd = connect_qmp(qemu->socket);
	int r;

	if (fd < 0)
		return fd;
	r = io_write_full(fd, commands, sizeof commands - 1);
	/* The event RESET says that it has happened. */
	while (r == 0) {
		ssize_t n = read(fd, answer + length, sizeof answer - 1 - length);

		if (n <= 0) {
			r = -EIO;
			break;
		}
		length += (size_t)n;
		answer[length] = '\0';
		if (strstr(answer, "\"RESET\""))
			break;
		if (length == sizeof answer - 1)
			length = 0;
	}
	close(fd);
	return r;
}

void
qemu_stop(struct qemu *qemu)
{
	if (qemu->pid) {
		kill(qemu->pid, SIGTERM);
		while (waitpid(qemu->pid, NULL, 0) < 0 && errno == EINTR)
			;
		qemu->pid = 0;
	}
	close(qemu->to_guest);
	close(qemu->from_guest);
	unlink(qemu->socket);
	free(qemu->socket);
}
