/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SITE_H
#define BUILDER_SITE_H

#include <stdbool.h>

#include "lib/envelope.h"
#include "lib/index.h"
#include "lib/root.h"

/*
 * A folder of static files that devices of one board update from, by any web server:
 *
 *   root/N.signed         the N-th root; root/next: one that lacks signatures
 *   images/HASH.update    update files, by their SHA-256
 *   index.signed          the index, which appears last
 *
 * Every file appears by rename. All functions die.
 */
struct site {
	const char *dir, *board;
	struct root root; /* the newest; version 0, with no keys, if there is none */
	int lock;
};

/* An envelope in memory; data is the caller's to free. */
struct site_file {
	char *data;
	struct envelope envelope;
};

/* Opens or makes the folder, keeps other writers out and reads its roots, each of which
 * must follow the one before. */
void site_open(struct site *site, const char *dir, const char *board);

void site_close(struct site *site);

/* A path in the folder, which the caller frees. */
char *site_path(const struct site *site, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* False if there is no such file; most: bytes of its text. */
bool site_read(const char *path, size_t most, struct site_file *file);

/* Text and signatures as one file, mode 0644. */
void site_write(const char *path, const char *text, const char *lines);

/* The index, whose signatures are not looked at; false if there is none. */
bool site_read_index(const struct site *site, struct index *index);

/* Puts an update file where its hash says, and fills a release of the index from it: its
 * signatures are enough for the newest root, its image is what they say, and it has not
 * expired at `now`. */
void site_add_update(const struct site *site, const char *update, int64_t now,
	struct index_release *release);

/* Deletes the update files that neither index lists. */
void site_sweep(const struct site *site, const struct index *a, const struct index *b);

#endif
