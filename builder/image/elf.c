/* SPDX-License-Identifier: ISC */
#include "elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"

#define SEGMENTS_MAX 256u
#define DYNAMIC_MAX  4096u

/* A structure of the file, at most 64 bytes; its fields are little-endian. */
struct record {
	uint8_t byte[64];
};

static uint64_t
get(const struct record *record, size_t at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = size; i > 0; i--)
		value = value << 8 | record->byte[at + i - 1];
	return value;
}

bool
elf_bytes(const struct elf_input *in, uint64_t offset, void *to, size_t size)
{
	uint8_t *at = to;

	if (offset > in->size || size > in->size - offset)
		return false;
	if (in->data) {
		memcpy(to, in->data + offset, size);
		return true;
	}
	while (size > 0) {
		ssize_t got = pread(in->fd, at, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return true;
}

/* A NUL-ended text of the file, cut at ELF_NAME; "" if it is not there. */
static void
get_name(const struct elf_input *in, uint64_t offset, char name[ELF_NAME])
{
	size_t size = ELF_NAME - 1;

	name[0] = '\0';
	if (offset >= in->size)
		return;
	if (size > in->size - offset)
		size = (size_t)(in->size - offset);
	if (!elf_bytes(in, offset, name, size))
		size = 0;
	name[size] = '\0';
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

struct segment {
	uint32_t type;
	uint64_t offset, address, size;
};

static bool
get_segment(const struct elf *elf, const struct elf_input *in, size_t index,
	struct segment *segment)
{
	size_t size = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	struct record r = {.byte = {0}};

	if (!elf_bytes(in, elf->program_offset + index * size, r.byte, size))
		return false;
	segment->type = (uint32_t)get(&r, 0, 4);
	segment->offset = elf->wide ? get(&r, 8, 8) : get(&r, 4, 4);
	segment->address = elf->wide ? get(&r, 16, 8) : get(&r, 8, 4);
	segment->size = elf->wide ? get(&r, 32, 8) : get(&r, 16, 4);
	return true;
}

/* The offset in the file of what is loaded at an address; UINT64_MAX if nothing is. */
static uint64_t
offset_of(const struct elf *elf, const struct elf_input *in, uint64_t address)
{
	struct segment s;

	for (size_t i = 0; i < elf->program_count && get_segment(elf, in, i, &s); i++)
		if (s.type == PT_LOAD && address >= s.address &&
			address - s.address < s.size &&
			s.offset <= UINT64_MAX - (address - s.address))
			return s.offset + (address - s.address);
	return UINT64_MAX;
}

static int
read_dynamic(struct elf *elf, const struct elf_input *in, const struct segment *segment,
	struct error *e)
{
	size_t word = elf->wide ? 8 : 4;
	uint64_t strings = UINT64_MAX, first = UINT64_MAX;

	if (segment->offset > in->size || segment->size > in->size - segment->offset)
		return error_set(e, EBADMSG, "its dynamic segment lies outside the file");
	elf->dynamic = true;
	for (size_t i = 0; i < DYNAMIC_MAX && (i + 1) * 2 * word <= segment->size; i++) {
		struct record r = {.byte = {0}};
		uint64_t tag, value;

		if (!elf_bytes(in, segment->offset + i * 2 * word, r.byte, 2 * word))
			return error_set(
				e, EBADMSG, "its dynamic segment cannot be read");
		tag = get(&r, 0, word);
		value = get(&r, word, word);
		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			strings = offset_of(elf, in, value);
		if (tag == DT_NEEDED && elf->needed_count++ == 0)
			first = value;
	}
	if (first != UINT64_MAX && strings != UINT64_MAX && first <= UINT64_MAX - strings)
		get_name(in, strings + first, elf->needed);
	return 0;
}

static int
read_segments(struct elf *elf, const struct elf_input *in, struct error *e)
{
	for (size_t i = 0; i < elf->program_count; i++) {
		struct segment segment;
		int r = 0;

		if (!get_segment(elf, in, i, &segment))
			return error_set(e, EBADMSG,
				"its program headers lie outside the file: it is cut short");
		if (segment.type == PT_LOAD) {
			elf->loadable = true;
			if (segment.offset > in->size ||
				segment.size > in->size - segment.offset)
				return error_set(e, EBADMSG,
					"a segment lies outside the file: it is cut short");
		} else if (segment.type == PT_INTERP) {
			elf->interpreted = true;
			get_name(in, segment.offset, elf->interpreter);
		} else if (segment.type == PT_DYNAMIC) {
			r = read_dynamic(elf, in, &segment, e);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int
elf_read(struct elf *elf, const struct elf_input *in, struct error *e)
{
	struct record r = {.byte = {0}};
	size_t size, at;

	*elf = (struct elf){0};
	if (!elf_bytes(in, 0, r.byte, SELFMAG) || memcmp(r.byte, ELFMAG, SELFMAG) != 0)
		return error_set(e, ENOEXEC, "not an ELF file");
	if (!elf_bytes(in, 0, r.byte, EI_NIDENT))
		return error_set(e, EBADMSG, "its ELF header is cut short");
	if (r.byte[EI_CLASS] != ELFCLASS64 && r.byte[EI_CLASS] != ELFCLASS32)
		return error_set(e, EBADMSG,
			"an ELF file of class %u: want 32 or 64 bits", r.byte[EI_CLASS]);
	if (r.byte[EI_DATA] != ELFDATA2LSB)
		return error_set(e, EBADMSG, "an ELF file that is not little-endian");
	elf->wide = r.byte[EI_CLASS] == ELFCLASS64;
	size = elf->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (!elf_bytes(in, 0, r.byte, size))
		return error_set(e, EBADMSG, "its ELF header is cut short");
	elf->type = (uint16_t)get(&r, 16, 2);
	elf->machine = (uint16_t)get(&r, 18, 2);
	elf->entry = get(&r, 24, elf->wide ? 8 : 4);
	elf->program_offset = elf->wide ? get(&r, 32, 8) : get(&r, 28, 4);
	elf->section_offset = elf->wide ? get(&r, 40, 8) : get(&r, 32, 4);
	at = elf->wide ? 54 : 42; /* e_phentsize and what follows */
	elf->program_count = (size_t)get(&r, at + 2, 2);
	elf->section_count = (size_t)get(&r, at + 6, 2);
	elf->names_section = (size_t)get(&r, at + 8, 2);
	if (elf->program_count > SEGMENTS_MAX)
		return error_set(e, EBADMSG, "%zu program headers: want at most %u",
			elf->program_count, SEGMENTS_MAX);
	if (elf->program_count > 0 &&
		get(&r, at, 2) != (elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return error_set(e, EBADMSG, "program headers of an unknown size");
	if (elf->section_count > 0 &&
		get(&r, at + 4, 2) !=
			(elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)))
		return error_set(e, EBADMSG, "section headers of an unknown size");
	/* so that adding an index's offset below cannot wrap */
	if (elf->program_offset > in->size || elf->section_offset > in->size)
		return error_set(
			e, EBADMSG, "its headers lie outside the file: it is cut short");
	return read_segments(elf, in, e);
}

/* The section's name offset, offset and size. */
static bool
get_section(const struct elf *elf, const struct elf_input *in, size_t index,
	uint64_t *name, uint64_t *offset, uint64_t *size)
{
	size_t length = elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	struct record r = {.byte = {0}};

	if (index >= elf->section_count ||
		!elf_bytes(in, elf->section_offset + index * length, r.byte, length))
		return false;
	*name = get(&r, 0, 4);
	*offset = elf->wide ? get(&r, 24, 8) : get(&r, 16, 4);
	*size = elf->wide ? get(&r, 32, 8) : get(&r, 20, 4);
	return true;
}

int
elf_section(const struct elf *elf, const struct elf_input *in, const char *name,
	uint64_t *offset, uint64_t *size, struct error *e)
{
	size_t length = strlen(name) + 1;
	uint64_t names, names_size, at, unused;
	char found[64];

	if (length > sizeof(found))
		return error_set(e, ENOENT, "no section %s", name);
	if (!get_section(elf, in, elf->names_section, &unused, &names, &names_size) ||
		names > in->size || names_size > in->size - names)
		return error_set(e, EBADMSG, "its section names lie outside the file");
	for (size_t i = 0; i < elf->section_count; i++) {
		if (!get_section(elf, in, i, &at, offset, size))
			return error_set(e, EBADMSG,
				"its section headers lie outside the file: it is cut short");
		if (at > names_size || length > names_size - at ||
			!elf_bytes(in, names + at, found, length) ||
			memcmp(found, name, length) != 0)
			continue;
		if (*offset > in->size || *size > in->size - *offset)
			return error_set(e, EBADMSG,
				"its section %s lies outside the file: it is cut short",
				name);
		return 0;
	}
	return error_set(e, ENOENT, "no section %s", name);
}
