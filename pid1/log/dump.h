/* SPDX-License-Identifier: ISC */
#ifndef PID1_DUMP_H
#define PID1_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the kernel said last before a panic or an oops of an earlier boot, as ramoops keeps
 * it in memory that outlives a restart (admin-guide/ramoops.rst): files of pstore, each
 * with "Panic#1 Part1" or "Oops#1 Part1" above lines of the kernel's log. They stay there
 * until they are removed.
 */
#define DUMP_MOUNT "/sys/fs/pstore"
#define DUMP_MOST  64 /* files that are looked at; the kernel begins with 0 at each boot */
#define DUMP_TEXT  49152 /* bytes of the end of one */
#define DUMP_CAUSE 160

struct dump {
	bool panic; /* what the boot ended by; else an oops, which it outlived */
	uint64_t uptime_ms; /* at the panic, 0: not said */
	uint32_t mark; /* tells it from another one; never 0 */
	size_t size; /* of the text */
	char cause[DUMP_CAUSE]; /* of the panic, printable */
	char text[DUMP_TEXT];
};

/* Finds the panic's cause and time in the text; the rest of dump must be set. Pure. */
void dump_judge(struct dump *dump);

/* Reads file number; false if there is none, or none of a kernel's log. */
bool dump_load(struct dump *dump, unsigned number);

/* Removes that file, which makes its memory free for the next. 0 or -errno. */
int dump_remove(unsigned number);

#endif
