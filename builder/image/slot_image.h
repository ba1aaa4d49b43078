/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SLOT_IMAGE_H
#define BUILDER_SLOT_IMAGE_H

#include "fat.h"
#include "lib/release.h"

/* A key and certificate for Secure Boot, PEM files; both NULL: it is not signed. */
struct slot_image_signer {
	const char *key, *certificate;
};

/*
 * The image of an EFI slot, or of a system partition that the firmware falls back to: a
 * file system (fat.h) with the kernel, which the signer has signed, as the file path. What
 * is there already stays if it is of this very kernel and what the signer, if there is one,
 * has signed: a signature has a time in it, and other people may have signed a release of
 * it. Dies.
 */
void slot_image_make(const char *path, const char *kernel, enum fat_place place,
	const struct slot_image_signer *signer);

/* Fills in size and place of the kernel; it must be the one at that path, but for a
 * signature for Secure Boot. Dies. */
void slot_image_read(const char *path, const char *kernel, enum fat_place place,
	struct release *release);

#endif
