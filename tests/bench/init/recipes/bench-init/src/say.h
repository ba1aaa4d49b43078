/* SPDX-License-Identifier: ISC */
#ifndef BENCH_SAY_H
#define BENCH_SAY_H

/* The monotonic clock in nanoseconds; it begins with the kernel. */
long long say_now(void);

/* Takes an option -c: the console itself is to be told, not standard output; how many
 * arguments it was. */
int say_to_console(int argc, char **argv);

/* "bench: WHAT NAME NUMBER" in one write. */
void say(const char *what, const char *name, long long number);

#endif
