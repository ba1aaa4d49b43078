/* SPDX-License-Identifier: ISC */
#include "boards.h"

static void
test_board_complete_every_field_read(void **state)
{
	struct board b;

	(void)state;
	scratch_write("boards/b/services/z.service", "[Service]\nExecStart = /bin/z\n");
	accepted(HEAD
		"summary = A board\nfloor = 1\nreplaces = b\n"
		"[kernel]\nrecipe = linux\nconfig = net base\n"
		"cmdline =\n\tconsole=ttyS0\n\tnoinitrd  panic=5\n"
		"[modules]\nb_mod = x=1 y=2\na_mod =\n" IMAGE
		"compression = zstd-3\ncavity = 16M\nsize-budget = 4M\nrun-size = 8M\n"
		"tmp-size = 1M\nselfcheck = yes\n"
		"[services]\nenable = z hello\n"
		"[files]\n/etc/motd = motd 0644\n/etc/m2 = motd 0600 1 2\n"
		"[qemu]\nmachine = q35\ncpu = max\nmemory = 256M\n"
		"arguments = -device i6300esb\n",
		&b);
	assert_string_equal(b.file, path);
	assert_string_equal(b.name, "b");
	assert_string_equal(b.summary, "A board");
	assert_string_equal(b.arch, "x86_64");
	assert_string_equal(b.hostname, "host");
	assert_int_equal(b.version, 2);
	assert_int_equal(b.floor, 1);
	assert_int_equal(b.epoch, 1767225600);
	assert_null(b.inherits);
	assert_string_equal(b.kernel, "linux");
	assert_int_equal(b.fragments.count, 2);
	assert_string_equal(b.fragments.item[0], "net");
	assert_string_equal(b.cmdline, "console=ttyS0 noinitrd panic=5");
	assert_int_equal(b.module_count, 2);
	assert_string_equal(b.modules[0].name, "b_mod");
	assert_string_equal(b.modules[0].parameters, "x=1 y=2");
	assert_string_equal(b.modules[1].name, "a_mod");
	assert_string_equal(b.modules[1].parameters, "");
	assert_int_equal(b.recipes.count, 2);
	assert_int_equal(b.zstd_level, 3);
	assert_int_equal(b.cavity, 16 << 20);
	assert_int_equal(b.size_budget, 4 << 20);
	assert_int_equal(b.ram, 128 << 20);
	assert_int_equal(b.run_size, 8 << 20);
	assert_int_equal(b.tmp_size, 1 << 20);
	assert_true(b.selfcheck);
	assert_int_equal(b.service_count, 2);
	assert_string_equal(b.services[0].name, "hello");
	assert_string_equal(b.services[0].file, "recipes/hello/hello.service");
	assert_string_equal(b.services[1].file, "boards/b/services/z.service");
	assert_int_equal(b.file_count, 2);
	assert_string_equal(b.files[0].path, "/etc/motd");
	assert_int_equal(b.files[0].source[0], '/');
	assert_non_null(strstr(b.files[0].source, "/boards/b/motd"));
	assert_int_equal(b.files[0].mode, 0644);
	assert_string_equal(b.files[0].file, path);
	assert_int_equal(b.files[1].gid, 2);
	assert_string_equal(b.qemu.machine, "q35");
	assert_string_equal(b.qemu.cpu, "max");
	assert_int_equal(b.qemu.memory, 256 << 20);
	assert_int_equal(b.qemu.arguments.count, 2);
	board_free(&b);
}

static void
test_board_minimal_defaults_as_documented(void **state)
{
	struct board b;

	(void)state;
	accepted(ALL, &b);
	assert_string_equal(b.summary, "");
	assert_int_equal(b.floor, 0);
	assert_int_equal(b.zstd_level, 19);
	assert_int_equal(b.cavity, 0);
	assert_int_equal(b.size_budget, 0);
	assert_int_equal(b.run_size, 16 << 20);
	assert_int_equal(b.tmp_size, 16 << 20);
	assert_false(b.selfcheck);
	assert_int_equal(b.service_count, 0);
	assert_int_equal(b.file_count, 0);
	assert_int_equal(b.module_count, 0);
	assert_null(b.qemu.machine);
	board_free(&b);
	accepted(ALL "[services]\nenable =\n[qemu]\nmachine = q35\n", &b);
	assert_int_equal(b.service_count, 0);
	assert_null(b.qemu.cpu);
	assert_int_equal(b.qemu.memory, 128 << 20);
	board_free(&b);
	accepted(HEAD "[kernel]\nrecipe = linux\nconfig = base\ncmdline = open\n" IMAGE,
		&b);
	assert_null(b.cmdline);
	board_free(&b);
}

static void
test_board_inherits_one_level(void **state)
{
	struct board b;

	(void)state;
	scratch_write(
		"boards/base/services/s.service", "[Service]\nExecStart = /bin/s\n");
	scratch_write(
		"boards/base/services/t.service", "[Service]\nExecStart = /bin/t\n");
	scratch_write("boards/b/services/t.service", "[Service]\nExecStart = /bin/own\n");
	scratch_write("boards/base/one", "");
	scratch_write("boards/base/two", "");
	scratch_write("boards/base/board.ini",
		"[board]\nname = base\narch = x86_64\nhostname = base\nversion = 7\n"
		"epoch = 2026-01-01T00:00:00Z\n" KERNEL IMAGE
		"[modules]\na = 1\nb = 2\n[services]\nenable = s t\n"
		"[files]\n/one = one 0600\n/two = two 0600\n");
	accepted("[board]\nname = b\ninherit = base\nhostname = own\n"
		 "[image]\nrecipes = pid1\n[modules]\nc = 3\na = 4\n"
		 "[files]\n/two = motd 0644\n/three = motd 0644\n",
		&b);
	assert_string_equal(b.name, "b");
	assert_string_equal(b.inherits, "base");
	assert_string_equal(b.hostname, "own");
	assert_int_equal(b.version, 7);
	assert_int_equal(b.ram, 128 << 20);
	assert_int_equal(b.recipes.count, 1);
	assert_int_equal(b.module_count, 3);
	assert_string_equal(b.modules[0].name, "a");
	assert_string_equal(b.modules[0].parameters, "4");
	assert_string_equal(b.modules[0].file, path);
	assert_string_equal(b.modules[1].file, "boards/base/board.ini");
	assert_string_equal(b.modules[2].name, "c");
	assert_int_equal(b.file_count, 3);
	assert_non_null(strstr(b.files[0].source, "/boards/base/one"));
	assert_non_null(strstr(b.files[1].source, "/boards/b/motd"));
	assert_string_equal(b.services[0].file, "boards/base/services/s.service");
	assert_string_equal(b.services[1].file, "boards/b/services/t.service");
	board_free(&b);
}

static void
test_board_bad_inherit_refused(void **state)
{
	(void)state;
	refused("[board]\nname = b\ninherit = b\n",
		"boards/b/board.ini:3: inherit: a board cannot inherit itself");
	refused("[board]\nname = b\ninherit = bsae\n",
		"boards/b/board.ini:3: inherit: no board \"bsae\" in 1 tree: did you mean \"base\"?");
	scratch_write("boards/loop/board.ini", "[board]\nname = loop\ninherit = b\n");
	refused("[board]\nname = b\ninherit = loop\n",
		"boards/b/board.ini:3: inherit: \"loop\" inherits \"b\" itself (boards/loop/board.ini:3): one level is all there is");
	scratch_write("boards/empty/board.ini", "[board]\nname = empty\n");
	refused("[board]\nname = b\ninherit = empty\n",
		"boards/b/board.ini:1: arch: missing in [board], here and in boards/empty/board.ini");
	scratch_write("boards/empty/board.ini", "[board]\nnmae = empty\n");
	refused("[board]\nname = b\ninherit = empty\n",
		"boards/empty/board.ini:2: nmae: unknown key in [board]");
	/* a bad value is reported where it stands */
	scratch_write("boards/empty/board.ini", "[board]\nname = empty\narch = vax\n");
	refused("[board]\nname = b\ninherit = empty\n",
		"boards/empty/board.ini:3: arch: want x86_64, got \"vax\"");
}

static void
test_board_log_is_read_and_refused(void **state)
{
	static const char *const bad[] = {"10.0.0.1:514", "tls://10.0.0.1:514",
		"udp://10.0.0.1", "udp://10.0.0.1:0", "udp://10.0.0.1:65536",
		"udp://10.0.0.1:514x", "udp://collector:514", "udp://:514",
		"udp://2001:db8::1:514", "tcp://[10.0.0.1]:514", "tcp://[::1:514",
		"tcp://]:514", "tcp://[]:514"};
	struct board b;

	(void)state;
	accepted(ALL "[log]\nsize = 4K\nconsole = no\n", &b);
	assert_int_equal(b.log.size, 4096);
	assert_int_equal(b.log.kernel_size, 65536);
	assert_int_equal(b.log.console, 0);
	assert_int_equal(b.log.protocol, COLLECTOR_NONE);
	board_free(&b);
	scratch_write(
		"recipes/hello/telemetry.service", "[Service]\nExecStart = /bin/hello\n");
	accepted(ALL "[services]\nenable = hello telemetry\n[log]\n"
		     "collector = tcp://[2001:db8::1]:601\n",
		&b);
	assert_int_equal(b.log.protocol, COLLECTOR_TCP);
	assert_string_equal(b.log.address, "2001:db8::1");
	assert_int_equal(b.log.port, 601);
	assert_int_equal(b.log.reader, 1);
	board_free(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[1024];
		struct error e = {.text = ""};

		snprintf(text, sizeof(text),
			"%s[services]\nenable = telemetry\n[log]\ncollector = %s\n", ALL,
			bad[i]);
		scratch_write(path, text);
		assert_true(read_it(path, &e) < 0);
		assert_non_null(strstr(e.text, "board.ini:17: collector: want "));
	}
	refused(ALL "[log]\nkernel-size = 17M\n",
		"boards/b/board.ini:15: kernel-size: want 4K to 16M, got \"17M\"");
	refused(ALL "[log]\ncollector = udp://192.0.2.1:514\n",
		"boards/b/board.ini:15: collector: want the service \"telemetry\" enabled, which sends the log there: add the recipe telemetry to the image and the service to [services] enable");
}

static void
test_board_crash_is_read_and_refused(void **state)
{
	struct board b;

	(void)state;
	accepted(ALL "[crash]\nstore = /data/crash\n", &b);
	assert_string_equal(b.crash.store, "/data/crash");
	assert_int_equal(b.crash.count, 32);
	assert_int_equal(b.crash.size, 8 << 20);
	board_free(&b);
	accepted(ALL "[crash]\nstore = /c\ncount = 1\nsize = 64K\n", &b);
	assert_int_equal(b.crash.count, 1);
	assert_int_equal(b.crash.size, 65536);
	board_free(&b);
	refused(ALL "[crash]\ncount = 3\n",
		"boards/b/board.ini:15: count: want [crash] store beside it, such as \"store = /data/crash\"");
	refused(ALL "[crash]\nstore = /c\ncount = 0\n",
		"boards/b/board.ini:16: count: want 1 to 10000, got \"0\"");
	refused(ALL "[crash]\nstore = /c\nsize = 1K\n",
		"boards/b/board.ini:16: size: want at least 64K, got \"1K\"");
}

static void
test_board_outbox_is_read_and_refused(void **state)
{
	static const char *const bad[] = {"https://192.0.2.1:80", "http://host:80",
		"http://192.0.2.1", "http://192.0.2.1:0/", "http://[::1:80/",
		"http://192.0.2.1:80/a?b"};
	struct error e;
	struct board b;

	(void)state;
	scratch_write(
		"recipes/outbox/outbox.service", "[Service]\nExecStart = /sbin/outbox\n");
	scratch_write("recipes/outbox/recipe.ini", "");
#define OUTBOX                                                                           \
	HEAD KERNEL                                                                      \
		"[image]\nrecipes = pid1 outbox\nram = 128M\n[services]\nenable = outbox\n[outbox]\n"
	accepted(OUTBOX "collector = http://[2001:db8::1]:8080/in\n", &b);
	assert_string_equal(b.outbox.url, "http://[2001:db8::1]:8080/in");
	assert_int_equal(b.outbox.bandwidth, 0);
	assert_string_equal(b.outbox.priorities[0], "critical");
	assert_null(b.outbox.priorities[3]);
	board_free(&b);
	accepted(OUTBOX
		"collector = http://192.0.2.1:80\nbandwidth = 64K\npriorities = a b\n",
		&b);
	assert_int_equal(b.outbox.bandwidth, 65536);
	assert_string_equal(b.outbox.priorities[1], "b");
	assert_null(b.outbox.priorities[2]);
	board_free(&b);
	refused(OUTBOX "bandwidth = 64K\n",
		"boards/b/board.ini:17: bandwidth: want [outbox] collector beside it");
	refused(OUTBOX "collector = http://192.0.2.1:80\nbandwidth = 1000\n",
		"boards/b/board.ini:18: bandwidth: want at least 1K bytes a second, got \"1000\"");
	refused(OUTBOX "collector = http://192.0.2.1:80\npriorities = ../a\n",
		"boards/b/board.ini:18: priorities: want a name of at most 64 of a-z 0-9 + . - _ that starts with a letter or digit, got \"../a\"");
	refused(ALL "[outbox]\ncollector = http://192.0.2.1:80\n",
		"boards/b/board.ini:15: collector: want the service \"outbox\" enabled, which sends the files: add the recipe outbox to the image and the service to [services] enable");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), OUTBOX "collector = %s\n", bad[i]);
		scratch_write(path, text);
		assert_true(board_read(&b, "boards/b", &e) < 0);
		assert_non_null(strstr(e.text, "board.ini:17: collector: want "));
		board_free(&b);
	}
#undef OUTBOX
}

static void
test_board_missing_key_refused(void **state)
{
	(void)state;
	refused("", "boards/b/board.ini:1: name: missing in [board]");
	refused("[board]\nname = b\n", "boards/b/board.ini:1: arch: missing in [board]");
	refused(HEAD, "boards/b/board.ini:1: recipe: missing in [kernel]");
	refused(HEAD "[kernel]\nrecipe = linux\nconfig = base\n",
		"boards/b/board.ini:7: cmdline: missing in [kernel]");
	refused(HEAD KERNEL, "boards/b/board.ini:1: recipes: missing in [image]");
	refused(HEAD KERNEL "[image]\nrecipes = pid1\n",
		"boards/b/board.ini:11: ram: missing in [image]");
}

static void
test_board_bad_head_refused(void **state)
{
	static const char name[] = "[board]\nname = b\narch = x86_64\nhostname = h\n";
	char text[512];

	(void)state;
	refused("[board]\nname = c\n",
		"boards/b/board.ini:2: name: want the folder's name \"b\", got \"c\"");
	refused("[board]\nname = b\nreplaces = c\n",
		"boards/b/board.ini:3: replaces: want the board's own name \"b\", which an earlier tree has too, got \"c\"");
	refused("[board]\nname = b\narch = x86_64\nhostname = -h\n",
		"boards/b/board.ini:4: hostname: want at most 64 letters, digits, dots and dashes, the first and last a letter or digit, got \"-h\"");
	(void)snprintf(text, sizeof(text), "%sversion = 1\nfloor = 2\n", name);
	refused(text,
		"boards/b/board.ini:6: floor: the floor 2 is above the image's own version 1");
	(void)snprintf(text, sizeof(text),
		"%sversion = 1\nepoch = 2200-01-01T00:00:00Z\n", name);
	refused(text,
		"boards/b/board.ini:6: epoch: want a time from 1970 to 2106, got \"2200-01-01T00:00:00Z\"");
}

#define BAD_KERNEL(config, cmdline, message)                                             \
	refused(HEAD "[kernel]\nrecipe = linux\nconfig = " config "\ncmdline = " cmdline \
		     "\n",                                                               \
		"boards/b/board.ini:" message)

static void
test_board_bad_kernel_refused(void **state)
{
	(void)state;
	refused(HEAD "[kernel]\nrecipe = linus\n",
		"boards/b/board.ini:8: recipe: no recipe \"linus\" in 1 tree: did you mean \"linux\"?");
	BAD_KERNEL("", "open", "9: config: empty, want a value");
	BAD_KERNEL("base bass", "open",
		"9: config: no kernel config fragment \"bass\" in 1 tree: did you mean \"base\"?");
	BAD_KERNEL("base base", "open", "9: config: \"base\" stands in it twice");
	BAD_KERNEL("base", "quiet",
		"10: cmdline: want \"noinitrd\" in it, or a boot loader's initrd would replace the image's files (\"cmdline = open\" while developing)");
	BAD_KERNEL("base", "xnoinitrd noinitrdx",
		"10: cmdline: want \"noinitrd\" in it, or a boot loader's initrd would replace the image's files (\"cmdline = open\" while developing)");
	BAD_KERNEL("base", "noinitrd \xc3\xa9", "10: cmdline: want printable ASCII");
}

#define BAD_IMAGE(line, message) refused(ALL line "\n", "boards/b/board.ini:14: " message)

static void
test_board_bad_image_refused(void **state)
{
	(void)state;
	refused(HEAD KERNEL "[image]\nrecipes = pid1 helo\n",
		"boards/b/board.ini:12: recipes: no recipe \"helo\" in 1 tree: did you mean \"hello\"?");
	BAD_IMAGE("cavity = 16Q", "cavity: want a size such as 16M, got \"16Q\"");
	BAD_IMAGE("cavity = 5M",
		"cavity: want auto or one of 4M, 8M, 16M, 32M ... 512M, got \"5M\"");
	BAD_IMAGE("compression = zstd-23",
		"compression: want zstd-1 to zstd-22, got \"zstd-23\"");
	BAD_IMAGE("compression = zstd-",
		"compression: want zstd-1 to zstd-22, got \"zstd-\"");
	BAD_IMAGE("compression = zstd-09",
		"compression: want zstd-1 to zstd-22, got \"zstd-09\"");
	BAD_IMAGE("compression = xz", "compression: want zstd-1 to zstd-22, got \"xz\"");
	BAD_IMAGE("size-budget = 0",
		"size-budget: want a size of at least one byte, got \"0\"");
	BAD_IMAGE("run-size = 1G", "run-size: \"1G\" is more than the board's ram");
	BAD_IMAGE("selfcheck = true", "selfcheck: want yes or no, got \"true\"");
	BAD_IMAGE("sise-budget = 1M", "sise-budget: unknown key in [image]");
}

#define BAD_PART(section, line, message)                                                 \
	refused(ALL "[" section "]\n" line "\n", "boards/b/board.ini:15: " message)

static void
test_board_bad_lists_refused(void **state)
{
	(void)state;
	BAD_PART("modules", "a-b =",
		"a-b: want a module's name as /proc/modules has it: letters, digits and _");
	BAD_PART("files", "etc/x = motd 0644", "etc/x: want an absolute path");
	BAD_PART("files", "/run/x = motd 0644",
		"/run/x: /run is Ingot's own: choose another folder");
	BAD_PART("files", "/etc/x = motd",
		"/etc/x: want SOURCE MODE or SOURCE MODE UID GID, got \"motd\"");
	BAD_PART(
		"files", "/etc/x = none 0644", "/etc/x: none: No such file or directory");
	BAD_PART("files", "/etc/x = ../b/motd 0644",
		"/etc/x: want a file in the board's folder, got \"../b/motd\"");
	BAD_PART("files", "/etc/x = services 0644",
		"/etc/x: want a file, \"services\" is none");
	BAD_PART("files", "/etc/x = motd 2755",
		"/etc/x: setuid and setgid are refused: an image has none, run what needs rights as a service, got \"2755\"");
	BAD_PART("qemu", "cpu = max",
		"cpu: want [qemu] machine beside it, such as \"machine = q35\"");
	refused(ALL "[qemu]\nmachine = q35\nmemory = 64M\n",
		"boards/b/board.ini:16: memory: \"64M\" is less than the board's ram");
}

static void
test_board_bad_service_refused(void **state)
{
	(void)state;
	BAD_PART("services", "enable = Hello",
		"enable: want a name of at most 64 of a-z 0-9 + . - _ that starts with a letter or digit, got \"Hello\"");
	BAD_PART("services", "enable = none",
		"enable: there is no none.service in boards/b/services nor beside a recipe of the image");
	scratch_write(
		"recipes/pid1/hello.service", "[Service]\nExecStart = /bin/hello\n");
	BAD_PART("services", "enable = hello",
		"enable: the recipes pid1 and hello both have a hello.service: put yours into the board's services folder");
	assert_int_equal(unlink("recipes/pid1/hello.service"), 0);
	scratch_write(
		"boards/b/services/u.service", "[Service]\nExecStart = /u\nX = 1\n");
	refused(ALL "[services]\nenable = u\n",
		"boards/b/services/u.service:3: X: unknown key in [Service]");
	scratch_write("boards/b/services/v.service",
		"[Unit]\nAfter = hello\n[Service]\nExecStart = /v\n");
	refused(ALL "[services]\nenable = v\n",
		"boards/b/services/v.service:2: After: \"hello\" is not enabled in boards/b/board.ini");
	scratch_write("boards/b/services/w.service",
		"[Unit]\nAfter = x\n[Service]\nExecStart = /w\n");
	scratch_write("boards/b/services/x.service",
		"[Unit]\nAfter = w\n[Service]\nExecStart = /x\n");
	refused(ALL "[services]\nenable = x w\n",
		"boards/b/services/w.service:2: After: services wait for each other: w -> x -> w");
}

static void
test_board_hostile_file_refused(void **state)
{
	(void)state;
	scratch_hostile(path, read_it);
	scratch_unreadable(path, read_it);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_complete_every_field_read),
		cmocka_unit_test(test_board_minimal_defaults_as_documented),
		cmocka_unit_test(test_board_inherits_one_level),
		cmocka_unit_test(test_board_bad_inherit_refused),
		cmocka_unit_test(test_board_missing_key_refused),
		cmocka_unit_test(test_board_bad_head_refused),
		cmocka_unit_test(test_board_bad_kernel_refused),
		cmocka_unit_test(test_board_bad_image_refused),
		cmocka_unit_test(test_board_bad_lists_refused),
		cmocka_unit_test(test_board_bad_service_refused),
		cmocka_unit_test(test_board_hostile_file_refused),
		cmocka_unit_test(test_board_log_is_read_and_refused),
		cmocka_unit_test(test_board_crash_is_read_and_refused),
		cmocka_unit_test(test_board_outbox_is_read_and_refused),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
