/* SPDX-License-Identifier: ISC */
/*
 * speculate MEBIBYTES PROCESSES: what one would do if there were time, without end: so
 * many processes compute, and each keeps so much memory in use.
 */
#include "robot.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn static void
work(size_t size)
{
	unsigned char *memory = malloc(size);

	if (!memory)
		robot_fail("speculate: malloc");
	for (size_t i = 0;; i = (i + 4096) % size)
		memory[i]++;
}

int
main(int argc, char **argv)
{
	long mebibytes = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long processes = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	if (mebibytes < 1 || mebibytes > 1024 || processes < 1 || processes > 1000) {
		fputs("usage: speculate MEBIBYTES PROCESSES\n", stderr);
		return 2;
	}
	while (--processes > 0) {
		pid_t pid = fork();

		if (pid < 0)
			robot_fail("speculate: fork");
		if (pid == 0)
			break;
	}
	work((size_t)mebibytes << 20);
}
