/* SPDX-License-Identifier: ISC */
/*
 * bare [COUNT]: an init that starts one program, /bin/ready app, or so many of them, s000 and
 * on, and reaps in the plainest of loops. With a COUNT its programs say on the console what
 * they say, as nobody else would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
start(char **program)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execv(program[0], program);
		_exit(111);
	}
}

int
main(int argc, char **argv)
{
	static char path[] = "/bin/ready", name[] = "app", console[] = "-c", number[16];
	char *app[] = {path, name, NULL}, *one[] = {path, console, number, NULL};
	int count = argc > 1 ? atoi(argv[1]) : 0;

	if (count == 0)
		start(app);
	for (int i = 0; i < count; i++) {
		snprintf(number, sizeof number, "s%03d", i);
		start(one);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (;;)
		pause();
}
