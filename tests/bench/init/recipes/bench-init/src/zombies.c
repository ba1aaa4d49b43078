/* SPDX-License-Identifier: ISC */
/*
 * zombies COUNT [probe]: has so many zombies come to itself at one moment, reaps them in the
 * plainest of loops, and says how many ns that took; then leaves as many to the init, and
 * says how long that took. So both reap the same, from the same cgroup, and have the
 * processor to themselves: this process has real-time priority while it reaps, and gives
 * the init one for its turn, so that it stands still until the init sleeps again. To be
 * the one of lowest priority would not do, since its cgroup has a share of its own.
 * probe: instead it keeps its priority and asks pid1's control socket for the status, again
 * and again; said is how long the slowest answer took.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pid1/control/control_format.h"
#include "say.h"

/* So few may come or go meanwhile by themselves, such as the kernel's workers. */
#define SLACK 16

static _Noreturn void
fail(const char *what)
{
	say("failed", what, 0);
	for (;;)
		pause();
}

static int
processes(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : info.procs;
}

static void
set_policy(pid_t pid, int policy, int priority)
{
	const struct sched_param param = {.sched_priority = priority};

	/* By system call: musl's function of that name refuses. */
	if (syscall(SYS_sched_setscheduler, pid, policy, &param) < 0)
		fail("sched_setscheduler");
}

/* The kernel allows about 2,000 on a machine of 256 MiB. */
static void
allow(void)
{
	int fd;

	mkdir("/proc", 0755);
	if (access("/proc/1", F_OK) < 0 && mount("proc", "/proc", "proc", 0, NULL) < 0)
		fail("proc");
	fd = open("/proc/sys/kernel/threads-max", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "30000", 5) < 0)
		fail("threads-max");
	close(fd);
}

static int
connect_control(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail(CONTROL_PATH);
	return fd;
}

/* Until its answer is complete. */
static void
ask(int fd)
{
	static uint8_t message[CONTROL_MESSAGE];
	const struct control_request request = {.verb = CONTROL_STATUS, .name = ""};
	size_t size = control_put_request(message, &request);
	struct control_reply reply;

	if (send(fd, message, size, 0) < 0)
		fail("send");
	do {
		ssize_t n = recv(fd, message, sizeof(message), 0);

		if (n <= 0 || control_get_reply(message, (size_t)n, &reply) < 0)
			fail("reply");
	} while (reply.kind != REPLY_END);
}

static void
probe(int fd, int until)
{
	long long worst = 0, first = 0, count = 0;

	while (processes() > until) {
		long long begun = say_now(), took;

		ask(fd);
		took = say_now() - begun;
		if (count++ == 0)
			first = took;
		if (took > worst)
			worst = took;
	}
	say("answers", "count", count);
	say("answers", "first", first);
	say("answers", "slowest", worst);
}

static _Noreturn void
make(long count)
{
	while (count-- > 0) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(1);
		if (pid == 0)
			_exit(0);
	}
	_exit(0);
}

/* The end of their parent gives the zombies to the init, or to a subreaper; we are told
 * after that, and run at once. */
static void
leave(long count)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		make(count);
	set_policy(0, SCHED_FIFO, 50);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail("fork");
}

static void
reap(long count)
{
	long long begun;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("prctl");
	leave(count);
	begun = say_now();
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	say("reaped", "bare", say_now() - begun);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	set_policy(0, SCHED_OTHER, 0);
}

int
main(int argc, char **argv)
{
	int used = 1 + say_to_console(argc, argv), fd = -1, until;
	long count = used < argc ? atol(argv[used]) : 0;
	long long begun;

	allow();
	if (used + 1 < argc)
		fd = connect_control();
	else
		reap(count);
	until = processes() + SLACK;
	leave(count);
	say("left", "zombies", processes() - until + SLACK);
	begun = say_now();
	if (fd >= 0) {
		probe(fd, until);
	} else {
		set_policy(1, SCHED_FIFO, 50);
		set_policy(0, SCHED_OTHER, 0);
		while (processes() > until)
			;
		say("reaped", "zombies", say_now() - begun);
	}
	for (;;)
		pause();
}
