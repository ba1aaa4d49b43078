/* SPDX-License-Identifier: ISC */
/*
 * strain eat [MIB]: so much memory, or all there is, and keeps it.
 * strain zombies: children that end at once and are never waited for, until fork fails.
 * strain bomb: every process forks and spins, for ever.
 * strain loop MS ROUNDS: sleeps to each multiple of MS; its worst lateness at the end.
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

static void
loop(long ms, long rounds)
{
	struct timespec next, now;
	long worst = 0;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0; i < rounds; i++) {
		long late;

		next.tv_nsec += ms * 1000000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
		late = (now.tv_sec - next.tv_sec) * 1000000 +
		       (now.tv_nsec - next.tv_nsec) / 1000;
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
	else if (strcmp(what, "loop") == 0 && argc > 3)
		loop(atol(argv[2]), atol(argv[3]));
	for (;;)
		pause();
}
