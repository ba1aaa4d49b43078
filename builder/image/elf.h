/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_ELF_H
#define BUILDER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Where an ELF file's bytes are: in memory, or in a file if data is NULL. */
struct elf_input {
	const uint8_t *data;
	int fd;
	uint64_t size;
};

#define ELF_NAME 256 /* a library's name is cut after so many bytes */

/* What the builder asks of an ELF file; elf(5). Nothing in it is believed without a
 * bound. */
struct elf {
	bool wide; /* 64 bits */
	uint16_t type, machine;
	uint64_t entry;
	uint64_t program_offset, section_offset;
	size_t program_count, section_count, names_section;
	bool loadable, interpreted, dynamic;
	char interpreter[ELF_NAME]; /* PT_INTERP, "" if none */
	char needed[ELF_NAME]; /* first DT_NEEDED, "" if none or its name is damaged */
	size_t needed_count;
};

/* size bytes at offset into to; false if they are not all there. */
bool elf_bytes(const struct elf_input *in, uint64_t offset, void *to, size_t size);

/* Reads the headers. 0, -ENOEXEC (no ELF file), -EBADMSG (damaged; e says how). */
int elf_read(struct elf *elf, const struct elf_input *in, struct error *e);

/* Finds a section by name: 0 with *offset and *size inside the file, -ENOENT, -EBADMSG.
 */
int elf_section(const struct elf *elf, const struct elf_input *in, const char *name,
	uint64_t *offset, uint64_t *size, struct error *e);

/* True if the builder knows the board's arch (x86_64, arm64, armv7, riscv64, ppc64le). */
bool elf_arch_known(const char *arch);

/* 0, or -ENOEXEC with e if the file is not for a board's arch. */
int elf_check_arch(const struct elf *elf, const char *arch, struct error *e);

/* 0 if it is a program of that arch that needs no other file to run; else -ENOEXEC with
 * e. */
int elf_check_static(const struct elf *elf, const char *arch, struct error *e);

#endif
