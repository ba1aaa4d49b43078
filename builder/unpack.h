/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_UNPACK_H
#define BUILDER_UNPACK_H

struct error;

/*
 * Unpacks an archive by libarchive into the folder dir, `strip` leading path components removed.
 * Refused with -EBADMSG: "..", absolute names, links that lead out, devices, more than 4 GiB or
 * 400,000 entries, a ratio over 1000. setuid bits and owners are dropped.
 */
int unpack_archive(const char *archive, const char *dir, unsigned strip, struct error *e);

#endif
