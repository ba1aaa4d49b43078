/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_FETCH_H
#define BUILDER_FETCH_H

#include <stddef.h>

#include "lib/strlist.h"

struct error;

/*
 * Downloads one URL (http, https, file) to the new file at path by running curl: bounded
 * in redirects, attempts, size ($INGOT_FETCH_LIMIT, default 2G) and in seconds below 1
 * KiB a second ($INGOT_FETCH_TIMEOUT, default 30). 0, or -errno with "URL: why" and no
 * file: -ENOENT (the server has no such file), -ETIMEDOUT, -EFBIG, -ELOOP, -EHOSTUNREACH,
 * -EINVAL (a bad setting), -EIO for the rest.
 */
int fetch_url(const char *url, const char *path, struct error *e);

/*
 * Brings the file with this SHA-256 into the store as a blob, from the first of the URLs
 * that has it. who is what messages begin with (a recipe's name), file the name people
 * know it by. 0; -ENOENT if every URL answered that there is no such file; -EBADMSG for
 * wrong bytes; else as fetch_url(). Nothing is kept of what did not match.
 */
int fetch_blob(const char *who, const char *file, const char *sha256,
	const struct strlist *urls, struct error *e);

/*
 * The same for a file that is there already, at path, and goes into the store; from says
 * where it came from. -EBADMSG for wrong bytes, -errno if it cannot be read.
 */
int fetch_file(const char *who, const char *file, const char *sha256, const char *path,
	const char *from, struct error *e);

#endif
