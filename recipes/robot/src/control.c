/* SPDX-License-Identifier: ISC */
/*
 * control HERTZ [SECONDS]: follows the planner's goal by the sensor's readings, HERTZ
 * times a second, and says every SECONDS (10) how late its worst cycle began.
 */
#include "robot.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct loop {
	int fd;
	int64_t period; /* ns */
	int32_t reading, goal, output;
	unsigned long cycles, missed; /* begun after the next one was due */
	int64_t worst; /* ns late */
};

/* The newest of what came; old readings are of no use. */
static void
take_messages(struct loop *loop)
{
	struct robot_message message;

	while (recv(loop->fd, &message, sizeof(message), 0) == sizeof(message)) {
		if (message.from == 's')
			loop->reading = message.value;
		else if (message.from == 'p')
			loop->goal = message.value;
	}
}

static void
cycle(struct loop *loop, int64_t due)
{
	int64_t late = robot_now() - due;

	if (late > loop->worst)
		loop->worst = late;
	if (late > loop->period)
		loop->missed++;
	take_messages(loop);
	loop->output += (loop->goal - loop->reading - loop->output) / 8;
	loop->cycles++;
}

static void
report(struct loop *loop)
{
	char status[120];

	snprintf(status, sizeof(status),
		"STATUS=%lu cycles, worst %lld us late, %lu missed", loop->cycles,
		(long long)(loop->worst / 1000), loop->missed);
	robot_notify(status);
	printf("control: %s\n", status + 7);
	fflush(stdout);
	loop->cycles = loop->missed = 0;
	loop->worst = 0;
}

int
main(int argc, char **argv)
{
	long hertz = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long seconds = argc > 2 ? strtol(argv[2], NULL, 10) : 10;
	struct loop loop = {0};
	int64_t due;

	if (hertz < 1 || hertz > 10000 || seconds < 1) {
		fputs("usage: control HERTZ [SECONDS]\n", stderr);
		return 2;
	}
	loop.fd = robot_socket(ROBOT_SOCKET);
	loop.period = 1000000000 / hertz;
	/* A page that has to be fetched is a deadline missed. Without the right to it the
	 * loop runs, too. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		perror("control: mlockall");
	robot_notify("READY=1");
	due = robot_now();
	for (unsigned long n = 1;; n++) {
		due += loop.period;
		robot_sleep_until(due);
		cycle(&loop, due);
		if (n % (unsigned long)hertz == 0)
			robot_notify("WATCHDOG=1");
		if (n % (unsigned long)(hertz * seconds) == 0)
			report(&loop);
		if (robot_now() > due + 100 * loop.period)
			due = robot_now(); /* far behind: begin anew, do not race after */
	}
}
