/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_UNPACK_H
#define BUILDER_UNPACK_H

#include <stdbool.h>

struct error;
struct strlist;

/*
 * Unpacks a tar archive (plain, gzip, bzip2, xz, zstd) by libarchive into the folder dir.
 * With strip the one top folder that release archives have is left out; -EXDEV if the
 * entries do not share one (dir then holds a part of them). Files become 0644 or 0755,
 * folders 0755, every mtime STAMP_EPOCH, whatever the archive and the umask say; owners
 * and setuid bits are dropped. Refused with -EBADMSG naming archive and entry: "..",
 * absolute names, links that lead out, names that pass through a link, devices, more than
 * 4 GiB or 400,000 entries, a ratio over 1000, what is no whole archive. With `only`
 * (may be NULL or empty) nothing but what one of its patterns matches is written; what is
 * left out is judged by its name and size alone. -ENODATA if a pattern matches nothing.
 */
int unpack_archive(const char *archive, const char *dir, bool strip,
	const struct strlist *only, struct error *e);

/*
 * True if a shell's pattern ("*" and "?" match no slash) matches name or a folder that
 * name is in. Both without the top folder.
 */
bool unpack_matches(const char *pattern, const char *name);

/*
 * True if a symbolic link called name (relative to a tree's root, its parents real
 * folders) with this target stays in the tree: relative, ".." only at its front and not
 * above the root. A ".." after a name is refused, since that name may be a link to
 * elsewhere in the tree.
 */
bool unpack_link_inside(const char *name, const char *target);

#endif
