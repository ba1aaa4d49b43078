/* SPDX-License-Identifier: ISC */
/* planner: thinks about the next goal for a while, five times a second. */
#include "robot.h"

#include <stdio.h>

/* Something that takes a processor some milliseconds and cannot be left out. */
static int32_t
think(int32_t goal)
{
	uint32_t state = (uint32_t)goal + 1;

	for (int i = 0; i < 2000000; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
	}
	return (int32_t)(state % 1000);
}

int
main(void)
{
	char status[64];
	int fd = robot_socket(NULL);
	int64_t due;
	int32_t goal = 0;

	robot_notify("READY=1");
	due = robot_now();
	for (;;) {
		goal = think(goal);
		robot_send(fd, (struct robot_message){'p', goal});
		snprintf(status, sizeof(status), "STATUS=goal %d", (int)goal);
		robot_notify(status);
		due += 200000000;
		robot_sleep_until(due);
	}
}
