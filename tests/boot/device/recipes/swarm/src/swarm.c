/* SPDX-License-Identifier: ISC */
/*
 * swarm zombies N   N zombies become children of process 1 at once
 * swarm short N     N processes live for no time, as children of process 1, one after
 *                   another as fast as they can be made
 *
 * Meanwhile it asks process 1 over and over, and says how long the slowest answer took
 * and what process 1 holds before and after.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void
fail(const char *what)
{
	printf("swarm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Asks for the status of a service that there is none of (control_format.h): one packet
 * there, one back. Microseconds. */
static int64_t
ask(void)
{
	static const uint8_t request[] = {
		0, 0, 6, 0, 0, 0, 'n', 'o', 'b', 'o', 'd', 'y', 0};
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = "/run/pid1/control"};
	uint8_t answer[2048];
	int64_t start = now_us();
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail("connect");
	if (send(fd, request, sizeof(request), 0) < 0 ||
		recv(fd, answer, sizeof(answer), 0) < 5)
		fail("ask");
	close(fd);
	return now_us() - start;
}

static size_t
count_descriptors(void)
{
	DIR *dir = opendir("/proc/1/fd");
	size_t count = 0;

	if (!dir)
		fail("/proc/1/fd");
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* A number of /proc/FILE, behind "key:". */
static long
number_of(const char *file, const char *key)
{
	FILE *in = fopen(file, "r");
	char line[256];
	long number = -1;

	if (!in)
		fail(file);
	while (fgets(line, sizeof(line), in))
		if (strncmp(line, key, strlen(key)) == 0)
			number = strtol(line + strlen(key), NULL, 10);
	fclose(in);
	return number;
}

/* Processes in state Z. */
static size_t
count_zombies(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		fail("/proc");
	while ((entry = readdir(dir))) {
		char path[300], text[256] = "";
		FILE *in;
		char *state;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		in = fopen(path, "r");
		if (!in)
			continue;
		if (!fgets(text, sizeof(text), in))
			text[0] = '\0';
		fclose(in);
		state = strrchr(text, ')');
		count += state && state[1] == ' ' && state[2] == 'Z';
	}
	closedir(dir);
	return count;
}

static void
say_what_pid1_holds(const char *when)
{
	printf("swarm: %s: %zu descriptors, %ld kB resident, %ld kB anonymous\n", when,
		count_descriptors(), number_of("/proc/1/status", "VmRSS:"),
		number_of("/proc/1/status", "RssAnon:"));
}

static int
end_at_once(void *unused)
{
	(void)unused;
	return 0;
}

/* Of the same memory, so that a process costs little; its end is its parent's to see. */
static void
make_short(int flags)
{
	static char stack[16384] __attribute__((aligned(16)));

	if (clone(end_at_once, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | flags,
		    NULL) < 0)
		fail("clone");
}

static void
zombies(long count)
{
	int gate[2];
	char byte;
	pid_t maker;

	if (pipe(gate) < 0)
		fail("pipe");
	maker = fork();
	if (maker < 0)
		fail("fork");
	if (maker == 0) {
		for (long i = 0; i < count; i++)
			make_short(SIGCHLD);
		if (write(gate[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(gate[1]);
	if (read(gate[0], &byte, 1) != 1)
		fail("the maker of zombies");
	printf("swarm: %zu zombies\n", count_zombies());
	fflush(stdout);
	kill(maker, SIGKILL);
}

int
main(int argc, char **argv)
{
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	int64_t worst = 0;
	size_t left;

	if (count < 1) {
		fputs("usage: swarm zombies|short N\n", stderr);
		return 2;
	}
	ask();
	say_what_pid1_holds("before");
	if (strcmp(argv[1], "zombies") == 0)
		zombies(count);
	else
		for (long i = 0; i < count; i++) {
			int64_t took = 0;

			make_short(CLONE_PARENT | SIGCHLD);
			if (i % 1000 == 0)
				took = ask();
			if (took > worst)
				worst = took;
		}
	/* Until all are gone, and a while longer. */
	for (int i = 0; i < 200; i++) {
		int64_t took = ask();

		if (took > worst)
			worst = took;
	}
	waitpid(-1, NULL, WNOHANG);
	for (int i = 0; i < 100 && (left = count_zombies()) > 0; i++)
		usleep(100000);
	say_what_pid1_holds("after");
	printf("swarm: %zu zombies left, the slowest answer took %lld us\n", left,
		(long long)worst);
	return 0;
}
