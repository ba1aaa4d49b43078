/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CPULIST_H
#define BUILDER_CPULIST_H

#define CPULIST_CPUS   1024 /* processors are numbered below this */
#define CPULIST_LENGTH 500 /* bytes of a list that pid1 takes */

/*
 * A list of processors ("0 2-3,5", blanks or commas between) as the kernel writes it back
 * ("0,2-3,5": cpuset(7), list format), or NULL. The caller frees.
 */
char *cpulist_normal(const char *text);

#endif
