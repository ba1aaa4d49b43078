/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SLOT_IMAGE_H
#define BUILDER_SLOT_IMAGE_H

#include "lib/release.h"

/* A key and certificate for Secure Boot, PEM files; both NULL: it is not signed. */
struct slot_image_signer {
	const char *key, *certificate;
};

/*
 * The image of an EFI slot: a file system (fat.h) with the kernel, which the signer has
 * signed, as the file path. What is there already stays if it is of this very kernel and
 * what the signer, if there is one, has signed: a signature has a time in it, and other
 * people may have signed a release of it. Dies.
 */
void slot_image_make(
	const char *path, const char *kernel, const struct slot_image_signer *signer);

/* The image of a system partition: the kernel, which the signer has signed, is what firmware
 * falls back to. The size of the file system; the file is no longer than what is in use.
 * Dies. */
uint64_t slot_image_make_fallback(
	const char *path, const char *kernel, const struct slot_image_signer *signer);

/* Fills in size and place of the kernel; it must be the one at that path, but for a
 * signature for Secure Boot. Dies. */
void slot_image_read(const char *path, const char *kernel, struct release *release);

#endif
