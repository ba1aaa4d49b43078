/* SPDX-License-Identifier: ISC */
/*
 * hello [--loop]: says so and ends; with --loop it stays, as a service does, until
 * SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Blocked from the start, so that a signal that comes before the wait is not lost. */
static int
wait_for_stop(const sigset_t *stop)
{
	int signal_number;

	if (sigwait(stop, &signal_number) != 0) {
		fputs("hello: cannot wait for a signal\n", stderr);
		return 1;
	}
	puts("hello: asked to stop, bye");
	return fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	sigset_t stop;
	int loop = argc == 2 && strcmp(argv[1], "--loop") == 0;

	if (argc > 1 && !loop) {
		fputs("usage: hello [--loop]\n", stderr);
		return 2;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	if (loop && sigprocmask(SIG_BLOCK, &stop, NULL) != 0) {
		perror("hello: sigprocmask");
		return 1;
	}
	puts("hello: hello from a program of your own");
	if (fflush(stdout) != 0) {
		perror("hello: standard output");
		return 1;
	}
	return loop ? wait_for_stop(&stop) : 0;
}
