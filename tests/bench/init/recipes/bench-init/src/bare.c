/* SPDX-License-Identifier: ISC */
/* bare: an init that starts one program, /bin/ready app, and reaps in the plainest of
 * loops. */
#include <sys/wait.h>
#include <unistd.h>

int
main(void)
{
	static char program[] = "/bin/ready", name[] = "app";
	char *app[] = {program, name, NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execv(app[0], app);
		_exit(111);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (;;)
		pause();
}
