/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_RECIPE_H
#define BUILDER_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/sha256.h"
#include "lib/strlist.h"

struct error;

enum recipe_kind {
	RECIPE_PROGRAM,
	RECIPE_LIBRARY,
	RECIPE_FILES,
	RECIPE_KERNEL,
	RECIPE_MODULE, /* an out-of-tree kernel module, built against the board's kernel
			*/
	RECIPE_FIRMWARE,
};

enum source_kind { SOURCE_NONE, SOURCE_DEBIAN, SOURCE_URL, SOURCE_PATH };

/* [source]: where the bytes come from. Only the hashes and paths' contents count for
 * identity. */
struct source {
	enum source_kind kind;
	unsigned line;
	char *package, *version, *suite; /* debian = PACKAGE VERSION SUITE */
	char *url; /* url = https://... */
	char *file; /* file name of the archive, also for url */
	char sha256[SHA256_HEX]; /* of a path: set with the identity, see node_identity.c
				  */
	struct strlist only; /* patterns of what is unpacked, sorted; empty: everything */
	unsigned only_line;
	bool debian_patches; /* apply debian/patches/series of debian_file */
	char *debian_file; /* debian-file = NAME.debian.tar.xz */
	char debian_sha256[SHA256_HEX]; /* debian-sha256 = */
	struct strlist
		paths; /* absolute; one: its contents are $SRC; more: $SRC/NAME each */
};

/* [install]: one line a file of the image. */
struct recipe_install {
	char *path; /* absolute, in the image and below $OUT */
	mode_t mode; /* permission bits, 0777 for a link */
	unsigned uid, gid;
	char *link; /* "-> TARGET": a symbolic link, else NULL */
	unsigned line;
};

/* One recipes/NAME/recipe.ini; recipe(5). */
struct recipe {
	char *file; /* path of recipe.ini, as messages name it */
	char *dir;
	char *name, *version, *license;
	char *summary; /* "" if there is none */
	char *replaces; /* name it replaces in an earlier tree, or NULL */
	enum recipe_kind kind;
	struct source source;
	struct strlist patches; /* absolute paths, in order of application, -p1 */
	struct strlist patch_sha256; /* of each, set with the identity */
	struct strlist depends; /* [depends] build =; "kernel" is the board's kernel */
	char *script; /* NULL: nothing is built, $SRC is $OUT */
	unsigned script_line;
	char *configure_script; /* kind kernel: [kernel] configure =, else NULL */
	char *kit_script; /* kind kernel: [kernel] kit = */
	unsigned configure_line, kit_line;
	struct recipe_install *install;
	size_t install_count;
};

/* Reads dir/recipe.ini. 0 or -errno with "file:line: ...". recipe_free() in either case.
 */
int recipe_read(struct recipe *recipe, const char *dir, struct error *e);

/*
 * The same for `ingot lock`, which finds what is missing: file, sha256, debian-file and
 * debian-sha256 may lack or be empty; then they are NULL or "".
 */
int recipe_read_unlocked(struct recipe *recipe, const char *dir, struct error *e);

/* The same from memory; file names it in messages and dir anchors relative paths
 * (fuzzing). */
int recipe_parse(struct recipe *recipe, const char *dir, const char *file,
	const char *text, size_t size, struct error *e);

void recipe_free(struct recipe *recipe);

const char *recipe_kind_name(enum recipe_kind kind);

#endif
