/* SPDX-License-Identifier: ISC */
#include "modules.h"

#include "builder/read/board.h"
#include "builder/image/elf.h"
#include "builder/image/modinfo.h"

#define KERNEL "6.12.107 SMP mod_unload"
#define MAGIC  "vermagic=" KERNEL " \n"

static struct board_module declared[8];
static struct board board = {.modules = declared};

static void
declare(size_t index, const char *name, const char *parameters)
{
	static char text[8][2][64], file[] = "boards/b/board.ini";

	snprintf(text[index][0], sizeof(text[0][0]), "%s", name);
	snprintf(text[index][1], sizeof(text[0][1]), "%s", parameters);
	declared[index] = (struct board_module){.name = text[index][0],
		.parameters = text[index][1],
		.file = file,
		.line = (unsigned)(10 + index)};
	board.module_count = index + 1;
}

/* The load order as "name(parameters) name() ...", or the message. */
static void
order_is(struct rootfs *rootfs, const char *want)
{
	struct modinfo_loads loads;
	struct error e = {.text = ""};
	char got[1024] = "";

	if (modinfo_order(&board, rootfs, KERNEL " ", &loads, &e) < 0) {
		assert_string_equal(e.text, want);
	} else {
		for (size_t i = 0; i < loads.count; i++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s(%s)",
				i > 0 ? " " : "", loads.load[i].name,
				loads.load[i].parameters);
		assert_string_equal(got, want);
	}
	modinfo_loads_free(&loads);
	rootfs_free(rootfs);
}

static void
test_read_takes_name_depends_and_parameters(void **state)
{
	struct modinfo info;
	struct elf_input in;
	struct rootfs rootfs;
	struct error e;

	(void)state;
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/a.ko",
		"license=GPL\nname=a_b\ndepends=x,y-z\n" MAGIC
		"parm=count:how many\nparmtype=count:int\nparmtype=debug:bool\nnonsense\n");
	assert_int_equal(rootfs_open(&rootfs.entry[0], &in, &e), 0);
	assert_int_equal(modinfo_read(&info, &in, &e), 0);
	rootfs_close(&in);
	assert_string_equal(info.name, "a_b");
	assert_string_equal(info.license, "GPL");
	assert_string_equal(info.vermagic, KERNEL);
	assert_int_equal(info.depends.count, 2);
	assert_string_equal(info.depends.item[1], "y-z");
	assert_int_equal(info.parameters.count, 2);
	assert_string_equal(info.parameters.item[0], "count");
	assert_string_equal(info.parameters.item[1], "debug");
	modinfo_free(&info);
	rootfs_free(&rootfs);
}

static void
test_read_other_files_are_no_modules(void **state)
{
	struct modinfo info;
	struct elf_input in = {.fd = -1, .data = (const uint8_t *)"text", .size = 4};
	struct rootfs rootfs;
	struct error e;

	(void)state;
	assert_int_equal(modinfo_read(&info, &in, &e), -ENOEXEC);
	modinfo_free(&info);
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/a.ko", "license=GPL\n");
	assert_int_equal(rootfs_open(&rootfs.entry[0], &in, &e), 0);
	assert_int_equal(modinfo_read(&info, &in, &e), -EBADMSG);
	assert_string_equal(
		e.text, "not a kernel module: no valid name= in its section .modinfo");
	rootfs_close(&in);
	modinfo_free(&info);
	rootfs_free(&rootfs);
}

static void
test_order_dependencies_come_first_else_as_declared(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/net.ko", "name=net\ndepends=core,helper-x\n" MAGIC);
	modules_add(&rootfs, "/lib/core.ko",
		"name=core\ndepends=\nparmtype=size:int\n" MAGIC);
	modules_add(&rootfs, "/lib/helper_x.ko", "name=helper_x\ndepends=core\n" MAGIC);
	modules_add(&rootfs, "/lib/alone.ko", "name=alone\n" MAGIC);
	modules_add(&rootfs, "/lib/unused.ko", "name=unused\ndepends=nowhere\n" MAGIC);
	declare(0, "net", "");
	declare(1, "alone", "");
	declare(2, "core", "size=3");
	order_is(&rootfs, "core(size=3) helper_x() net() alone()");
}

static void
test_order_names_take_dash_for_underscore(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/my-mod.ko", "name=my_mod\nparmtype=a_b:int\n" MAGIC);
	declare(0, "my-mod", "a-b=1 dyndbg=\"+p x\" async_probe");
	order_is(&rootfs, "my_mod(a-b=1 dyndbg=\"+p x\" async_probe)");
	assert_true(modinfo_same_name("a-b_c", "a_b-c"));
	assert_false(modinfo_same_name("a-b", "a-bc"));
	assert_false(modinfo_same_name("a-bc", "a-b"));
}

static void
test_order_faults_name_the_line(void **state)
{
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	declare(0, "gone", "");
	order_is(&rootfs,
		"boards/b/board.ini:10: gone: no such module in the image: add the recipe that installs gone.ko to [image] recipes");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\ndepends=b\n" MAGIC);
	declare(0, "a", "");
	order_is(&rootfs,
		"boards/b/board.ini:10: a: a needs the module b, which is not in the image: add the recipe that installs it");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\nparmtype=count:int\n" MAGIC);
	declare(0, "a", "count=1 cuont=2");
	order_is(&rootfs,
		"boards/b/board.ini:10: a: the module knows no parameter \"cuont\", did you mean count?");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\nparmtype=count:int\n" MAGIC);
	declare(0, "a", "count=many");
	order_is(&rootfs,
		"boards/b/board.ini:10: a: count: want a whole number of 32 bits, got \"many\"");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\nparmtype=count:int\n" MAGIC);
	declare(0, "a", "count=\"1");
	order_is(&rootfs, "boards/b/board.ini:10: a: a quote is not closed");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\nvermagic=6.1.0 SMP \n");
	declare(0, "a", "");
	order_is(&rootfs,
		"boards/b/board.ini:10: a: /lib/a.ko is a module for the kernel \"6.1.0 SMP\", the board's is \"" KERNEL
		"\": build it against the board's kernel");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\n" MAGIC);
	modules_add(&rootfs, "/lib2/a.ko", "name=a\n" MAGIC);
	order_is(&rootfs,
		"boards/b/board.ini:10: a: two files of the image are this module: /lib/a.ko and /lib2/a.ko");
	rootfs_init(&rootfs);
	modules_add(&rootfs, "/lib/a.ko", "name=a\ndepends=b\n" MAGIC);
	modules_add(&rootfs, "/lib/b.ko", "name=b\ndepends=a\n" MAGIC);
	order_is(&rootfs, "boards/b/board.ini:10: a: a and b depend on each other");
	rootfs_init(&rootfs);
	roots_text(&rootfs, "/lib/a.ko", 0644, "text");
	order_is(&rootfs, "recipes/r/recipe.ini:7: /lib/a.ko: not an ELF file");
}

static void
test_values_are_judged_as_the_kernel_does(void **state)
{
	static const struct {
		const char *type, *good, *bad;
	} cases[] = {
		{"byte", "255", "256"},
		{"short", "-32768", "-32769"},
		{"ushort", "0xffff", "-1"},
		{"int", "2147483647", "2147483648"},
		{"int", "-2147483648", "soon"},
		{"uint", "+7", ""},
		{"uint", "4294967295", "4294967296"},
		{"hexint", "0xf", "f"},
		{"long", "-9223372036854775808", "9223372036854775808"},
		{"ulong", "18446744073709551615", "18446744073709551616"},
		{"uint", "010", "08"},
		{"bool", "y", "maybe"},
		{"bool", "off", "o"},
		{"invbool", "1", ""},
		{"array of int", "1,2,-3", "1,,3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (modinfo_value_fault(cases[i].type, cases[i].good))
			fail_msg("%s: %s is refused", cases[i].type, cases[i].good);
		if (!modinfo_value_fault(cases[i].type, cases[i].bad))
			fail_msg("%s: %s is taken", cases[i].type, cases[i].bad);
	}
	assert_null(modinfo_value_fault("bool", NULL));
	assert_string_equal(modinfo_value_fault("charp", NULL), "a value");
	assert_null(modinfo_value_fault("charp", "what you like"));
	assert_null(modinfo_value_fault("", NULL));
	assert_null(modinfo_value_fault("dmi-table", "own"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_takes_name_depends_and_parameters),
		cmocka_unit_test(test_read_other_files_are_no_modules),
		cmocka_unit_test(test_order_dependencies_come_first_else_as_declared),
		cmocka_unit_test(test_order_names_take_dash_for_underscore),
		cmocka_unit_test(test_order_faults_name_the_line),
		cmocka_unit_test(test_values_are_judged_as_the_kernel_does),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
