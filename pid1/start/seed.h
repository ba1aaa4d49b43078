/* SPDX-License-Identifier: ISC */
#ifndef PID1_SEED_H
#define PID1_SEED_H

struct config_seed;

/*
 * What random numbers start from, kept across boots in a file: random(4), "Configuration".
 * A seed counts as entropy once, and only if it came from a generator that was ready and
 * the board says that nobody else has a copy; so the file is replaced before its seed is
 * used. For children of pid1: files may wait.
 */
enum seed_result {
	SEED_MADE, /* there was none: now there is */
	SEED_ADDED, /* mixed in, not counted */
	SEED_CREDITED, /* mixed in and counted */
	SEED_FAILED, /* not all of it was possible: nothing was counted */
};

/* At boot, once the file can be reached. */
enum seed_result seed_use(const struct config_seed *seed);

/* At the end: the next boot's seed, if there is a file to replace. 0 or -errno. */
int seed_save(const struct config_seed *seed);

/* For messages. */
const char *seed_result_name(enum seed_result result);

#endif
