/* SPDX-License-Identifier: ISC */
#ifndef PID1_SELFCHECK_H
#define PID1_SELFCHECK_H

#include "lib/sha256.h"

struct error;

/* The image as it was unpacked, seen past everything mounted over it. */
struct selfcheck_image {
	int root_fd;
	char *record; /* the bytes of FILES_PATH */
	size_t record_size;
	char **path; /* what it lists, sorted */
	size_t count;
};

/* Opens the root and reads the record and its paths; 0 or -errno. */
int selfcheck_image_open(struct selfcheck_image *image, struct error *e);

/*
 * The record's SHA-256 is the one in CONTENT_ID_PATH, and every entry stands in the root
 * with its type, mode, owner, size and hash. 0 or -errno.
 */
int selfcheck_image_content(
	const struct selfcheck_image *image, char id[SHA256_HEX], struct error *e);

/* Nothing stands in the root that the record does not list. 0 or -errno. */
int selfcheck_image_foreign(const struct selfcheck_image *image, struct error *e);

#endif
