/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_APT_H
#define BUILDER_APT_H

#include <stddef.h>

struct error;
struct strlist;

/*
 * Debian's archive through apt's own tools, so that proxies, certificates and logins of
 * the host hold, and nothing of the host's package state is read or changed. Works
 * without root.
 */

/*
 * Base URI of the main archive's mirror, without a slash at its end: --mirror, else the
 * one that the host's apt sources name. Dies, naming --mirror, if there is none.
 */
char *apt_mirror(void);

/* The one that the host's apt sources name, or NULL; the caller frees. */
char *apt_host_mirror(void);

/* pool/main/b/busybox/FILE; FILE as the .dsc or the index has it. The caller frees. */
char *apt_pool_path(const char *package, const char *file);

/* BASE/path with the characters that an archive's names have ("+", "~") as a URI wants
 * them. */
char *apt_uri(const char *base, const char *path);

struct apt_file {
	char *uri;
	char *path; /* where to put it; on failure nothing stands there */
	const char *sha256; /* 64 hex, checked; NULL: any bytes */
};

/*
 * Downloads all files by one apt-helper. 0, -EBADMSG (the bytes are not those),
 * -ENETUNREACH under
 * --offline, or -EIO; e says what apt said of the first that failed.
 */
int apt_download(const struct apt_file *file, size_t count, struct error *e);

/* Path of the private configuration, for APT_CONFIG. Its folder is gone when this process
 * ends. */
const char *apt_config(void);

/*
 * Runs an apt tool (and its arguments) under the private configuration, its stdout to
 * out_fd. Its exit status or -errno; *said is what it wrote to stderr, for the caller to
 * free.
 */
int apt_run(const struct strlist *arguments, int out_fd, char **said, struct error *e);

/* The first "E: " line of what apt said, without the prefix; the text is changed. */
const char *apt_complaint(char *said);

/*
 * Names as the pool has them ("gcc-12_12.2.0-14+deb12u1_amd64.deb") of `wanted` and all
 * they depend on, with nothing taken as installed. `archive` is a folder with
 * dists/SUITE/, whose InRelease must be signed by a key of `keyring`. 0 or -errno with
 * what apt said.
 */
int apt_closure(const char *archive, const char *suite, const char *architecture,
	const char *keyring, const struct strlist *wanted, struct strlist *files,
	struct error *e);

#endif
