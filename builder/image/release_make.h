/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_RELEASE_MAKE_H
#define BUILDER_RELEASE_MAKE_H

#include "lib/release.h"
#include "slot_image.h"

/*
 * Fills a release from a folder of `ingot build`: its manifest.json, and the image, which
 * must be what the manifest says. issued and expires are the caller's. *image is the path
 * of what goes into a slot, the caller's to free: the image, or where that is a file system
 * (slot_image.h) the one in DIR.release, made first if signer is not NULL. Dies.
 */
void release_make(struct release *release, const char *dir,
	const struct slot_image_signer *signer, char **image);

/*
 * Writes an update file (lib/update.h) so that it appears as a whole: release, signatures
 * and the image's bytes. Dies.
 */
void release_write_update(const char *path, const char *release, size_t release_size,
	const char *signatures, size_t signatures_size, const char *image);

#endif
