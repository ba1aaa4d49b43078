/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/image/cast.h"
#include "builder/image/kit.h"
#include "lib/error.h"

#define MIB (1024 * 1024ULL)

static const char whole[] = "[kit]\nformat = bzimage\ncontent = raw\nkexec = file\n"
			    "[payload]\nfile = payload\n"
			    "[cavity]\noffset = 100\nsize = 50\n"
			    "[cmdline]\noffset = 20\nsize = 16\n"
			    "[kernel]\nrelease = 6.12.107\n"
			    "vermagic = 6.12.107 SMP preempt mod_unload\n"
			    "init-size = 23736320\n";

/* The text with one place replaced, against a payload of 200 bytes: "" or the message. */
static const char *
parse(const char *from, const char *to)
{
	static struct error e;
	char text[1024];
	const char *at = strstr(whole, from);
	struct kit kit;
	int r;

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, to,
		at + strlen(from));
	e.text[0] = '\0';
	r = kit_parse(&kit, "kit.ini", text, strlen(text), 200, &e);
	assert_true((r == 0) == !e.text[0]);
	kit_free(&kit);
	return e.text;
}

static void
test_kit_whole_is_read(void **state)
{
	struct kit kit;
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(kit_parse(&kit, "kit.ini", whole, strlen(whole), 200, &e), 0);
	assert_string_equal(kit.format, "bzimage");
	assert_string_equal(kit.content, "raw");
	assert_string_equal(kit.kexec, "file");
	assert_string_equal(kit.payload, "payload");
	assert_int_equal(kit.cavity_offset, 100);
	assert_int_equal(kit.cavity_size, 50);
	assert_int_equal(kit.cmdline_offset, 20);
	assert_int_equal(kit.cmdline_size, 16);
	assert_string_equal(kit.release, "6.12.107");
	assert_string_equal(kit.vermagic, "6.12.107 SMP preempt mod_unload");
	assert_int_equal(kit.init_size, 23736320);
	kit_free(&kit);
}

static void
test_kit_wrong_values_are_refused(void **state)
{
	(void)state;
	assert_non_null(strstr(parse("bzimage", "zimage"), "kit.ini:2: format: want "));
	assert_non_null(strstr(parse("raw", "zstd"), "kit.ini:3: content: want "));
	assert_non_null(strstr(parse("kexec = file\n", ""), "kexec"));
	assert_non_null(strstr(
		parse("kexec = file", "kexec = file\nboot = no"), "kit.ini:5: boot"));
	assert_string_equal(parse("payload\n[", "../payload\n["),
		"kit.ini:6: file: want a file's name in the kit, got \"../payload\"");
	assert_non_null(strstr(parse("size = 50", "size = 101"), "kit.ini:9: size"));
	assert_string_equal(parse("size = 50", "size = 100"), "");
	assert_string_equal(parse("size = 50", "size = 0"),
		"kit.ini:9: size: want at least one byte");
	assert_non_null(
		strstr(parse("offset = 100", "offset = 201"), "kit.ini:8: offset"));
	assert_string_equal(parse("offset = 20\n", "offset = 85\n"),
		"kit.ini:11: offset: the slot lies in the cavity");
	assert_string_equal(parse("offset = 20\n", "offset = 84\n"), "");
	assert_string_equal(parse("offset = 20\n", "offset = 149\n"),
		"kit.ini:11: offset: the slot lies in the cavity");
	assert_string_equal(parse("offset = 20\n", "offset = 150\n"), "");
	assert_non_null(strstr(parse("init-size = 23736320", "init-size = 1M"),
		"kit.ini:16: init-size"));
}

static void
test_kit_class_is_the_smallest_with_room(void **state)
{
	(void)state;
	assert_int_equal(kit_class(0), 4 * MIB);
	assert_int_equal(kit_class(4 * MIB), 4 * MIB);
	assert_int_equal(kit_class(4 * MIB + 1), 8 * MIB);
	assert_int_equal(kit_class(33 * MIB), 64 * MIB);
	assert_int_equal(kit_class(512 * MIB), 512 * MIB);
	assert_int_equal(kit_class(512 * MIB + 1), 0);
	assert_int_equal(kit_class(UINT64_MAX), 0);
}

/* A folder with a kit of 200 bytes 'k', but zeros in the cavity. */
struct folder {
	char path[64];
};

static void
put(const struct folder *f, const char *name, const void *data, size_t size, mode_t mode)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
drop(const struct folder *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	unlink(path);
}

static int
make_folder(void **state)
{
	static struct folder f;
	char payload[200];

	strcpy(f.path, "/tmp/ingot-kit-XXXXXX");
	assert_non_null(mkdtemp(f.path));
	memset(payload, 'k', sizeof(payload));
	memset(payload + 100, 0, 50);
	put(&f, "kit.ini", whole, strlen(whole), 0644);
	put(&f, "payload", payload, sizeof(payload), 0444);
	put(&f, "cast", "#!/bin/sh\n", 10, 0755);
	*state = &f;
	return 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = {"kit.ini", "payload", "cast", "cpio", "made"};
	const struct folder *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		drop(f, names[i]);
	return rmdir(f->path);
}

static void
test_kit_that_is_not_whole_is_refused(void **state)
{
	const struct folder *f = *state;
	struct error e = {.text = ""};
	struct kit kit;

	assert_int_equal(kit_read(&kit, f->path, &e), 0);
	assert_int_equal(kit.payload_size, 200);
	assert_string_equal(kit.root, f->path);
	kit_free(&kit);
	put(f, "payload", "short", 5, 0644);
	assert_true(kit_read(&kit, f->path, &e) < 0);
	assert_non_null(strstr(e.text, "kit.ini:8: offset"));
	kit_free(&kit);
	drop(f, "payload");
	assert_true(kit_read(&kit, f->path, &e) < 0);
	assert_non_null(strstr(e.text, "/payload: No such file or directory: the kit is "
				       "not whole"));
	kit_free(&kit);
	put(f, "payload", whole, 200, 0644);
	drop(f, "cast");
	assert_true(kit_read(&kit, f->path, &e) < 0);
	assert_non_null(strstr(e.text, "/cast: No such file or directory"));
	kit_free(&kit);
	drop(f, "kit.ini");
	assert_true(kit_read(&kit, f->path, &e) < 0);
	assert_non_null(strstr(e.text, "/kit.ini"));
	kit_free(&kit);
}

/* The payload made from this command line and cpio, or NULL with the message. */
static char *
payload(const struct folder *f, const char *cmdline, size_t cpio_size, struct error *e)
{
	static char made[201];
	char cpio[128], path[128], root[50];
	struct kit kit;
	FILE *file;
	int r;

	memset(root, 'c', sizeof(root));
	snprintf(cpio, sizeof(cpio), "%s/cpio", f->path);
	snprintf(path, sizeof(path), "%s/made", f->path);
	unlink(path);
	put(f, "cpio", cpio_size > sizeof(root) ? whole : root, cpio_size, 0644);
	assert_int_equal(kit_read(&kit, f->path, e), 0);
	r = cast_payload(&kit, cmdline, cpio, path, e);
	kit_free(&kit);
	if (r < 0)
		return NULL;
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(made, 1, sizeof(made), file), 200);
	fclose(file);
	return made;
}

static void
test_cast_fills_cavity_and_slot_and_nothing_else(void **state)
{
	struct error e = {.text = ""};
	const char *made = payload(*state, "a=b panic=5", 30, &e);

	assert_non_null(made);
	for (size_t i = 0; i < 200; i++) {
		char want = 'k';

		if (i >= 20 && i < 36)
			want = i < 31 ? "a=b panic=5"[i - 20] : '\0';
		else if (i >= 100 && i < 150)
			want = i < 130 ? 'c' : '\0';
		if (made[i] != want)
			fail_msg("byte %zu is 0x%02x, want 0x%02x", i,
				(unsigned char)made[i], (unsigned char)want);
	}
	made = payload(*state, "", 50, &e);
	assert_non_null(made);
	assert_memory_equal(made + 20, (char[16]){0}, 16);
	assert_int_equal(made[149], 'c');
	assert_int_equal(made[150], 'k');
}

static void
test_cast_refuses_what_does_not_fit(void **state)
{
	struct error e = {.text = ""};

	assert_non_null(payload(*state, "123456789012345", 1, &e));
	assert_null(payload(*state, "1234567890123456", 1, &e));
	assert_string_equal(e.text, "cmdline: 16 bytes, the kernel takes at most 15");
	assert_null(payload(*state, "", 51, &e));
	assert_non_null(strstr(
		e.text, "/cpio: the root file system has 51 B, this kit's cavity 50 B"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kit_whole_is_read),
		cmocka_unit_test(test_kit_wrong_values_are_refused),
		cmocka_unit_test(test_kit_class_is_the_smallest_with_room),
		cmocka_unit_test_setup_teardown(test_kit_that_is_not_whole_is_refused,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			test_cast_fills_cavity_and_slot_and_nothing_else, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			test_cast_refuses_what_does_not_fit, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
