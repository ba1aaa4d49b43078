/* SPDX-License-Identifier: ISC */
/*
 * strain eat [MIB]: so much memory, or all there is, and keeps it.
 * strain zombies: children that end at once and are never waited for, until fork fails.
 * strain bomb: every process forks and spins, for ever.
 * strain loop MS BUSY ROUNDS: every MS it works for BUSY ms of processor time; at the end it
 * says by how much the slowest round was later than it would be alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void
eat(long mib)
{
	const size_t size = 1 << 20;

	for (long i = 0; mib == 0 || i < mib; i++) {
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			printf("strain: no more memory: %s\n", strerror(errno));
			break;
		}
		/* Not all zero, so that nothing can merge them. */
		for (size_t at = 0; at < size; at += 4096)
			p[at] = (char)(i + 1);
	}
	printf("strain: has eaten\n");
}

static void
zombies(void)
{
	int n = 0;
	pid_t pid;

	while ((pid = fork()) >= 0) {
		if (pid == 0)
			_exit(0);
		n++;
	}
	printf("strain: %d zombies, then: %s\n", n, strerror(errno));
}

static void
bomb(void)
{
	printf("strain: bomb\n");
	for (;;)
		fork();
}

static long
microseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
loop(long ms, long busy, long rounds)
{
	long next = microseconds(CLOCK_MONOTONIC), worst = 0;

	for (long i = 0; i < rounds; i++) {
		struct timespec at;
		long begun, late;

		next += ms * 1000;
		at.tv_sec = next / 1000000;
		at.tv_nsec = next % 1000000 * 1000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		begun = microseconds(CLOCK_THREAD_CPUTIME_ID);
		while (microseconds(CLOCK_THREAD_CPUTIME_ID) - begun < busy * 1000)
			;
		late = microseconds(CLOCK_MONOTONIC) - next - busy * 1000;
		if (late > worst)
			worst = late;
	}
	printf("strain: worst lateness %ld us\n", worst);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "eat") == 0)
		eat(argc > 2 ? atol(argv[2]) : 0);
	else if (strcmp(what, "zombies") == 0)
		zombies();
	else if (strcmp(what, "bomb") == 0)
		bomb();
	else if (strcmp(what, "loop") == 0 && argc > 4)
		loop(atol(argv[2]), atol(argv[3]), atol(argv[4]));
	for (;;)
		pause();
}
