/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pid1/control/control_format.h"
#include "svc.h"

static const struct verb {
	const char *name;
	enum control_verb verb;
	bool need, may; /* a name */
	const char *arguments, *help;
} verbs[] = {
	{"status", CONTROL_STATUS, false, true, "[SERVICE]",
		"what runs, and how the device is"},
	{"start", CONTROL_START, true, true, "SERVICE", "start it and wait for nothing"},
	{"stop", CONTROL_STOP, true, true, "SERVICE", "stop it until it is started"},
	{"restart", CONTROL_RESTART, true, true, "SERVICE", "stop it, then start it"},
	{"log", CONTROL_LOG, false, true, "[-f] [SERVICE]", "what was said"},
	{"timeline", CONTROL_TIMELINE, false, false, "",
		"when each step of the boot was"},
	{"reboot", CONTROL_REBOOT, false, false, "", "stop all services and restart"},
	{"poweroff", CONTROL_POWEROFF, false, false, "",
		"stop all services and power off"},
	{"kexec", CONTROL_KEXEC, false, true, "[SLOT]",
		"have the slot's image verified and loaded, stop all, jump into it"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void
print_usage(FILE *to)
{
	fputs("usage: svc [--json] VERB [ARGUMENT]\n\n", to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %-9s %-15s %s\n", verbs[i].name, verbs[i].arguments,
			verbs[i].help);
}

_Noreturn static void
usage(const char *what, const char *which)
{
	fprintf(stderr, "svc: %s%s: `svc --help` lists the verbs\n", what, which);
	exit(2);
}

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	usage("no such verb: ", name);
}

static int
connect_pid1(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "svc: " CONTROL_PATH ": %s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

static void
ask(int fd, const struct control_request *request)
{
	uint8_t message[CONTROL_MESSAGE];
	size_t size = control_put_request(message, request);

	if (size == 0)
		usage("name too long: ", request->name);
	if (send(fd, message, size, MSG_NOSIGNAL) < 0) {
		fprintf(stderr, "svc: " CONTROL_PATH ": %s\n", strerror(errno));
		exit(1);
	}
}

/* Shows what comes until the end of it; the exit status. */
static int
answer(int fd, struct svc_show *show)
{
	static uint8_t message[CONTROL_MESSAGE];
	struct control_reply reply;

	for (;;) {
		ssize_t n = recv(fd, message, sizeof(message), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fprintf(stderr, "svc: pid1 hung up: %s\n",
				n < 0 ? strerror(errno)
				      : "too slow a reader, or it ends");
			return 1;
		}
		if (control_get_reply(message, (size_t)n, &reply) < 0) {
			fputs("svc: an answer of another pid1's version\n", stderr);
			return 1;
		}
		if (reply.kind == REPLY_END)
			break;
		if (svc_show_reply(show, &reply) < 0) {
			fputs("svc: out of memory\n", stderr);
			return 1;
		}
	}
	if (reply.end.error != 0) {
		fprintf(stderr, "svc: %s\n", reply.end.message);
		return 1;
	}
	if (svc_show_finish(show) < 0) {
		fputs("svc: cannot write the output\n", stderr);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"follow", no_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct control_request request = {.name = ""};
	struct svc_show show = {0};
	const struct verb *verb;
	int option;

	while ((option = getopt_long(argc, argv, "fjh", long_options, NULL)) != -1) {
		switch (option) {
		case 'f':
			request.follow = 1;
			break;
		case 'j':
			show.json = true;
			break;
		case 'h':
			print_usage(stdout);
			return 0;
		default:
			print_usage(stderr);
			return 2;
		}
	}
	argv += optind;
	if (!argv[0])
		usage("want a verb", "");
	verb = find(argv[0]);
	if (verb->need && !argv[1])
		usage("want the name of a service behind ", verb->name);
	if (argv[1] && (!verb->may || argv[2]))
		usage("too many arguments behind ", verb->name);
	if (request.follow && verb->verb != CONTROL_LOG)
		usage("-f goes with log, not with ", verb->name);
	request.verb = (uint8_t)verb->verb;
	if (argv[1])
		request.name = argv[1];
	int fd = connect_pid1();

	ask(fd, &request);
	return answer(fd, &show);
}
