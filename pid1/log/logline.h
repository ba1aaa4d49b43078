/* SPDX-License-Identifier: ISC */
#ifndef PID1_LOGLINE_H
#define PID1_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What comes through a pipe, made into lines, and how many of them are kept. Pure: bytes
 * and times in, lines out.
 */
#define LOGLINE_TEXT 1024 /* a longer line becomes several */

struct logline {
	char text[LOGLINE_TEXT];
	size_t used;
	bool part; /* what is in text goes on a line that was cut */
};

/* A line without its end; priority is a severity, 6 (info) unless the line began with
 * <0> ... <7> as sd-daemon(3) has it. part: it goes on in the next. */
typedef void logline_take(
	void *context, const char *text, size_t size, unsigned severity, bool part);

/* Takes in size bytes. A carriage return at a line's end is dropped; what a terminal would
 * obey becomes question marks (terminal.h). */
void logline_feed(struct logline *line, const char *data, size_t size, logline_take *take,
	void *context);

/* The unfinished line, if there is one, as if it had ended. */
void logline_end(struct logline *line, logline_take *take, void *context);

/* At most burst lines in each interval; burst or interval 0: no limit. */
struct loglimit {
	uint64_t interval_ms, burst;
	uint64_t start_ms; /* of the interval that runs */
	uint64_t taken, dropped; /* in it */
};

/* True if one more line may be kept, else it is counted as dropped. When an interval with
 * dropped lines is over, the caller must have asked loglimit_over() first. */
bool loglimit_allow(struct loglimit *limit, uint64_t now_ms);

/* The lines dropped in an interval that is over, once; 0: none, or it still runs. */
uint64_t loglimit_over(struct loglimit *limit, uint64_t now_ms);

/* When loglimit_over() will have something to say; UINT64_MAX: never. */
uint64_t loglimit_due(const struct loglimit *limit);

#endif
