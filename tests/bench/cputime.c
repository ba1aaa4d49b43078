/* SPDX-License-Identifier: ISC */
/*
 * cputime OUT COMMAND...: runs a command and appends to the file OUT one line with the
 * microseconds of CPU (user + system) and of wall time and the peak KiB it took. times(1)
 * of a shell counts in 10 ms, which is too coarse for what the benchmarks compare.
 */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
micros(struct timeval t)
{
	return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

int
main(int argc, char **argv)
{
	struct timespec start, end;
	struct rusage used;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3)
		errx(2, "usage: cputime OUT COMMAND...");
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (wait4(pid, &status, 0, &used) < 0)
		err(1, "wait4");
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s: failed", argv[2]);
	out = fopen(argv[1], "ae");
	if (!out)
		err(1, "%s", argv[1]);
	fprintf(out, "%lld %lld %ld\n", micros(used.ru_utime) + micros(used.ru_stime),
		(end.tv_sec - start.tv_sec) * 1000000LL +
			(end.tv_nsec - start.tv_nsec) / 1000,
		used.ru_maxrss);
	if (fclose(out) != 0)
		err(1, "%s", argv[1]);
	return 0;
}
