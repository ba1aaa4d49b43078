/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/read/recipe.h"
#include "builder/read/spdx.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define HEAD	"[recipe]\nname = x\nversion = 1\nlicense = ISC\n"
#define BUILD	"[build]\nscript = make\n"
#define INSTALL "[install]\n/bin/x = 0755\n"
#define DEBIAN	"[source]\ndebian = x 1:1.0-2 trixie\nfile = x.tar.xz\nsha256 = " HASH "\n"

static const char path[] = "recipes/x/recipe.ini";

static int
read_it(const char *file, struct error *e)
{
	struct recipe recipe;
	int r;

	(void)file;
	r = recipe_read(&recipe, "recipes/x", e);
	recipe_free(&recipe);
	return r;
}

/* Reads text as recipes/x/recipe.ini; the message must be exactly this. */
static void
refused(const char *text, const char *message)
{
	assert_int_equal(scratch_refused(path, text, read_it, message), -EINVAL);
}

static void
accepted(const char *text, struct recipe *recipe)
{
	struct error e = {.text = ""};
	int r;

	scratch_write(path, text);
	r = recipe_read(recipe, "recipes/x", &e);
	assert_string_equal(e.text, "");
	assert_int_equal(r, 0);
}

static void
test_recipe_complete_every_field_read(void **state)
{
	struct recipe recipe;

	(void)state;
	scratch_write("recipes/x/one.patch", "");
	scratch_write("recipes/x/more/two.patch", "");
	accepted(
		"# a comment\n"
		"[recipe]\nname = x\nversion = 1.0~rc1\nlicense = MIT OR ISC\nkind = program\n"
		"summary = It does: things\nreplaces = x\n" DEBIAN
		"debian-patches = yes\ndebian-file = x.debian.tar.xz\ndebian-sha256 = " HASH
		"\npatches = one.patch\n\tmore/two.patch\n"
		"only = src\n\tinclude/*.h\n"
		"[depends]\nbuild = musl libfoo2.0\n"
		"[build]\nscript =\n\tmake\n\tmake install\n"
		"[install]\n/bin/x = 0755\n/bin/y = -> x\n/etc/x.conf = 0640 0 7\n",
		&recipe);
	assert_string_equal(recipe.file, path);
	assert_string_equal(recipe.name, "x");
	assert_string_equal(recipe.version, "1.0~rc1");
	assert_string_equal(recipe.license, "MIT OR ISC");
	assert_string_equal(recipe.summary, "It does: things");
	assert_string_equal(recipe.replaces, "x");
	assert_int_equal(recipe.kind, RECIPE_PROGRAM);
	assert_int_equal(recipe.source.kind, SOURCE_DEBIAN);
	assert_string_equal(recipe.source.package, "x");
	assert_string_equal(recipe.source.version, "1:1.0-2");
	assert_string_equal(recipe.source.suite, "trixie");
	assert_string_equal(recipe.source.file, "x.tar.xz");
	assert_string_equal(recipe.source.sha256, HASH);
	assert_true(recipe.source.debian_patches);
	assert_string_equal(recipe.source.debian_file, "x.debian.tar.xz");
	assert_string_equal(recipe.source.debian_sha256, HASH);
	assert_int_equal(recipe.source.only.count, 2);
	assert_string_equal(recipe.source.only.item[0], "include/*.h");
	assert_string_equal(recipe.source.only.item[1], "src");
	assert_int_equal(recipe.patches.count, 2);
	assert_int_equal(recipe.patches.item[0][0], '/');
	assert_non_null(strstr(recipe.patches.item[1], "/recipes/x/more/two.patch"));
	assert_int_equal(recipe.depends.count, 2);
	assert_string_equal(recipe.depends.item[1], "libfoo2.0");
	assert_non_null(strstr(recipe.script, "make\nmake install"));
	assert_int_equal(recipe.install_count, 3);
	assert_string_equal(recipe.install[0].path, "/bin/x");
	assert_int_equal(recipe.install[0].mode, 0755);
	assert_null(recipe.install[0].link);
	assert_string_equal(recipe.install[1].link, "x");
	assert_int_equal(recipe.install[2].mode, 0640);
	assert_int_equal(recipe.install[2].uid, 0);
	assert_int_equal(recipe.install[2].gid, 7);
	assert_int_equal(recipe.install[2].line, 29);
	recipe_free(&recipe);
}

static void
test_recipe_minimal_defaults_as_documented(void **state)
{
	struct recipe recipe;

	(void)state;
	accepted(HEAD BUILD INSTALL, &recipe);
	assert_int_equal(recipe.kind, RECIPE_PROGRAM);
	assert_string_equal(recipe.summary, "");
	assert_int_equal(recipe.source.kind, SOURCE_NONE);
	assert_null(recipe.replaces);
	assert_int_equal(recipe.depends.count, 0);
	assert_int_equal(recipe.install[0].uid, 0);
	recipe_free(&recipe);
}

static void
test_recipe_paths_become_absolute(void **state)
{
	struct recipe recipe;

	(void)state;
	scratch_write("recipes/x/src/x.c", "");
	scratch_write("code/inc/x.h", "");
	accepted(HEAD "[source]\npath = src ../../code/inc\n" INSTALL, &recipe);
	assert_int_equal(recipe.source.kind, SOURCE_PATH);
	assert_int_equal(recipe.source.paths.count, 2);
	assert_int_equal(recipe.source.paths.item[0][0], '/');
	assert_non_null(strstr(recipe.source.paths.item[0], "/recipes/x/src"));
	assert_non_null(strstr(recipe.source.paths.item[1], "/code/inc"));
	assert_null(strstr(recipe.source.paths.item[1], ".."));
	recipe_free(&recipe);
}

static void
test_recipe_kernel_has_its_scripts(void **state)
{
	struct recipe recipe;

	(void)state;
	accepted(HEAD "kind = kernel\n" DEBIAN BUILD
		      "[kernel]\nconfigure = make config\nkit =\n\tmake kit\n",
		&recipe);
	assert_string_equal(recipe.configure_script, "make config");
	assert_non_null(strstr(recipe.kit_script, "make kit"));
	assert_int_equal(recipe.configure_line, 13);
	assert_int_equal(recipe.kit_line, 14);
	recipe_free(&recipe);
	refused(HEAD "kind = kernel\n" DEBIAN BUILD "[kernel]\nkit = make\n",
		"recipes/x/recipe.ini:12: configure: missing in [kernel]");
	refused(HEAD "kind = kernel\n" DEBIAN BUILD,
		"recipes/x/recipe.ini:1: configure: missing in [kernel]");
	refused(HEAD BUILD INSTALL "[kernel]\nkit = make\n",
		"recipes/x/recipe.ini:9: [kernel]: only for kind = kernel, this is kind = program");
}

static void
test_recipe_module_depends_on_the_boards_kernel(void **state)
{
	struct recipe recipe;

	(void)state;
	accepted(HEAD "kind = module\n[depends]\nbuild = musl\n" BUILD INSTALL, &recipe);
	assert_int_equal(recipe.depends.count, 2);
	assert_string_equal(recipe.depends.item[1], "kernel");
	recipe_free(&recipe);
	accepted(
		HEAD "kind = module\n[depends]\nbuild = kernel\n" BUILD INSTALL, &recipe);
	assert_int_equal(recipe.depends.count, 1);
	recipe_free(&recipe);
}

static void
test_recipe_bad_head_refused(void **state)
{
	(void)state;
	refused("", "recipes/x/recipe.ini:1: name: missing in [recipe]");
	refused("[recipe]\nname = x\n",
		"recipes/x/recipe.ini:1: version: missing in [recipe]");
	refused("[recipe]\nname = x\nversion = 1\n",
		"recipes/x/recipe.ini:1: license: missing in [recipe]");
	refused("[recipe]\nnmae = x\n",
		"recipes/x/recipe.ini:2: nmae: unknown key in [recipe]");
	refused("[recipe]\nname = X\n",
		"recipes/x/recipe.ini:2: name: want a name of at most 64 of a-z 0-9 + . - that starts with a letter or digit, got \"X\"");
	refused("[recipe]\nname =\n",
		"recipes/x/recipe.ini:2: name: empty, want a value");
	refused("[recipe]\nname = y\n",
		"recipes/x/recipe.ini:2: name: want the folder's name \"x\", got \"y\"");
	refused("[recipe]\nname = kernel\n",
		"recipes/x/recipe.ini:2: name: \"kernel\" has a meaning of its own: choose another");
	refused("[recipe]\nname = x\nversion = -1\n",
		"recipes/x/recipe.ini:3: version: want a version of letters, digits and . + ~ : _ - that starts with a letter or digit, got \"-1\"");
	refused("[recipe]\nname = x\nversion = 1\nlicense = GPL-2.0\n",
		"recipes/x/recipe.ini:4: license: \"GPL-2.0\" does not say which versions: want one such as GPL-2.0-only or GPL-2.0-or-later (see https://spdx.org/licenses)");
	refused(HEAD "kind = tool\n",
		"recipes/x/recipe.ini:5: kind: want program, library, files, kernel, module or firmware, got \"tool\"");
	refused(HEAD "summary =\n",
		"recipes/x/recipe.ini:5: summary: empty, want a value");
	refused(HEAD "summary = a\n\tb\n",
		"recipes/x/recipe.ini:5: summary: want one line without control characters");
	refused(HEAD "replaces = y\n",
		"recipes/x/recipe.ini:5: replaces: want the recipe's own name \"x\", which an earlier tree has too, got \"y\"");
}

static void
test_recipe_bad_source_refused(void **state)
{
	(void)state;
	refused(HEAD "[source]\n",
		"recipes/x/recipe.ini:5: [source]: want one of debian, url and path");
	refused(HEAD "[source]\npath = src\ndebian = x 1 trixie\n",
		"recipes/x/recipe.ini:6: path: a source has one of debian, url and path, \"debian\" stands on line 7");
	refused(HEAD "[source]\ndebian = x 1\n",
		"recipes/x/recipe.ini:6: debian: want PACKAGE VERSION SUITE, such as \"busybox 1:1.37.0-6 trixie\", got \"x 1\"");
	refused(HEAD "[source]\ndebian = x v1 trixie\n",
		"recipes/x/recipe.ini:6: debian: want a Debian version, got \"v1\"");
	refused(HEAD "[source]\ndebian = x 1 Trixie\n",
		"recipes/x/recipe.ini:6: debian: want a suite such as trixie, got \"Trixie\"");
	refused(HEAD "[source]\nurl = http://h/x\n",
		"recipes/x/recipe.ini:6: url: want an address that starts with https://, got \"http://h/x\"");
	refused(HEAD "[source]\nurl = https://h/\n",
		"recipes/x/recipe.ini:6: url: want https://HOST/FILE, got \"https://h/\"");
	refused(HEAD "[source]\ndebian = x 1 trixie\n",
		"recipes/x/recipe.ini:5: file: missing in [source]: run \"ingot lock x\" to fill it in");
	refused(HEAD "[source]\ndebian = x 1 trixie\nfile = ../x\n",
		"recipes/x/recipe.ini:7: file: want a file's name without folders, got \"../x\"");
	refused(HEAD "[source]\ndebian = x 1 trixie\nfile = x\n",
		"recipes/x/recipe.ini:5: sha256: missing in [source], and nothing is built from bytes without a hash: run \"ingot lock x\" to fill it in");
	refused(HEAD "[source]\nurl = https://h/x\nfile = x\nsha256 =\n",
		"recipes/x/recipe.ini:8: sha256: missing in [source], and nothing is built from bytes without a hash: run \"ingot lock x\" to fill it in");
	refused(HEAD "[source]\nurl = https://h/x\nfile = x\nsha256 = 12AB\n",
		"recipes/x/recipe.ini:8: sha256: want 64 lower-case hex digits, got \"12AB\"");
	refused(HEAD DEBIAN "debian-patches = yes\n",
		"recipes/x/recipe.ini:5: debian-file: missing in [source]: run \"ingot lock x\" to fill it in");
	refused(HEAD DEBIAN "debian-patches = maybe\n",
		"recipes/x/recipe.ini:9: debian-patches: want yes or no, got \"maybe\"");
	refused(HEAD DEBIAN "debian-file = x.tar\n",
		"recipes/x/recipe.ini:9: debian-file: only with debian-patches = yes");
	refused(HEAD "[source]\nurl = https://h/x\nfile = x\nsha256 = " HASH
		     "\ndebian-patches = no\n",
		"recipes/x/recipe.ini:9: debian-patches: only for debian sources");
	refused(HEAD DEBIAN "patches = none.patch\n",
		"recipes/x/recipe.ini:9: patches: none.patch: No such file or directory");
	refused(HEAD DEBIAN "patches = ../y.patch\n",
		"recipes/x/recipe.ini:9: patches: want a file in the recipe's folder, got \"../y.patch\"");
	refused(HEAD DEBIAN "only =\n",
		"recipes/x/recipe.ini:9: only: empty, want a value");
	refused(HEAD DEBIAN "only = a a\n",
		"recipes/x/recipe.ini:9: only: \"a\" stands in it twice");
	refused(HEAD DEBIAN "only = a ../b\n",
		"recipes/x/recipe.ini:9: only: want names in the archive without its top folder, such as include or scripts/*.sh, got \"../b\"");
	refused(HEAD DEBIAN "only = /a\n",
		"recipes/x/recipe.ini:9: only: want names in the archive without its top folder, such as include or scripts/*.sh, got \"/a\"");
	refused(HEAD DEBIAN "only = a/\n",
		"recipes/x/recipe.ini:9: only: want names in the archive without its top folder, such as include or scripts/*.sh, got \"a/\"");
	refused(HEAD DEBIAN "patches = a a\n",
		"recipes/x/recipe.ini:9: patches: \"a\" stands in it twice");
}

static void
test_recipe_bad_path_source_refused(void **state)
{
	(void)state;
	scratch_write("recipes/x/src/x.c", "");
	scratch_write("code/src/x.c", "");
	refused(HEAD "[source]\npath =\n",
		"recipes/x/recipe.ini:6: path: empty, want a value");
	refused(HEAD "[source]\npath = none\n",
		"recipes/x/recipe.ini:6: path: none: No such file or directory");
	refused(HEAD "[source]\npath = /tmp\n",
		"recipes/x/recipe.ini:6: path: want a folder relative to the recipe's, got \"/tmp\"");
	refused(HEAD "[source]\npath = src/x.c\n",
		"recipes/x/recipe.ini:6: path: want a folder, \"src/x.c\" is none");
	refused(HEAD "[source]\npath = ..\n",
		"recipes/x/recipe.ini:6: path: \"..\" holds the recipe itself, so a comment in it would change the result: move the code into a folder such as src");
	refused(HEAD "[source]\npath = src ../../code/src\n",
		"recipes/x/recipe.ini:6: path: two folders called \"src\": each becomes $SRC/NAME");
	refused(HEAD "[source]\npath = src\nonly = a\n",
		"recipes/x/recipe.ini:7: only: only for debian and url, a path's folder is taken as it is");
	refused(HEAD "[source]\npath = src\nsha256 = " HASH "\n",
		"recipes/x/recipe.ini:7: sha256: only for debian and url, a path's contents are hashed as they are");
}

static void
test_recipe_unlocked_hashes_may_lack(void **state)
{
	struct error e = {.text = ""};
	struct recipe recipe;

	(void)state;
	scratch_write(path, HEAD
		"[source]\ndebian = x 1 trixie\nsha256 =\ndebian-patches = yes\n" INSTALL);
	assert_int_equal(recipe_read_unlocked(&recipe, "recipes/x", &e), 0);
	assert_null(recipe.source.file);
	assert_string_equal(recipe.source.sha256, "");
	assert_null(recipe.source.debian_file);
	assert_string_equal(recipe.source.debian_sha256, "");
	recipe_free(&recipe);
	scratch_write(path, HEAD "[source]\ndebian = x 1 trixie\nsha256 = 1\n" INSTALL);
	assert_int_equal(recipe_read_unlocked(&recipe, "recipes/x", &e), -EINVAL);
	assert_string_equal(e.text,
		"recipes/x/recipe.ini:7: sha256: want 64 lower-case hex digits, got \"1\"");
	recipe_free(&recipe);
}

static void
test_recipe_bad_dependency_refused(void **state)
{
	(void)state;
	refused(HEAD "[depends]\nbuild = musl x\n" BUILD INSTALL,
		"recipes/x/recipe.ini:6: build: \"x\" cannot depend on itself");
	refused(HEAD "[depends]\nbuild = musl Musl\n" BUILD INSTALL,
		"recipes/x/recipe.ini:6: build: want a name of at most 64 of a-z 0-9 + . - that starts with a letter or digit, got \"Musl\"");
	refused(HEAD "[depends]\nbuild = musl musl\n" BUILD INSTALL,
		"recipes/x/recipe.ini:6: build: \"musl\" stands in it twice");
	refused(HEAD "kind = kernel\n[depends]\nbuild = kernel\n" BUILD,
		"recipes/x/recipe.ini:7: build: a kernel cannot depend on the board's kernel");
}

static void
test_recipe_bad_build_refused(void **state)
{
	(void)state;
	refused(HEAD "[build]\nscript =\n" INSTALL,
		"recipes/x/recipe.ini:6: script: empty, want shell commands, indented");
	refused(HEAD INSTALL,
		"recipes/x/recipe.ini:1: nothing to make: want [source], or [build] with a script, or both");
	refused(HEAD BUILD,
		"recipes/x/recipe.ini:1: [install]: missing: a recipe of kind = program names the files it gives an image");
}

#define BAD_LINE(line, message)                                                          \
	refused(HEAD BUILD "[install]\n" line "\n", "recipes/x/recipe.ini:8: " message)

static void
test_recipe_bad_install_refused(void **state)
{
	(void)state;
	BAD_LINE("bin/x = 0755", "bin/x: want an absolute path");
	BAD_LINE("/bin//x = 0755", "/bin//x: want a path without empty parts");
	BAD_LINE("/bin/ = 0755", "/bin/: want a path without empty parts");
	BAD_LINE("/bin/./x = 0755", "/bin/./x: want a path without \".\"");
	BAD_LINE("/bin/.. = 0755", "/bin/..: want a path without \"..\"");
	BAD_LINE("/dev/x = 0755", "/dev/x: /dev is Ingot's own: choose another folder");
	BAD_LINE("/bin/x =",
		"/bin/x: empty, want MODE, MODE UID GID or -> TARGET, such as 0755");
	BAD_LINE("/bin/x = 0755 0", "/bin/x: want MODE or MODE UID GID, got \"0755 0\"");
	BAD_LINE("/bin/x = 0855", "/bin/x: want a mode such as 0755, got \"0855\"");
	BAD_LINE("/bin/x = 4755",
		"/bin/x: setuid and setgid are refused: an image has none, run what needs rights as a service, got \"4755\"");
	BAD_LINE("/bin/x = 0755 0 4294967295",
		"/bin/x: want a numeric user or group id up to 4294967294, got \"4294967295\"");
	BAD_LINE("/bin/x = -> a b",
		"/bin/x: want -> TARGET, one target without blanks, got \"-> a b\"");
	refused(HEAD BUILD "[install]\n/bin/x = 0755\n/bin/x = 0644\n",
		"recipes/x/recipe.ini:9: /bin/x: given twice in [install], first in line 8");
}

static void
test_recipe_hostile_file_refused(void **state)
{
	(void)state;
	scratch_hostile(path, read_it);
	scratch_unreadable(path, read_it);
}

static void
test_spdx_expressions_checked(void **state)
{
	static const char *const good[] = {"MIT", "0BSD", "curl", "GPL-2.0-or-later",
		"LicenseRef-My.own-1", "(MIT OR Apache-2.0) AND BSD-3-Clause",
		"GPL-2.0-only WITH Linux-syscall-note", "((ISC))",
		"DocumentRef-a:LicenseRef-b"};
	static const char *const bad[] = {"", "MIT,ISC", "MIT ISC", "AND MIT", "MIT OR",
		"(MIT", "MIT)", "()", "GPL-2.0", "GPL-2.0+", "GPLv2", "LGPL-2.1", "GPL",
		"BSD", "MIT WITH", "MIT WITH OR ISC", "mit and isc", "1.0", "MIT\n",
		"((((((((((((((((((MIT))))))))))))))))))"};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(spdx_check(good[i], why, sizeof(why)), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(spdx_check(bad[i], why, sizeof(why)), -EINVAL);
		assert_true(why[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipe_complete_every_field_read),
		cmocka_unit_test(test_recipe_minimal_defaults_as_documented),
		cmocka_unit_test(test_recipe_paths_become_absolute),
		cmocka_unit_test(test_recipe_kernel_has_its_scripts),
		cmocka_unit_test(test_recipe_module_depends_on_the_boards_kernel),
		cmocka_unit_test(test_recipe_bad_head_refused),
		cmocka_unit_test(test_recipe_bad_source_refused),
		cmocka_unit_test(test_recipe_bad_path_source_refused),
		cmocka_unit_test(test_recipe_unlocked_hashes_may_lack),
		cmocka_unit_test(test_recipe_bad_dependency_refused),
		cmocka_unit_test(test_recipe_bad_build_refused),
		cmocka_unit_test(test_recipe_bad_install_refused),
		cmocka_unit_test(test_recipe_hostile_file_refused),
		cmocka_unit_test(test_spdx_expressions_checked),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
