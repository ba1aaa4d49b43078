/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <fcntl.h>

#include "builder/image/elf.h"

/* The compiler that built this test makes the files; they are what a recipe would make.
 */
static int
compile(const char *flags, const char *text, const char *out)
{
	const char *cc = getenv("CC");
	char command[512];

	scratch_write("in.c", text);
	snprintf(command, sizeof(command), "%s %s -o %s in.c 2>/dev/null", cc ? cc : "cc",
		flags, out);
	return system(command);
}

static struct elf_input
open_file(const char *path)
{
	struct elf_input in = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct stat st;

	assert_true(in.fd >= 0);
	assert_int_equal(fstat(in.fd, &st), 0);
	in.size = (uint64_t)st.st_size;
	return in;
}

static int
check(const char *path, const char *arch, struct error *e)
{
	struct elf_input in = open_file(path);
	struct elf elf;
	int r = elf_read(&elf, &in, e);

	if (r == 0)
		r = elf_check_static(&elf, arch, e);
	close(in.fd);
	return r;
}

static void
refused(const char *path, const char *arch, const char *part)
{
	struct error e = {.text = ""};

	assert_int_equal(check(path, arch, &e), -ENOEXEC);
	if (!strstr(e.text, part))
		fail_msg("\"%s\" lacks \"%s\"", e.text, part);
}

static const char program[] = "int main(void) { return 0; }\n";

/* The arch that the tests' own compiler makes programs for. */
static const char *
own_arch(void)
{
#if defined(__aarch64__)
	return "arm64";
#else
	return "x86_64";
#endif
}

static void
test_static_and_static_pie_programs_are_accepted(void **state)
{
	static const char *const flags[] = {"-static -no-pie", "-static-pie"};
	struct error e = {.text = ""};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(compile(flags[i], program, "a.out"), 0);
		if (check("a.out", own_arch(), &e) < 0)
			fail_msg("%s: %s", flags[i], e.text);
	}
}

static void
test_dynamic_program_is_refused_with_its_library(void **state)
{
	(void)state;
	assert_int_equal(compile("", program, "a.out"), 0);
	refused("a.out", own_arch(), "dynamically linked against libc.so.6: ");
	assert_int_equal(compile("-nostdlib -pie -Wl,--no-dynamic-linker -shared-libgcc "
				 "-Wl,-soname,x -Wl,-e,main -Wl,--no-as-needed -lc",
				 program, "a.out"),
		0);
	refused("a.out", own_arch(), "dynamically linked against libc.so.6: ");
	assert_int_equal(compile("-nostdlib -pie -Wl,-e,main", program, "a.out"), 0);
	refused("a.out", own_arch(), "dynamically linked, it asks for the loader /lib");
}

static void
test_library_and_object_are_no_programs(void **state)
{
	(void)state;
	assert_int_equal(compile("-c", program, "a.o"), 0);
	refused("a.o", own_arch(), "an object file, not a program");
	assert_int_equal(
		compile("-shared -nostdlib -fPIC", "int x(void) { return 0; }\n", "a.so"),
		0);
	refused("a.so", own_arch(), "no entry point");
}

static void
test_other_arch_is_refused_by_name(void **state)
{
	(void)state;
	assert_int_equal(compile("-static", program, "a.out"), 0);
	refused("a.out", "riscv64", "built for ");
	refused("a.out", "riscv64", ", but the board is riscv64");
	refused("a.out", "vax", "the arch vax is not known");
	assert_true(elf_arch_known("armv7"));
	assert_false(elf_arch_known("vax"));
}

/* A 64-bit ELF file of one PT_LOAD, as small as it gets. */
struct tiny {
	uint8_t byte[64 + 2 * 56 + 64];
	size_t size;
};

static void
put(struct tiny *tiny, size_t at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		tiny->byte[at + i] = (uint8_t)(value >> 8 * i);
}

static void
make_tiny(struct tiny *tiny)
{
	*tiny = (struct tiny){.byte = "\177ELF\2\1\1", .size = sizeof(tiny->byte)};
	put(tiny, 16, 2, 2); /* ET_EXEC */
	put(tiny, 18, 62, 2); /* x86-64 */
	put(tiny, 24, 0x400000, 8);
	put(tiny, 32, 64, 8); /* program headers */
	put(tiny, 54, 56, 2);
	put(tiny, 56, 1, 2);
	put(tiny, 64, 1, 4); /* PT_LOAD */
	put(tiny, 64 + 16, 0x400000, 8);
	put(tiny, 64 + 32, sizeof(tiny->byte), 8);
}

static int
read_tiny(const struct tiny *tiny, struct elf *elf, struct error *e)
{
	/* a copy of just these bytes, so that ASan sees a read behind them */
	uint8_t *copy = malloc(tiny->size + 1);
	struct elf_input in = {.fd = -1, .size = tiny->size};
	int r;

	assert_non_null(copy);
	memcpy(copy, tiny->byte, tiny->size);
	in.data = copy;
	r = elf_read(elf, &in, e);
	free(copy);
	return r;
}

static void
test_damaged_headers_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		size_t size;
		const char *message;
	} faults[] = {
		{4, 3, 1, "an ELF file of class 3: want 32 or 64 bits"},
		{5, 2, 1, "an ELF file that is not little-endian"},
		{32, 1000, 8, "its headers lie outside the file: it is cut short"},
		{32, UINT64_MAX - 8, 8,
			"its headers lie outside the file: it is cut short"},
		{40, UINT64_MAX, 8, "its headers lie outside the file: it is cut short"},
		{32, 200, 8, "its program headers lie outside the file: it is cut short"},
		{54, 57, 2, "program headers of an unknown size"},
		{56, 257, 2, "257 program headers: want at most 256"},
		{60, 1, 2, "section headers of an unknown size"},
		{72, UINT64_MAX, 8, "a segment lies outside the file: it is cut short"},
		{96, UINT64_MAX, 8, "a segment lies outside the file: it is cut short"},
	};
	struct tiny tiny;
	struct elf elf;
	struct error e;

	(void)state;
	make_tiny(&tiny);
	assert_int_equal(read_tiny(&tiny, &elf, &e), 0);
	assert_int_equal(elf_check_static(&elf, "x86_64", &e), 0);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		make_tiny(&tiny);
		put(&tiny, faults[i].at, faults[i].value, faults[i].size);
		assert_int_equal(read_tiny(&tiny, &elf, &e), -EBADMSG);
		assert_string_equal(e.text, faults[i].message);
	}
	for (size_t size = 0; size < sizeof(tiny.byte); size++) {
		make_tiny(&tiny);
		tiny.size = size;
		assert_int_equal(
			read_tiny(&tiny, &elf, &e), size < 4 ? -ENOEXEC : -EBADMSG);
	}
}

static void
test_dynamic_segment_is_read_within_bounds(void **state)
{
	struct tiny tiny;
	struct elf elf;
	struct error e;

	(void)state;
	make_tiny(&tiny);
	put(&tiny, 56, 2, 2);
	put(&tiny, 120, 2, 4); /* PT_DYNAMIC */
	put(&tiny, 128, 176, 8);
	put(&tiny, 152, 48, 8);
	put(&tiny, 176, 1, 8); /* DT_NEEDED at string 8 */
	put(&tiny, 184, 8, 8);
	put(&tiny, 192, 5, 8); /* DT_STRTAB: the last 16 bytes of the file */
	put(&tiny, 200, 0x400000 + 224, 8);
	memcpy(tiny.byte + 232, "lib\1.so", 8); /* ends with the file */
	assert_int_equal(read_tiny(&tiny, &elf, &e), 0);
	assert_int_equal(elf.needed_count, 1);
	assert_string_equal(elf.needed, "lib?.so");
	memcpy(tiny.byte + 232, "libx.so.", 8); /* no NUL before its end */
	assert_int_equal(read_tiny(&tiny, &elf, &e), 0);
	assert_string_equal(elf.needed, "libx.so.");
	put(&tiny, 184, UINT64_MAX - 4, 8);
	assert_int_equal(read_tiny(&tiny, &elf, &e), 0);
	assert_string_equal(elf.needed, "");
	assert_int_equal(elf_check_static(&elf, "x86_64", &e), -ENOEXEC);
	assert_non_null(strstr(e.text, "dynamically linked against a library"));
	put(&tiny, 152, 1000, 8);
	assert_int_equal(read_tiny(&tiny, &elf, &e), -EBADMSG);
	assert_string_equal(e.text, "its dynamic segment lies outside the file");
}

static void
test_section_is_found_by_name(void **state)
{
	struct elf_input in;
	struct elf elf;
	struct error e;
	uint64_t offset, size;
	char text[6];

	(void)state;
	assert_int_equal(
		compile("-c",
			"char x[] __attribute__((section(\".mine\"))) = \"inside\";",
			"a.o"),
		0);
	in = open_file("a.o");
	assert_int_equal(elf_read(&elf, &in, &e), 0);
	assert_int_equal(elf_section(&elf, &in, ".mine", &offset, &size, &e), 0);
	assert_int_equal(size, 7);
	assert_true(elf_bytes(&in, offset, text, 6));
	assert_memory_equal(text, "inside", 6);
	assert_int_equal(elf_section(&elf, &in, ".min", &offset, &size, &e), -ENOENT);
	elf.section_offset = in.size;
	assert_int_equal(elf_section(&elf, &in, ".mine", &offset, &size, &e), -EBADMSG);
	close(in.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_static_and_static_pie_programs_are_accepted),
		cmocka_unit_test(test_dynamic_program_is_refused_with_its_library),
		cmocka_unit_test(test_library_and_object_are_no_programs),
		cmocka_unit_test(test_other_arch_is_refused_by_name),
		cmocka_unit_test(test_damaged_headers_are_refused),
		cmocka_unit_test(test_dynamic_segment_is_read_within_bounds),
		cmocka_unit_test(test_section_is_found_by_name),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
