/* SPDX-License-Identifier: ISC */
/*
 * Acts out its arguments, word by word; at their end it waits for ever. So a test's
 * service file says itself what goes wrong: ExecStart = /bin/actor ignore TERM say hi
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void
fail(const char *what, const char *which)
{
	printf("actor: %s %s: %s\n", what, which, strerror(errno));
	exit(99);
}

static void
wait_ms(long ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static int
signal_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} all[] = {{"ABRT", SIGABRT}, {"HUP", SIGHUP}, {"INT", SIGINT}, {"KILL", SIGKILL},
		{"SEGV", SIGSEGV}, {"STOP", SIGSTOP}, {"TERM", SIGTERM},
		{"USR1", SIGUSR1}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].number;
	errno = EINVAL;
	fail("signal", name);
}

static void
say(const char *text)
{
	printf("actor: %s\n", text);
}

/* Its last words. */
static void
tell(const char *text)
{
	say(text);
	exit(0);
}

static void
pause_ms(const char *ms)
{
	wait_ms(atol(ms));
}

static void
end(const char *status)
{
	exit(atoi(status));
}

static void
raise_it(const char *name)
{
	kill(getpid(), signal_of(name));
}

static void
ignore(const char *name)
{
	signal(signal_of(name), SIG_IGN);
}

static void
block(const char *what)
{
	sigset_t set;

	(void)what;
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* As sd_notify(3) does; "\n" in the text is a line's end, "\e" an escape. */
static void
send_to(const char *path, const char *text)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char line[1024];
	size_t length = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (; *text && length < sizeof(line); text++)
		if (text[0] == '\\' && text[1] == 'n')
			line[length++] = '\n', text++;
		else if (text[0] == '\\' && text[1] == 'e')
			line[length++] = '\x1b', text++;
		else
			line[length++] = *text;
	if (!path || strlen(path) >= sizeof(to.sun_path)) {
		errno = ENOTSOCK;
		fail("notify", path ? path : "(no NOTIFY_SOCKET)");
	}
	strcpy(to.sun_path, path);
	if (fd < 0 || sendto(fd, line, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("notify", path);
	close(fd);
}

static void
notify(const char *text)
{
	send_to(getenv("NOTIFY_SOCKET"), text);
}

/* With a socket beside it whose last close waits ten minutes for a peer that reads nothing, and
 * which is the receiver's alone then: SO_LINGER, socket(7). */
static void
lend(const char *text)
{
	static const char unread[65536];
	static const int little = 4096;
	const struct linger slow = {.l_onoff = 1, .l_linger = 600};
	struct sockaddr_in lo = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = (char *)text, .iov_len = strlen(text)};
	struct msghdr head = {.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *beside = CMSG_FIRSTHDR(&head);
	int peer = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	int own = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t size = sizeof(lo);

	setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	if (bind(peer, (struct sockaddr *)&lo, size) < 0 || listen(peer, 1) < 0 ||
		getsockname(peer, (struct sockaddr *)&lo, &size) < 0 ||
		connect(fd, (struct sockaddr *)&lo, size) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &slow, sizeof(slow)) < 0)
		fail("lend", text);
	while (send(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0)
		;
	strcpy(to.sun_path, getenv("NOTIFY_SOCKET"));
	beside->cmsg_level = SOL_SOCKET;
	beside->cmsg_type = SCM_RIGHTS;
	beside->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(beside), &fd, sizeof(int));
	if (sendmsg(own, &head, 0) < 0)
		fail("lend", text);
	close(fd);
	close(own);
}

/* To another service's socket, named in the word before. */
static const char *other;

static void
notify_at(const char *path)
{
	other = path;
}

static void
notify_other(const char *text)
{
	send_to(other, text);
}

static void
newline(const char *fd)
{
	if (write(atoi(fd), "\n", 1) != 1)
		fail("newline", fd);
}

/* A life sign each so many ms, for ever. */
static void
beat(const char *ms)
{
	for (;;) {
		notify("WATCHDOG=1");
		wait_ms(atol(ms));
	}
}

/* The same message for ever, as fast as it goes. */
static void
flood(const char *text)
{
	for (;;)
		notify(text);
}

/* So many grandchildren in sessions of their own, which no signal but KILL ends. */
static void
daemons(const char *count)
{
	for (int n = atoi(count); n > 0; n--) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork", count);
		if (pid > 0)
			continue;
		setsid();
		if (fork() != 0)
			_exit(0);
		block("");
		for (;;)
			pause();
	}
}

/* The rest of the words is for a child; its parent waits for ever. */
static void
child(const char *what)
{
	pid_t pid = fork();

	(void)what;
	if (pid < 0)
		fail("fork", "child");
	while (pid > 0)
		pause();
}

/* How many files the process named before may have open. */
static const char *whose;

static void
files_of(const char *pid)
{
	whose = pid;
}

static void
files(const char *count)
{
	const struct rlimit limit = {(rlim_t)atol(count), (rlim_t)atol(count)};

	if (prlimit(atoi(whose), RLIMIT_NOFILE, &limit, NULL) < 0)
		fail("files", count);
}

/* Goes on in one start out of so many: the others leave off here, with status 0. A file
 * counts the starts. */
static const char *counter = "/run/actor";

static void
count_in(const char *path)
{
	counter = path;
}

static void
each(const char *every)
{
	char text[16] = "";
	FILE *file = fopen(counter, "r");
	int n = 1;

	if (file) {
		if (fgets(text, sizeof(text), file))
			n = atoi(text) + 1;
		fclose(file);
	}
	file = fopen(counter, "w");
	if (!file)
		fail("each", counter);
	fprintf(file, "%d\n", n);
	fclose(file);
	printf("actor: start %d\n", n);
	if (n % atoi(every) != 0)
		exit(0);
}

static const struct {
	const char *name;
	int words;
	void (*act)(const char *word);
} verbs[] = {
	{"beat", 1, beat},
	{"block-all", 0, block},
	{"child", 0, child},
	{"count-in", 1, count_in},
	{"daemons", 1, daemons},
	{"each", 1, each},
	{"exit", 1, end},
	{"files", 1, files},
	{"files-of", 1, files_of},
	{"flood", 1, flood},
	{"ignore", 1, ignore},
	{"lend", 1, lend},
	{"newline", 1, newline},
	{"notify", 1, notify},
	{"notify-at", 1, notify_at},
	{"notify-other", 1, notify_other},
	{"raise", 1, raise_it},
	{"say", 1, say},
	{"sleep", 1, pause_ms},
	{"tell", 1, tell},
};

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		size_t v = 0;

		while (v < sizeof(verbs) / sizeof(verbs[0]) &&
			strcmp(verbs[v].name, argv[i]) != 0)
			v++;
		if (v == sizeof(verbs) / sizeof(verbs[0]) || i + verbs[v].words >= argc) {
			errno = EINVAL;
			fail("verb", argv[i]);
		}
		verbs[v].act(argv[i + verbs[v].words]);
		i += verbs[v].words;
	}
	for (;;)
		pause();
}
