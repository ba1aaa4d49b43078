/* SPDX-License-Identifier: ISC */
/* installer: runs rollback for the updater, which has no right to the slots; updater(8). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"

#define SOCKET	 "/run/installer/socket"
#define ROLLBACK "/sbin/rollback"
#define IDLE_S	 120 /* without a byte from the updater */
#define HASH	 64 /* hex digits */

struct options {
	const char *socket, *rollback;
	char *config; /* of rollback, NULL: its own */
	char *trial; /* program that begins a trial, NULL: none does */
	uid_t user; /* the updater's */
};

/* A command for execv(3). */
struct command {
	const char *path;
	char *argument[12];
	char at[24], hash[HASH + 1];
};

_Noreturn static void
fail(const char *what)
{
	fprintf(stderr, "<3>%s: %s\n", what, strerror(errno));
	exit(1);
}

static void
add(struct command *command, const char *word)
{
	size_t i = 0;

	while (command->argument[i])
		i++;
	/* execv(3) takes them as they are and changes none. */
	memcpy(&command->argument[i], &word, sizeof(word));
}

/* "install HASH AT", after its first word. */
static bool
parse_install(const char *text, struct command *command)
{
	if (strspn(text, "0123456789abcdef") != HASH || text[HASH] != ' ')
		return false;
	memcpy(command->hash, text, HASH);
	text += HASH + 1;
	if (strlen(text) == 0 || strlen(text) >= sizeof(command->at) ||
		strspn(text, "0123456789") != strlen(text))
		return false;
	memcpy(command->at, text, strlen(text) + 1);
	add(command, "install");
	add(command, "--image");
	add(command, command->hash);
	if (strcmp(text, "0") != 0) {
		add(command, "--at");
		add(command, command->at);
	}
	add(command, "-");
	return true;
}

/* What a request's line stands for; nothing of it but a hash and a number is passed on. */
static bool
parse(const struct options *options, const char *line, struct command *command)
{
	memset(command, 0, sizeof(*command));
	if (strcmp(line, "try") == 0 && options->trial) {
		command->path = options->trial;
		add(command, options->trial);
		return true;
	}
	command->path = options->rollback;
	add(command, "rollback");
	add(command, "--json");
	if (options->config) {
		add(command, "--config");
		add(command, options->config);
	}
	if (strncmp(line, "install ", 8) == 0)
		return parse_install(line + 8, command);
	if (strcmp(line, "root") != 0 && strcmp(line, "roots") != 0 &&
		strcmp(line, "offer") != 0)
		return false;
	add(command, strcmp(line, "offer") == 0 ? "offer" : "root");
	if (strcmp(line, "root") != 0)
		add(command, "-");
	return true;
}

/* Its exit status; 128 and more after a signal. */
static int
run(struct command *command, int fd)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return 1;
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
			execv(command->path, command->argument);
		fprintf(stderr, "<3>%s: %s\n", command->path, strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A byte at a time: what follows the line is rollback's. */
static bool
read_line(int fd, char line[ASK_LINE])
{
	for (size_t i = 0; i < ASK_LINE; i++) {
		if (recv(fd, line + i, 1, 0) != 1)
			return false;
		if (line[i] == '\n') {
			line[i] = '\0';
			return true;
		}
	}
	return false;
}

static void
serve(const struct options *options, int fd)
{
	struct timeval limit = {.tv_sec = IDLE_S};
	socklen_t size = sizeof(struct ucred);
	char line[ASK_LINE], end[16];
	struct command command;
	struct ucred peer;
	int n;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
		peer.uid != options->user) {
		fprintf(stderr, "<4>refused: not the updater's user\n");
		return;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
		!read_line(fd, line))
		return;
	n = parse(options, line, &command) ? run(&command, fd) : 2;
	n = snprintf(end, sizeof(end), "exit %d\n", n);
	if (send(fd, end, (size_t)n, MSG_NOSIGNAL) != n)
		fprintf(stderr, "<4>the updater has gone before its answer\n");
}

static int
listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || (unlink(path) < 0 && errno != ENOENT) ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		/* Who connects is told by the kernel, whoever may. */
		chmod(path, 0666) < 0 || listen(fd, 4) < 0)
		fail(path);
	return fd;
}

_Noreturn static void
usage(void)
{
	fputs("usage: installer [--socket PATH] [--rollback PROGRAM] [--config FILE] [--try PROGRAM] USER\n",
		stderr);
	exit(2);
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {{"config", required_argument, NULL, 'c'},
		{"rollback", required_argument, NULL, 'r'},
		{"socket", required_argument, NULL, 's'},
		{"try", required_argument, NULL, 't'}, {0}};
	unsigned long user;
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'c')
			options->config = optarg;
		else if (option == 'r')
			options->rollback = optarg;
		else if (option == 's')
			options->socket = optarg;
		else if (option == 't')
			options->trial = optarg;
		else
			usage();
	}
	if (optind + 1 != argc)
		usage();
	user = strtoul(argv[optind], &end, 10);
	if (end == argv[optind] || *end || user > (uid_t)-2)
		usage();
	options->user = (uid_t)user;
}

int
main(int argc, char **argv)
{
	struct options options = {.socket = SOCKET, .rollback = ROLLBACK};
	int listener;

	parse_options(&options, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	listener = listen_at(options.socket);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			fail("accept");
		if (fd >= 0) {
			serve(&options, fd);
			close(fd);
		}
	}
}
