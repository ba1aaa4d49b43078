/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_IMAGE_RECORDS_H
#define BUILDER_IMAGE_RECORDS_H

#include <stdint.h>

#include "lib/sha256.h"

struct kit;
struct node;
struct rootfs;

/* What is known of an image once it is cast. */
struct image_facts {
	const struct node *node;
	char content_id[SHA256_HEX];
	uint64_t image_size;
};

/* Writes kernel.config, manifest.json and SHA256SUMS beside the bzImage in the folder
 * out. Dies. */
void image_records_write(const struct image_facts *facts, const struct rootfs *rootfs,
	const struct kit *kit, const char *out);

#endif
