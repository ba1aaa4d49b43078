/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_MANIFEST_H
#define BUILDER_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct rootfs;

/*
 * manifest.json: what an image is made of. No host, path, clock or mirror enters it, so
 * that it is byte-equal wherever the image is built. Every text is the caller's; NULL
 * leaves its key out.
 */
struct manifest_source {
	const char *kind; /* "debian", "url", "path" */
	const char *package; /* Debian source package */
	const char *version;
	const char *file;
	const char *sha256; /* for "path" the hash of its contents */
	const char *signer; /* fingerprint, from the lock's evidence */
	const char *status; /* of the signature, as gpgv says it */
	int valid_at_signing; /* 1 yes, 0 no, -1 not known: left out */
};

struct manifest_patch {
	const char *name;
	const char *sha256;
};

/* One recipe that was built for the image, tools and libraries included. */
struct manifest_input {
	const char *name, *version, *license;
	const char *identity;
	const char *output; /* tree hash of its result */
	const struct manifest_source *source;
	size_t source_count;
	const struct manifest_patch *patch; /* in order of application */
	size_t patch_count;
};

struct manifest {
	const char *board;
	uint64_t version, floor;
	int64_t epoch;
	const char *identity, *content_id;
	struct {
		const char *file, *sha256;
		uint64_t size;
		const char *payload; /* "fat", "fat-fallback": slots, or system partitions,
				      * hold a file system with it; NULL: the image itself */
	} image;
	struct {
		const char *recipe, *release, *config_sha256, *cmdline;
	} kernel;
	struct {
		const char *identity;
		const char *lock; /* file name of the lock */
	} toolchain;
	const struct manifest_input *input; /* in any order */
	size_t input_count;
	const struct rootfs *rootfs; /* finished, with its records */
};

/* The text of manifest.json, which the caller frees; -EINVAL if something in it is no
 * UTF-8. */
int manifest_text(const struct manifest *manifest, char **text, struct error *e);

struct manifest_sum {
	const char *file; /* name without folder */
	const char *sha256;
};

/* SHA256SUMS as `sha256sum -c` reads it, sorted by name; the caller frees. */
char *manifest_sums(const struct manifest_sum *sum, size_t count);

#endif
