/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SECCOMP_H
#define BUILDER_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strlist;

/* SystemCallFilter= of a service, as words of the file. */
struct seccomp_request {
	const struct strlist *words; /* "@group" or a system call's name */
	bool deny; /* all but these are allowed; else only these are */
	bool namespaces; /* clone, unshare and setns may make and enter them */
	bool kill; /* ends the process; else the call fails with EPERM */
};

/* 0 if the word is a group or a system call of any architecture, else -EINVAL. */
int seccomp_check_word(const char *word);

/*
 * Compiles, by libseccomp's tables, for an architecture such as "x86_64" into the bytes of struct
 * sock_filter, which the caller frees. 0, or -errno with why. What it always allows:
 * systemd's @default, and write(2), by which pid1 hears of a failed start. clone3 fails
 * with ENOSYS, since a filter cannot look at its flags; libcs then call clone.
 */
int seccomp_compile(const struct seccomp_request *request, const char *arch,
	uint8_t **filter, uint32_t *size, char *why, size_t why_size);

#endif
