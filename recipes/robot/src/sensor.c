/* SPDX-License-Identifier: ISC */
/* sensor HERTZ: a reading for the control loop, HERTZ times a second. */
#include "robot.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	long hertz = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	int fd;
	int64_t due;

	if (hertz < 1 || hertz > 10000) {
		fputs("usage: sensor HERTZ\n", stderr);
		return 2;
	}
	fd = robot_socket(NULL);
	robot_notify("READY=1");
	due = robot_now();
	/* A saw tooth stands for the world. */
	for (int32_t value = 0;; value = (value + 7) % 1000) {
		robot_send(fd, (struct robot_message){'s', value});
		due += 1000000000 / hertz;
		robot_sleep_until(due);
	}
}
