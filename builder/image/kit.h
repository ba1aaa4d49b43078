/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_KIT_H
#define BUILDER_KIT_H

#include <stddef.h>
#include <stdint.h>

struct error;

#define KIT_MIB	     ((uint64_t)1024 * 1024)
#define KIT_SMALLEST (4 * KIT_MIB)
#define KIT_LARGEST  (512 * KIT_MIB) /* x86 takes no larger kernel, 1 GiB with KASLR */

/*
 * A kernel linked with an empty cavity for the root file system, ready to be cast; see
 * HACKING.md, "The kit". Its store tree holds the payload, `cast` (a shell script run in
 * the sandbox: `cast PAYLOAD LEVEL IMAGE`), what that needs, and kit.ini, which says what
 * the rest must not assume; every key is needed: [kit] format = bzimage | arm64-image |
 * efi-zboot | fit   content = raw kexec = file | load | none [payload] file = NAME
 *   [cavity] offset = BYTES  size = BYTES
 *   [cmdline] offset = BYTES  size = BYTES
 *   [kernel] release = 6.12.107  vermagic = TEXT  init-size = BYTES
 */
struct kit {
	char *root; /* store path */
	char *format, *content, *kexec;
	char *payload; /* file name below root */
	uint64_t payload_size;
	uint64_t cavity_offset, cavity_size;
	uint64_t cmdline_offset, cmdline_size; /* with the NUL that ends the line */
	char *release, *vermagic;
	uint64_t init_size; /* what the kernel needs in place to unpack itself, bytes */
};

/* Reads root/kit.ini and checks it against the files; 0 or -errno. kit_free() in either
 * case. */
int kit_read(struct kit *kit, const char *root, struct error *e);

/* The same from memory, without looking at the files; payload_size is given (fuzzing). */
int kit_parse(struct kit *kit, const char *file, const char *text, size_t size,
	uint64_t payload_size, struct error *e);

void kit_free(struct kit *kit);

/* The cavity class for so many bytes of cpio: 4, 8, 16 ... 512 MiB; 0: more than any has.
 */
uint64_t kit_class(uint64_t cpio_size);

#endif
