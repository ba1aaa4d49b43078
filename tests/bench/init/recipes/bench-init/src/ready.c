/* SPDX-License-Identifier: ISC */
/*
 * ready [-c] [NAME]: says when it runs, and stays. Without NAME it is that of its folder, so
 * that it can be a service's ./run itself. The one called app runs /bin/memory a second
 * later, should it see that.
 */
#include <string.h>
#include <unistd.h>

#include "say.h"

int
main(int argc, char **argv)
{
	long long now = say_now();
	char folder[256];
	const char *name;
	int used = 1 + say_to_console(argc, argv);

	name = used < argc ? argv[used] : getcwd(folder, sizeof folder);
	if (!name)
		return 111;
	if (strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	say("ready", name, now);
	if (strcmp(name, "app") == 0) {
		sleep(1);
		execl("/bin/memory", "memory", "-c", (char *)NULL);
	}
	for (;;)
		pause();
}
