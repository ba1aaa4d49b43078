/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_IMAGE_ROOT_H
#define BUILDER_IMAGE_ROOT_H

#include "lib/sha256.h"
#include "rootfs.h"

struct node;

/*
 * Gathers the root file system of an image whose dependencies are NODE_DONE: the recipes'
 * [install] files, the kernel's own modules that the board loads, the board's files,
 * pid1's config and the records. Checked by the rules of rootfs_check(). Dies.
 */
void image_root_make(
	struct rootfs *rootfs, const struct node *node, char content_id[SHA256_HEX]);

/* The text file `name` of a kernel's tree, without its newline ("release", "vermagic").
 */
char *kernel_fact(const struct node *kernel, const char *name);

#endif
