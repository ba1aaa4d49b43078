/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SECCOMP_PROGRAM_H
#define BUILDER_SECCOMP_PROGRAM_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* What a filter says to a system call. */
enum seccomp_fate {
	FATE_ALLOW,
	FATE_REFUSE,
	FATE_MISSING, /* ENOSYS: it does not exist */
	FATE_SPACES, /* allowed if its first argument makes no namespace, else refused */
	SECCOMP_FATES
};

#define SECCOMP_NUMBERS                                                                  \
	1024 /* no architecture of ours numbers its calls higher, but for x32 */
/* Calls that all differ from their neighbours; what this leaves is for far jumps. */
#define SECCOMP_MOST (4 * SECCOMP_NUMBERS)

struct seccomp_verdicts {
	uint32_t arch; /* AUDIT_ARCH_*; any other is killed */
	uint8_t fate[SECCOMP_NUMBERS]; /* enum seccomp_fate, by number */
	enum seccomp_fate above; /* from SECCOMP_NUMBERS on */
	uint32_t refuse; /* SECCOMP_RET_* of FATE_REFUSE */
};

/* The program for the kernel, a search over the ranges of calls that have one fate: what it
 * costs to load and to run grows with the ranges, not with the calls. Its length. */
size_t seccomp_program(const struct seccomp_verdicts *verdicts,
	struct sock_filter program[SECCOMP_MOST]);

#endif
