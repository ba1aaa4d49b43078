/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_RECORDS_H
#define BUILDER_RECORDS_H

#include "lib/sha256.h"

struct board;
struct error;
struct rootfs;

/*
 * The records inside an image: adds FILES_PATH, which lists a finished rootfs that
 * already holds CONFIG_PATH (lib/files.h), and CONTENT_ID_PATH, the SHA-256 of its bytes
 * and a newline, to the rootfs and finishes it again. These two do not list themselves. 0
 * or -errno with e.
 */
int records_add(struct rootfs *rootfs, const struct board *board,
	char content_id[SHA256_HEX], struct error *e);

#endif
