/* SPDX-License-Identifier: ISC */
#include "modules.h"

#include "builder/read/board.h"

#define KERNEL "6.12.107 SMP mod_unload"

#if defined(__aarch64__)
#define ARCH "arm64"
#else
#define ARCH "x86_64"
#endif

static char arch[] = ARCH, board_file[] = "boards/b/board.ini";
static char service_file[] = "boards/b/services/app.service", app[] = "/bin/app";
static char *words[] = {app};
static struct service service = {
	.file = service_file, .arguments = {.item = words, .count = 1}};
static struct board board = {
	.file = board_file, .arch = arch, .services = &service, .service_count = 1};

static int
set_up(void **state)
{
	const char *cc = getenv("CC");
	char command[256];

	if (scratch_enter(state) < 0)
		return -1;
	scratch_write("in.c", "int main(void) { return 0; }\n");
	snprintf(command, sizeof(command), "%s -static -o static in.c", cc ? cc : "cc");
	if (system(command) != 0)
		return -1;
	snprintf(command, sizeof(command), "%s -o dynamic in.c", cc ? cc : "cc");
	return system(command) == 0 ? 0 : -1;
}

/* A root that passes; each test adds to it what is wrong. */
static void
good_root(struct rootfs *rootfs)
{
	rootfs_init(rootfs);
	board.selfcheck = false;
	roots_source(rootfs, "/init", 0755, "static");
	roots_source(rootfs, "/usr/bin/app", 0555, "static");
	roots_link(rootfs, "/bin", "usr/bin");
}

/* "" for a root that passes; frees it. */
static void
verdict_for(struct rootfs *rootfs, const char *vermagic, const char *want)
{
	struct error e = {.text = ""};
	int r;

	roots_finish(rootfs);
	r = rootfs_check(rootfs, &board, vermagic, &e);
	assert_string_equal(e.text, want);
	assert_true((r < 0) == (want[0] != '\0'));
	rootfs_free(rootfs);
}

static void
verdict(struct rootfs *rootfs, const char *want)
{
	verdict_for(rootfs, KERNEL, want);
}

static void
test_check_good_root_passes(void **state)
{
	struct rootfs rootfs;

	(void)state;
	good_root(&rootfs);
	roots_text(&rootfs, "/etc/text", 0644, "no program");
	roots_text(&rootfs, "/etc/empty", 0644, "");
	roots_text(&rootfs, "/bin-x", 0755, "#! /bin/app -x\n");
	roots_source(&rootfs, "/firmware", 0644, "dynamic"); /* never executed */
	modules_add(&rootfs, "/lib/a.ko", "name=a\nvermagic=" KERNEL " \n");
	verdict(&rootfs, "");
}

static void
test_check_init_must_be_a_program(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	verdict(&rootfs,
		"boards/b/board.ini: /init is not in the image: the kernel starts it: add the recipe pid1 to [image] recipes");
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/init", 0644, "static");
	verdict(&rootfs,
		"boards/b/board.ini: /init is not executable: its mode is 0644 (recipes/r/recipe.ini:7)");
	rootfs_init(&rootfs);
	roots_bytes(&rootfs, "/init", S_IFDIR | 0755, "", 0);
	verdict(&rootfs, "boards/b/board.ini: /init is no regular file (/init)");
}

static void
test_check_service_without_program_names_its_file(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/init", 0755, "static");
	verdict(&rootfs,
		"boards/b/services/app.service: ExecStart: /bin/app is not in the image: add the recipe that installs it to [image] recipes of the board");
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/init", 0755, "static");
	roots_source(&rootfs, "/bin/app", 0640, "static");
	verdict(&rootfs,
		"boards/b/services/app.service: ExecStart: /bin/app is not executable: its mode is 0640 (recipes/r/recipe.ini:7)");
}

static void
test_check_selfcheck_needs_its_program(void **state)
{
	struct rootfs rootfs;

	(void)state;
	good_root(&rootfs);
	board.selfcheck = true;
	verdict(&rootfs,
		"boards/b/board.ini: /sbin/selfcheck is not in the image: selfcheck = yes needs the recipe selfcheck in [image] recipes");
}

static void
test_check_dynamic_program_is_refused(void **state)
{
	struct rootfs rootfs;

	(void)state;
	good_root(&rootfs);
	roots_source(&rootfs, "/usr/bin/foo", 0755, "dynamic");
	verdict(&rootfs,
		"recipes/r/recipe.ini:7: /usr/bin/foo: dynamically linked against libc.so.6: an image has no libraries, link with -static");
}

static void
test_check_executables_that_are_no_programs_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} files[] = {
		{"text", "not a program: neither ELF nor a \"#!\" line: drop its x bit"},
		{"", "an empty file, not a program: drop its x bit"},
		{"#!/bin/perl\n",
			"a script for /bin/perl, which is not in the image: add the recipe that installs it"},
		{"#!/etc\n", "a script for /etc, which is no program"},
		{"#!/etc/text\n", "a script for /etc/text, which is no program"},
		{"#!sh\n",
			"a script whose \"#!\" line names no absolute path within 255 bytes"},
		{"#!/bin/app\r\n",
			"a script with CRLF line ends: the kernel would look for \"/bin/app\\r\""},
		{"\177ELF\2\1\1", "its ELF header is cut short"},
	};
	struct rootfs rootfs;
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		good_root(&rootfs);
		roots_text(&rootfs, "/etc/text", 0644, "text");
		roots_text(&rootfs, "/etc/x", 0755, files[i].text);
		snprintf(want, sizeof(want), "recipes/r/recipe.ini:7: /etc/x: %s",
			files[i].message);
		verdict(&rootfs, want);
	}
}

static void
test_check_module_for_another_kernel_is_refused(void **state)
{
	struct rootfs rootfs;

	(void)state;
	good_root(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\nvermagic=6.1.0 SMP \n");
	verdict(&rootfs,
		"recipes/r/recipe.ini:7: /lib/a.ko: a module for the kernel \"6.1.0 SMP\", the board's is \"" KERNEL
		"\": build it against the board's kernel");
	good_root(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\nvermagic=" KERNEL "\n");
	verdict_for(&rootfs, "",
		"recipes/r/recipe.ini:7: /lib/a.ko: a kernel module, but the board's kernel loads none: add the fragment modules to [kernel] config");
	good_root(&rootfs);
	roots_text(&rootfs, "/lib/a.ko", 0644, "\177ELF is not all of it");
	verdict(&rootfs,
		"recipes/r/recipe.ini:7: /lib/a.ko: an ELF file of class 32: want 32 or 64 bits");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_good_root_passes),
		cmocka_unit_test(test_check_init_must_be_a_program),
		cmocka_unit_test(test_check_service_without_program_names_its_file),
		cmocka_unit_test(test_check_selfcheck_needs_its_program),
		cmocka_unit_test(test_check_dynamic_program_is_refused),
		cmocka_unit_test(test_check_executables_that_are_no_programs_are_refused),
		cmocka_unit_test(test_check_module_for_another_kernel_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
