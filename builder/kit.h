/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_KIT_H
#define BUILDER_KIT_H

#include <stdint.h>

struct error;

/*
 * A kernel linked with an empty cavity for the root file system, ready to be cast. kit.ini in its
 * store tree says what the rest must not assume (see HACKING.md, "The kit"):
 *   [kit] format = bzimage | ...   content = raw   kexec = file | load | none
 *   [cavity] file = PAYLOAD  offset = BYTES  size = BYTES
 *   [cmdline] file = PAYLOAD  offset = BYTES  size = BYTES
 *   [kernel] release = 6.12.107  vermagic = ...  init-size = BYTES
 * Beside it: the payload, `cast` (a shell script run in the sandbox: payload in, image out).
 */
struct kit {
	char *root;      /* store path */
	char *format, *content, *kexec;
	char *payload;   /* file name below root */
	uint64_t cavity_offset, cavity_size;
	uint64_t cmdline_offset, cmdline_size;
	char *release, *vermagic;
	uint64_t init_size;
};

int kit_read(struct kit *kit, const char *root, struct error *e);
void kit_free(struct kit *kit);

/* The cavity class for so many bytes of cpio: 4, 8, 16, 32 ... MiB. */
uint64_t kit_class(uint64_t cpio_size);

#endif
