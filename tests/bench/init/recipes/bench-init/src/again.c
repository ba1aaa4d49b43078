/* SPDX-License-Identifier: ISC */
/* again [MS]: says when it was born, and that it dies, of a failure, so much later. */
#include <stdlib.h>
#include <unistd.h>

#include "say.h"

int
main(int argc, char **argv)
{
	long long now = say_now();

	say("born", "again", now);
	if (argc > 1)
		usleep((useconds_t)atoi(argv[1]) * 1000);
	say("dies", "again", say_now());
	_exit(1);
}
