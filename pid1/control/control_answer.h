/* SPDX-License-Identifier: ISC */
#ifndef PID1_CONTROL_ANSWER_H
#define PID1_CONTROL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control_format.h"
#include "pid1/log/journal.h"

struct config;

enum answer_part { PART_DEVICE, PART_MOUNTS, PART_LINKS, PART_SERVICES, PART_END };

/* What one client is told, message by message, so that a long answer waits for its
 * reader and not pid1. */
struct answer {
	enum control_verb verb;
	bool done; /* its REPLY_END has been written */
	bool follow;
	bool one; /* service or source alone, not all */
	enum answer_part part; /* of a status */
	size_t mount, link, service; /* the next ones to tell */
	size_t source; /* of a log */
	size_t step; /* of the timeline */
	int error; /* of the end, an errno */
	const char *message; /* of the end: a string constant */
	struct journal_cursor cursor;
};

/* How the machine is to end; what carries it out is loop.c. */
struct answer_power {
	enum control_verb verb; /* REBOOT, POWEROFF or KEXEC; STATUS: nothing was asked */
	char slot[CONTROL_NAME + 1];
};

/* Once; config must stay. */
void answer_init(const struct config *config);

/* Does what the request asks for, or says in the answer why not; root: may change
 * things. */
void answer_begin(
	struct answer *answer, const struct control_request *request, bool root);

/* Instead: the answer is this error, an errno; message: a string constant. */
void answer_refuse(struct answer *answer, int error, const char *message);

/* The next message: its size; 0 if the answer follows a log and there is nothing new. */
size_t answer_next(struct answer *answer, uint8_t message[CONTROL_MESSAGE]);

/* True once after somebody asked for the end of the machine. */
bool answer_take_power(struct answer_power *power);

#endif
