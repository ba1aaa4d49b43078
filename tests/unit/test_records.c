/* SPDX-License-Identifier: ISC */
#include "roots.h"

#include "builder/read/board.h"
#include "builder/image/device_config.h"
#include "builder/image/modinfo.h"
#include "builder/image/records.h"
#include "lib/config.h"

#define HASH_A	   "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char name[] = "b", host[] = "box", file[] = "boards/b/board.ini";
static struct board board = {.file = file,
	.name = name,
	.hostname = host,
	.version = 7,
	.floor = 3,
	.log = {.size = 4096, .kernel_size = 4096}};

static void
test_add_lists_everything_but_itself(void **state)
{
	char id[SHA256_HEX], hash[SHA256_HEX], line[SHA256_HEX + 1];
	char want[2048], target[SHA256_HEX], path[] = "/o", data[] = "a";
	struct rootfs_entry owned = {.path = path,
		.mode = S_IFREG | 0600,
		.uid = 1000,
		.gid = 1001,
		.data = data,
		.size = 1};
	const struct rootfs_entry *files, *content_id;
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_text(&rootfs, "/a", 0644, "a");
	roots_link(&rootfs, "/l", "a");
	assert_int_equal(rootfs_add(&rootfs, &owned, &e), 0);
	roots_text(&rootfs, CONFIG_PATH, 0444, "");
	roots_finish(&rootfs);
	if (records_add(&rootfs, &board, id, &e) < 0)
		fail_msg("%s", e.text);
	files = rootfs_get(&rootfs, FILES_PATH);
	content_id = rootfs_get(&rootfs, CONTENT_ID_PATH);
	sha256_hex("a", 1, target);
	snprintf(want, sizeof(want),
		"board b\nversion 7\nfloor 3\n"
		"f 0644 0 0 1 " HASH_A " /a\n"
		"d 0755 0 0 0 - /dev\n"
		"c 0600 0 0 0 - /dev/console\n"
		"d 0755 0 0 0 - /ingot\n"
		"f 0444 0 0 0 " EMPTY_HASH " /ingot/config\n"
		"l 0777 0 0 1 %s /l\n"
		"f 0600 1000 1001 1 " HASH_A " /o\n"
		"d 0555 0 0 0 - /proc\n"
		"d 0755 0 0 0 - /run\n"
		"d 0555 0 0 0 - /sys\n"
		"d 1777 0 0 0 - /tmp\n",
		target);
	assert_string_equal(files->data, want);
	sha256_hex(files->data, (size_t)files->size, hash);
	assert_string_equal(id, hash);
	assert_string_equal(files->sha256, hash);
	snprintf(line, sizeof(line), "%s\n", id);
	assert_int_equal(content_id->size, SHA256_HEX);
	assert_string_equal(content_id->data, line);
	assert_int_equal(content_id->mode, S_IFREG | 0444);
	for (size_t i = 1; i < rootfs.count; i++)
		assert_true(strcmp(rootfs.entry[i - 1].path, rootfs.entry[i].path) < 0);
	rootfs_free(&rootfs);
}

static void
content_id_of(mode_t mode, const char *text, char id[SHA256_HEX])
{
	struct error e = {.text = ""};
	struct rootfs rootfs;

	rootfs_init(&rootfs);
	roots_text(&rootfs, "/a", mode, text);
	roots_text(&rootfs, CONFIG_PATH, 0444, "");
	roots_finish(&rootfs);
	assert_int_equal(records_add(&rootfs, &board, id, &e), 0);
	rootfs_free(&rootfs);
}

static void
test_add_content_id_follows_bytes_and_modes(void **state)
{
	char id[4][SHA256_HEX];

	(void)state;
	content_id_of(0644, "a", id[0]);
	content_id_of(0644, "a", id[1]);
	content_id_of(0600, "a", id[2]);
	content_id_of(0644, "b", id[3]);
	assert_string_equal(id[0], id[1]);
	assert_string_not_equal(id[0], id[2]);
	assert_string_not_equal(id[0], id[3]);
}

static void
test_add_before_the_config_is_refused(void **state)
{
	struct error e = {.text = ""};
	struct rootfs rootfs;
	char id[SHA256_HEX];

	(void)state;
	rootfs_init(&rootfs);
	roots_finish(&rootfs);
	assert_int_equal(records_add(&rootfs, &board, id, &e), -EINVAL);
	assert_string_equal(e.text, "/ingot/config is not in the image yet");
	rootfs_free(&rootfs);
}

static void
test_device_config_says_what_the_board_says(void **state)
{
	static struct config_service room[CONFIG_SERVICES];
	static struct config config = {.services = room};
	char arch[] = "x86_64", one[] = "one", two[] = "two", sh[] = "/bin/sh",
	     flag[] = "-c", tty[] = "/dev/ttyS0";
	char module[] = "m", path[] = "/lib/m.ko", parameters[] = "a=1";
	char *words[] = {sh, flag}, *after[] = {one};
	struct service services[] = {
		{.name = one,
			.description = one,
			.arguments = {.item = words, .count = 1},
			.limits = {.memory_max = UINT64_MAX, .tasks_max = 8},
			.filter = {.none = true}},
		{.name = two,
			.description = two,
			.arguments = {.item = words, .count = 2},
			.after = {.item = after, .count = 1},
			.type = SERVICE_ONESHOT,
			.restart = RESTART_ALWAYS,
			.life = {.restart_ms = 1500},
			.limits = {.memory_max = 1 << 20, .tasks_max = UINT64_MAX},
			.isolation = {.uid = 1000,
				.gid = 1001,
				.flags = ISOLATE_PRIVILEGES},
			.tty = tty},
	};
	struct modinfo_load load = {
		.name = module, .path = path, .parameters = parameters};
	struct modinfo_loads loads = {.load = &load, .count = 1};
	struct board full = board;
	struct error e = {.text = ""};
	uint8_t *data;
	size_t size;

	(void)state;
	full.arch = arch;
	full.services = services;
	full.service_count = 2;
	full.epoch = 1767225600;
	full.run_size = 1 << 24;
	full.tmp_size = 1 << 23;
	full.selfcheck = true;
	if (device_config(&full, &loads, "quiet noinitrd", &data, &size, &e) < 0 ||
		config_decode(&config, data, size, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(config.board, "b");
	assert_string_equal(config.hostname, "box");
	assert_string_equal(config.cmdline, "quiet noinitrd");
	assert_int_equal(config.epoch, 1767225600);
	assert_int_equal(config.run_size, 1 << 24);
	assert_int_equal(config.tmp_size, 1 << 23);
	assert_int_equal(config.selfcheck, 1);
	assert_int_equal(config.module_count, 1);
	assert_string_equal(config.modules[0].name, "m");
	assert_string_equal(config.modules[0].path, "/lib/m.ko");
	assert_string_equal(config.modules[0].parameters, "a=1");
	assert_int_equal(config.service_count, 2);
	assert_string_equal(room[0].name, "one");
	assert_string_equal(room[0].tty, "");
	assert_true(room[0].limits.memory_max == UINT64_MAX);
	assert_null(room[0].arguments[1]);
	assert_int_equal(room[0].after.count, 0);
	assert_string_equal(room[1].arguments[1], "-c");
	assert_int_equal(room[1].type, SERVICE_ONESHOT);
	assert_int_equal(room[1].restart, RESTART_ALWAYS);
	assert_int_equal(room[1].life.restart_ms, 1500);
	assert_int_equal(room[1].limits.memory_max, 1 << 20);
	assert_int_equal(room[0].isolation.filter_size, 0);
	assert_true(room[1].isolation.filter_size > 0);
	assert_int_equal(room[1].isolation.uid, 1000);
	assert_int_equal(room[1].isolation.gid, 1001);
	assert_string_equal(room[1].tty, "/dev/ttyS0");
	assert_int_equal(room[1].after.count, 1);
	assert_int_equal(room[1].after.index[0], 0);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_lists_everything_but_itself),
		cmocka_unit_test(test_add_content_id_follows_bytes_and_modes),
		cmocka_unit_test(test_add_before_the_config_is_refused),
		cmocka_unit_test(test_device_config_says_what_the_board_says),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
