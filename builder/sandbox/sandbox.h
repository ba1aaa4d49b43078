/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SANDBOX_H
#define BUILDER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Part of every identity: raised when what a script sees changes. */
#define SANDBOX_VERSION 1

struct sandbox_bind {
	const char *host; /* a folder or a file */
	const char *guest; /* absolute */
	bool writable;
};

/*
 * One command in the build sandbox (bubblewrap): no network, own PIDs, uid 1000, hostname
 * "ingot", umask 022, no ASLR, closed descriptors; the toolchain's /usr and the binds are
 * all it sees, /etc has a passwd and a group, /tmp and /build are empty. What is not a
 * writable bind is read-only or gone afterwards. Nothing of it outlives the command, or
 * this process.
 */
struct sandbox {
	const char *root; /* store path of the unpacked toolchain */
	const struct sandbox_bind *bind;
	size_t bind_count;
	const char *const *env; /* NULL-ended NAME=VALUE, nothing else but PWD is set */
	const char *const *argv; /* NULL-ended, inside the sandbox */
	const char *cwd; /* inside */
	int log_fd; /* stdout and stderr */
	bool jobserver; /* hand MAKEFLAGS and the token pool on */
	unsigned timeout_s; /* 0: none */
};

/*
 * Exit status, 128 + signal, or -errno with e when it could not be started; -ETIMEDOUT
 * when it ran too long and was stopped. With options.no_sandbox it says `isolation:
 * none`, needs root, and shares network, processes and host name with this host.
 */
int sandbox_run(const struct sandbox *sandbox, struct error *e);

/* 0, or why this host cannot (and what to change). */
int sandbox_probe(struct error *e);

/* For the records: "bubblewrap" or "none". */
const char *sandbox_isolation(void);

#endif
