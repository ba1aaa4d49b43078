/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SECCOMP_GROUPS_H
#define BUILDER_SECCOMP_GROUPS_H

/* The members of "@basic-io", parted by blanks, or NULL. */
const char *seccomp_group(const char *name);

#endif
