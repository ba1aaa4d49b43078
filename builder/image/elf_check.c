/* SPDX-License-Identifier: ISC */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "elf.h"

/* The arches of boards; all little-endian. */
static const struct {
	const char *arch;
	bool wide;
	uint16_t machine;
} arches[] = {
	{"x86_64", true, EM_X86_64},
	{"arm64", true, EM_AARCH64},
	{"armv7", false, EM_ARM},
	{"riscv64", true, EM_RISCV},
	{"ppc64le", true, EM_PPC64},
};

#define ARCHES (sizeof(arches) / sizeof(arches[0]))

static size_t
find_arch(const char *arch)
{
	size_t i = 0;

	while (i < ARCHES && strcmp(arches[i].arch, arch) != 0)
		i++;
	return i;
}

bool
elf_arch_known(const char *arch)
{
	return find_arch(arch) < ARCHES;
}

int
elf_check_arch(const struct elf *elf, const char *arch, struct error *e)
{
	size_t want = find_arch(arch), is = 0;

	if (want == ARCHES)
		return error_set(e, ENOEXEC, "the arch %s is not known", arch);
	if (elf->machine == arches[want].machine && elf->wide == arches[want].wide)
		return 0;
	while (is < ARCHES &&
		(arches[is].machine != elf->machine || arches[is].wide != elf->wide))
		is++;
	if (is < ARCHES)
		return error_set(e, ENOEXEC,
			"built for %s, but the board is %s: build it with $CC",
			arches[is].arch, arch);
	return error_set(e, ENOEXEC,
		"built for another machine (ELF machine %u, %u bits), but the board is %s: build it with $CC",
		elf->machine, elf->wide ? 64 : 32, arch);
}

int
elf_check_static(const struct elf *elf, const char *arch, struct error *e)
{
	int r = elf_check_arch(elf, arch, e);

	if (r < 0)
		return r;
	if (elf->type == ET_REL)
		return error_set(e, ENOEXEC,
			"an object file, not a program: link it, or drop its x bit");
	if (elf->type != ET_EXEC && elf->type != ET_DYN)
		return error_set(
			e, ENOEXEC, "an ELF file of type %u, not a program", elf->type);
	if (elf->needed_count > 0)
		return error_set(e, ENOEXEC,
			"dynamically linked against %s%s: an image has no libraries, link with -static",
			elf->needed[0] ? elf->needed : "a library",
			elf->needed_count > 1 ? " and more" : "");
	if (elf->interpreted)
		return error_set(e, ENOEXEC,
			"dynamically linked, it asks for the loader %s: link with -static",
			elf->interpreter[0] ? elf->interpreter : "(no name)");
	if (!elf->loadable)
		return error_set(e, ENOEXEC, "nothing to load in it: not a program");
	if (elf->entry == 0)
		return error_set(
			e, ENOEXEC, "no entry point: a shared library is not a program");
	return 0;
}
